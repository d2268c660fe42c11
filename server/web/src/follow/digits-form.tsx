import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Shield } from "./icons";

/** Four digits of the guardian's own number, before anything that tells where. `children`: a head, and why (`#why`). */
export function DigitsForm({ words, button, opening = button, privacy, trouble, onDigits, children }: {
  words: { digits: string; fourDigits: string }; button: string; opening?: string; privacy?: string;
  /** What came of the last ones. */
  trouble: string; onDigits: (last4: string) => Promise<unknown>; children?: ComponentChildren;
}) {
  const isBusy = useSignal(false);
  const isShort = useSignal(false);
  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const last4 = String(new FormData(form).get("last4") ?? "").trim();
    isShort.value = !/^\d{4}$/.test(last4);
    if (!isShort.value) {
      isBusy.value = true;
      await onDigits(last4);
      isBusy.value = false;
    }
    form.querySelector("input")?.select();
  }
  const told = isShort.value ? words.fourDigits : trouble;
  return (
    <form class="digits" onSubmit={submit} novalidate>
      {children}
      <label for="last4">{words.digits}</label>
      <input id="last4" name="last4" inputMode="numeric" autocomplete="off" maxLength={4} pattern="[0-9]{4}" aria-describedby={children ? "why trouble" : "trouble"} aria-invalid={told !== ""} />
      <p id="trouble" class="trouble" role="alert">{told}</p>
      <button type="submit" class="primary" disabled={isBusy.value}>{isBusy.value ? opening : button}</button>
      {privacy && <p class="privacy"><Shield />{privacy}</p>}
    </form>
  );
}
