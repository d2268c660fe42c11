import { useSignal } from "@preact/signals";
import { now } from "./clock";
import { said } from "./lang";
import { Qr, type QrShape } from "./qr";
import { canScan, Scan } from "./scan";
import { m } from "./texts/meeting";
import type { Problem } from "./wire";
import "./styles/meeting.css";

/** They meet: the code that is shown, and the field for the other's; the same on her page and on the scouts' phone. */
export interface ShownCode { text: string; until: string | null; qr: QrShape | null }

const SIX = /^\d{6}$/;
const PERIOD_S = 30;

export function OurCode({ of, hint }: { of: ShownCode; hint: string }) {
  const left = of.until ? Math.max(0, Math.ceil((Date.parse(of.until) - now.value) / 1000)) : 0;
  return (
    <figure class="our-code">
      <figcaption><strong>{m().ours}</strong><span>{hint}</span></figcaption>
      <p class="digits" data-code={of.text}>{of.text.slice(0, 3)} {of.text.slice(3)}</p>
      {of.until && <progress max={PERIOD_S} value={left} aria-hidden="true" />}
      {of.qr && <Qr of={of.qr} label={m().qr} />}
    </figure>
  );
}

/** `onCode`: six digits, or the text of a QR; its problem, or null when it was theirs. */
export function TheirCode({ id, hint, onCode }: { id: string; hint: string; onCode: (code: string) => Promise<Problem | null> }) {
  const trouble = useSignal("");
  const isBusy = useSignal(false);
  const isScanning = useSignal(false);
  const check = async (code: string) => {
    isBusy.value = true;
    const refused = await onCode(code);
    trouble.value = refused ? said(refused) : "";
    isBusy.value = false;
  };
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const code = String(new FormData(form).get("theirs") ?? "").replace(/\s/g, "");
    if (!SIX.test(code)) { trouble.value = m().sixDigits; return; }
    await check(code);
    form.reset();
  };
  return (
    <form class="their-code" onSubmit={submit} novalidate>
      <label for={id}>{m().theirs}</label>
      <p id={`${id}-why`} class="quiet-text">{hint}</p>
      <div><input id={id} name="theirs" inputMode="numeric" autocomplete="off" maxLength={7} aria-describedby={`${id}-why ${id}-trouble`} />
        <button type="submit" class="primary" disabled={isBusy.value}>{m().check}</button></div>
      {canScan() && <button type="button" class="scan" onClick={() => { isScanning.value = true; }}>{m().scan}</button>}
      <p id={`${id}-trouble`} class="trouble" role="alert">{trouble.value}</p>
      {isScanning.value && <Scan onClose={() => { isScanning.value = false; }} onRead={(text) => { isScanning.value = false; void check(text); }} />}
    </form>
  );
}
