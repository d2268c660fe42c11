import { dayAndTime, now, stopwatch } from "../clock";
import { named } from "../lang";
import { t } from "../texts/agency";
import { q } from "../texts/requests";
import { Icon, StateIcon } from "./icons";
import { requestOf } from "./requests-state";
import { isOver } from "./state";
import type { Case, Right } from "./wire";

/** What may be seen on this case, by which agreement and until when; and who else is on it. In words, never a hole. */
const RIGHTS: Right[] = ["identity", "position", "health", "live", "still", "recorded", "store"];
const SOON_S = 24 * 3600;

/** Code of the text that says why there is no place; null where there may be one. */
export function whyNoPlace(d: Case): string | null {
  if (isOver(d)) return "over";
  if (!d.agreement.in_force) return `agreement_${d.agreement.why ?? "ended"}`;
  return d.agreement.may.position ? null : "notAgreed";
}

/** A fact of the person, or the reason why it is not told. */
export function told(d: Case, what: Right, value: string | undefined): { text: string; isDark: boolean } {
  if (isOver(d)) return { text: t().erased, isDark: true };
  if (!d.agreement.in_force) return { text: t().held, isDark: true };
  return d.agreement.may[what] ? { text: value || "—", isDark: false } : { text: t().notAgreed, isDark: true };
}

function Until({ of: d }: { of: Case }) {
  const request = requestOf(d.dispatch_id);
  const ends = [
    ...(d.agreement.ends_at ? [{ at: d.agreement.ends_at, words: t().untilAgreement }] : []),
    ...(request?.state === "approved" ? [{ at: request.until_at, words: t().untilRequest }] : []),
  ].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  if (!d.agreement.in_force) return <p class="until warn"><Icon name="no" /> {t().over[d.agreement.why ?? "ended"]}</p>;
  const first = ends[0];
  if (!first) return <p class="until"><Icon name="clock" /> {t().untilHead}: {t().untilIncident}</p>;
  const leftS = Math.max(0, Math.floor((Date.parse(first.at) - now.value) / 1000));
  return (
    <p class={`until${leftS < 600 ? " warn" : ""}`}>
      <Icon name="clock" /> {t().untilHead}: {first.words(dayAndTime(first.at))}
      {leftS < SOON_S && <strong class="timer" aria-hidden="true"> {t().left(stopwatch(leftS))}</strong>}
    </p>
  );
}

export function Rights({ of: d }: { of: Case }) {
  if (isOver(d)) return null; // what could have been seen is of no use to anybody now
  const { may, storage_days } = d.agreement;
  return (
    <section class="rights" aria-label={t().rightsHead} data-in-force={d.agreement.in_force}>
      <h3>{t().rightsHead}</h3>
      <ul>
        {RIGHTS.map((right) => (
          <li key={right} class={may[right] ? "may" : "may-not"} data-right={right} data-may={may[right]}>
            <Icon name={may[right] ? "yes" : "no"} /> {t().rights[right]}
            {may[right] && right !== "store" ? <span class="hidden-text">{t().yes}</span> : <small>{may[right] ? t().storeDays(storage_days) : t().no}</small>}
          </li>
        ))}
      </ul>
      <Until of={d} />
    </section>
  );
}

export function Others({ of: d }: { of: Case }) {
  if (isOver(d)) return null;
  return (
    <section class="others" aria-label={t().othersHead}>
      <h3>{t().othersHead}</h3>
      {!d.agreement.in_force ? <p class="quiet-text">{t().held}</p> : d.others.length === 0 ? <p class="quiet-text">{t().othersNone}</p> : (
        <ul>
          {d.others.map((one) => (
            <li key={one.agency.agency_id} data-agency={one.agency.kind} data-state={one.state}>
              <strong>{named(one.agency)}</strong>
              <span class={`mark${one.is_overdue ? " warn" : ""}`}><StateIcon state={one.state} /> {one.is_overdue ? `! ${t().overdue}` : t().state[one.state] ?? one.state}</span>
              {(one.unit || one.eta_at) && <small>{[one.unit, one.eta_at ? q().untilAt(dayAndTime(one.eta_at).slice(-5)) : ""].filter(Boolean).join(" · ")}</small>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
