import { dayAndTime, toMinute } from "../clock";
import { lang } from "../lang";
import { Loaded } from "../loaded";
import { t } from "../texts/mine";
import { Section } from "./parts";
import { seen, type Opening, type SeenAlert, type SeenWalk, type Viewing } from "./source";

function pick(one: Viewing, name: "kind" | "who" | "center" | "legal_basis"): string {
  const ko = one[`${name}_ko`];
  return lang.value === "ko" ? ko : one[`${name}_en`] || ko;
}

function when(one: Viewing): string {
  const from = dayAndTime(one.from);
  const to = one.to ? toMinute(one.to) : "";
  return to && !from.endsWith(to) ? `${from} – ${to}` : from;
}

const hasStayed = (one: Opening) => one.opened_at !== null && one.seen_at !== null && Date.parse(one.seen_at) - Date.parse(one.opened_at) > 60_000;

/** Whom she named herself: told at once, also while it runs. */
function Openings({ of }: { of: Opening[] }) {
  if (of.length === 0) return null;
  return (
    <section class="openings">
      <h4>{t().openingsHead}</h4>
      <ul>
        {of.map((one, index) => (
          <li key={index} data-opened={one.opened_at !== null}>
            <strong>{one.name || t().removedGuardian}</strong>
            <span>{one.opened_at ? t().openedPage(dayAndTime(one.opened_at)) : t().notOpened}{hasStayed(one) && ` · ${t().lastLook(toMinute(one.seen_at!))}`}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Viewings({ of }: { of: Viewing[] }) {
  if (of.length === 0) return null;
  return (
    <ul class="viewings">
      {of.map((one, index) => (
        <li key={index}>
          <p class="viewing-head"><strong>{pick(one, "kind")}</strong>{one.camera && <span> · {one.camera}</span>}</p>
          <dl>
            <div><dt>{t().who}</dt><dd>{pick(one, "center")} · {pick(one, "who")} ({t().viewers(one.viewers)})</dd></div>
            <div><dt>{t().when}</dt><dd>{when(one)} · {t().times(one.times)}</dd></div>
            <div><dt>{t().why}</dt><dd>{pick(one, "legal_basis")}</dd></div>
          </dl>
        </li>
      ))}
    </ul>
  );
}

/** A walk on which somebody was shown where she was: told while it runs, too. */
function SeenWalkOf({ of }: { of: SeenWalk }) {
  return (
    <article class="seen" aria-label={t().walkAt(dayAndTime(of.started_at))} data-walk={of.walk_id}>
      <header>
        <h3>{t().walkAt(dayAndTime(of.started_at))}</h3>
        <span class={`badge ${of.ended_at ? "is-complete" : "is-open"}`}>{of.ended_at ? t().complete : t().running}</span>
      </header>
      <p class="quiet-text">{t().viewings(of.disclosures.length)}</p>
      <Viewings of={of.disclosures} />
    </article>
  );
}

function Alert({ of }: { of: SeenAlert }) {
  const state = of.open ? t().running : of.complete ? t().complete : t().incomplete;
  return (
    <article class="seen" aria-label={t().alertAt(dayAndTime(of.started_at))} data-alert={of.alert_id} data-open={of.open}>
      <header>
        <h3>{t().alertAt(dayAndTime(of.started_at))}</h3>
        <span class={`badge ${of.open ? "is-open" : of.complete ? "is-complete" : "is-part"}`}>{state}</span>
      </header>
      {of.ended_at && <p class="quiet-text">{t().endedAt(dayAndTime(of.ended_at))} · {t().viewings(of.disclosures.length)}</p>}
      {of.open && <p>{t().seenOpen}</p>}
      {!of.open && !of.complete && <p class="attention">{t().incompleteWhy}</p>}
      {!of.open && of.complete && of.disclosures.length === 0 && <p>{t().seenNone}</p>}
      <Openings of={of.guardians} />
      <Viewings of={of.disclosures} />
    </article>
  );
}

export function SeenList() {
  return (
    <Section id="seen-head" head={t().seenHead} lead={t().seenLead}>
      <Loaded of={seen} isEmpty={(all) => all.alerts.length + all.walks.length === 0} empty={<p>{t().seenEmpty}</p>}>
        {(all) => (
          <>
            {all.walks.map((one) => <SeenWalkOf key={one.walk_id} of={one} />)}
            {all.alerts.map((one) => <Alert key={one.alert_id} of={one} />)}
            <p class="quiet-text">{t().askDoubt}</p>
          </>
        )}
      </Loaded>
    </Section>
  );
}
