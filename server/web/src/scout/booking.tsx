import { useSignal } from "@preact/signals";
import { toMinute } from "../clock";
import { said } from "../lang";
import { OurCode, TheirCode } from "../meeting";
import { m } from "../texts/meeting";
import { t } from "../texts/scout";
import { tell, type Booking } from "./source";

/** One booking on the scouts' phone: who, where, and what happens next. */

function Theirs({ of }: { of: Booking }) {
  if (of.her_code_read) return <p class="done" role="status">✓ {t().theirsRead}{!of.their_code_read && ` ${t().waitOurs}`}</p>;
  return <TheirCode id={`theirs-${of.booking_id}`} hint={of.by_phone ? m().typeText : m().type} onCode={(code) => tell(`bookings/${of.booking_id}/code`, { code })} />;
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
    <section class={`booking is-${of.state}`} data-state={of.state} aria-label={`${toMinute(of.at)} ${t().state[of.state] ?? of.state}`}>
      <p class="when"><strong>{toMinute(of.at)}</strong><span role="status">{t().state[of.state] ?? of.state}</span></p>
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
      {of.no_show_at && <p class="quiet-text">{t().waitUntil(toMinute(of.no_show_at))}</p>}
      {of.code && <><OurCode of={of.code} hint={of.by_phone ? m().showText : m().show} />{of.their_code_read && <p class="done">✓ {t().oursRead}</p>}<Theirs of={of} /></>}
      {NEXT.filter(([name]) => of.allowed.includes(name)).map(([name, words]) => (
        <button key={name} type="button" class={`step ${of.state === "waiting" || name === "come_back" ? "" : "primary"}`} data-step={name} disabled={isBusy.value} onClick={() => void step(name)}>{words()}</button>
      ))}
      <p class="trouble" role="alert">{trouble.value}</p>
    </section>
  );
}
