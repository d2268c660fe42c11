import { useSignal } from "@preact/signals";
import { now, timeOfDay } from "../clock";
import { said } from "../lang";
import { t } from "../texts/scout";
import { tell, type Booking } from "./source";

/** One booking on the scouts' phone: who, where, and what happens next. */
const at = (iso: string) => timeOfDay(iso).slice(0, 5);
const SIX = /^\d{6}$/;

function Ours({ of }: { of: Booking }) {
  if (!of.code) return null;
  const { size, path } = of.code.qr;
  const left = Math.max(0, Math.ceil((Date.parse(of.code.until) - now.value) / 1000));
  return (
    <figure class="our-code">
      <figcaption><strong>{t().ours}</strong><span>{t().oursHint}</span></figcaption>
      <p class="digits" data-code={of.code.text}>{of.code.text.slice(0, 3)} {of.code.text.slice(3)}</p>
      <progress max={30} value={left} aria-hidden="true" />
      <svg viewBox={`-4 -4 ${size + 8} ${size + 8}`} role="img" aria-label={t().qr} shape-rendering="crispEdges"><rect x={-4} y={-4} width={size + 8} height={size + 8} fill="#fff" /><path d={path} fill="#000" /></svg>
    </figure>
  );
}

function Theirs({ of }: { of: Booking }) {
  const trouble = useSignal("");
  const isBusy = useSignal(false);
  if (of.her_code_read) return <p class="done" role="status">✓ {t().theirsRead}{!of.their_code_read && ` ${t().waitOurs}`}</p>;
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const code = String(new FormData(form).get("theirs") ?? "").replace(/\s/g, "");
    if (!SIX.test(code)) { trouble.value = t().sixDigits; return; }
    isBusy.value = true;
    const refused = await tell(`bookings/${of.booking_id}/code`, { code });
    trouble.value = refused ? said(refused) : "";
    form.reset();
    isBusy.value = false;
  };
  const id = `theirs-${of.booking_id}`;
  return (
    <form class="their-code" onSubmit={submit} novalidate>
      <label for={id}>{t().theirs}</label>
      <p id={`${id}-why`} class="quiet-text">{t().theirsHint}</p>
      <div><input id={id} name="theirs" inputMode="numeric" autocomplete="off" maxLength={7} aria-describedby={`${id}-why ${id}-trouble`} />
        <button type="submit" class="primary" disabled={isBusy.value}>{t().check}</button></div>
      <p id={`${id}-trouble`} class="trouble" role="alert">{trouble.value}</p>
    </form>
  );
}

const NEXT: [string, () => string][] = [["arrive", () => t().arrive], ["reach_home", () => t().home], ["come_back", () => t().comeBack]];

export function BookingCard({ of }: { of: Booking }) {
  const trouble = useSignal("");
  const isBusy = useSignal(false);
  const step = async (name: string) => {
    isBusy.value = true;
    const refused = await tell(`bookings/${of.booking_id}/step`, { step: name });
    trouble.value = refused ? said(refused) : "";
    isBusy.value = false;
  };
  return (
    <section class={`booking is-${of.state}`} data-state={of.state} aria-label={`${at(of.at)} ${t().state[of.state] ?? of.state}`}>
      <p class="when"><strong>{at(of.at)}</strong><span role="status">{t().state[of.state] ?? of.state}</span></p>
      {of.name && <p class="who"><strong>{of.name}</strong>{of.phone && <a class="button" href={`tel:${of.phone.replace(/[^+\d]/g, "")}`}>{t().phoneHer}</a>}</p>}
      {of.meet && (
        <dl>
          <div><dt>{t().meet}</dt><dd>{of.meet.text || `${of.meet.lat.toFixed(5)}, ${of.meet.lon.toFixed(5)}`} <a href={`geo:${of.meet.lat},${of.meet.lon}?q=${of.meet.lat},${of.meet.lon}`}>{t().openMap}</a></dd></div>
          <div><dt>{t().to}</dt><dd>{of.destination}</dd></div>
          {of.note && <div><dt>{t().note}</dt><dd>{of.note}</dd></div>}
        </dl>
      )}
      {of.wrong_codes > 0 && <p class="warn" role="status">⚠ {t().wrong(of.wrong_codes)}</p>}
      {of.is_locked && !["closed", "home", "accompanying", "called_off", "cancelled"].includes(of.state) && <p class="trouble" role="alert">{t().locked}</p>}
      {of.no_show_at && <p class="quiet-text">{t().waitUntil(at(of.no_show_at))}</p>}
      {of.code && <><Ours of={of} />{of.their_code_read && <p class="done">✓ {t().oursRead}</p>}<Theirs of={of} /></>}
      {NEXT.filter(([name]) => of.allowed.includes(name)).map(([name, words]) => (
        <button key={name} type="button" class={`step ${of.state === "waiting" || name === "come_back" ? "" : "primary"}`} data-step={name} disabled={isBusy.value} onClick={() => void step(name)}>{words()}</button>
      ))}
      <p class="trouble" role="alert">{trouble.value}</p>
    </section>
  );
}
