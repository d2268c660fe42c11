import type { ComponentChildren } from "preact";
import { secondsSince, stopwatch, timeOfDay } from "../clock";
import { lang, named } from "../lang";
import { t } from "../texts/agency";
import { Field } from "./field";
import { Health } from "./health";
import { StateIcon } from "./icons";
import { Pictures } from "./pictures";
import { PlaceMap, STALE_S } from "./place";
import { Others, Rights, told, whyNoPlace } from "./rights";
import { isFresh, isIncidentOver, isOver, OVERDUE_S, stateWord } from "./state";
import { Actions, Arrival, Way } from "./steps";
import { CrewNotes } from "../traffic/crew";
import type { Case } from "./wire";

/** One case: what it is, what comes next, where she is, what may be seen, who else is there. */
function Age({ of: d }: { of: Case }) {
  if (!d.position) return <span class={whyNoPlace(d) ? "dark-words" : "warn"}>{whyNoPlace(d) ? t().placeDark[whyNoPlace(d)!] : t().noPosition}</span>;
  const age = secondsSince(d.position.fixed_at);
  return <span class={age > STALE_S ? "warn" : ""}>{age > STALE_S ? "◌ " : ""}{t().ageWords(age)} ({timeOfDay(d.position.fixed_at)})</span>;
}

/** In words first (they are said over the radio), then the coordinates and how sure they are. */
function Where({ of: d }: { of: Case }) {
  const at = d.position;
  if (!at) return <>{t().noPosition}</>;
  const words = d.address?.[lang.value];
  return (
    <>
      {words && <strong class="address">{words}</strong>}
      <span class="coordinates">{at.lat.toFixed(5)}, {at.lon.toFixed(5)} · {t().accuracy(Math.round(at.accuracy_m))}</span>
    </>
  );
}

function Facts({ of: d }: { of: Case }) {
  const name = told(d, "identity", d.caller?.name);
  const phone = told(d, "identity", d.caller?.phone);
  const where = told(d, "position", t().noPosition);
  const isGone = isOver(d) || !d.agreement.in_force;
  const dark = (one: { text: string; isDark: boolean }) => (one.isDark ? "dark-words" : "");
  const rows: [string, ComponentChildren][] = [
    [t().caller, <strong class={`name ${dark(name)}`}>{name.text}</strong>],
    [t().phone, <span class={`number-words ${dark(phone)}`}>{phone.text}</span>],
    [t().place, where.isDark ? <span class="dark-words">{where.text}</span> : <Where of={d} />],
    [t().age, <Age of={d} />],
    [t().note, <span class={d.note ? "note-words" : isGone ? "dark-words" : ""}>{isOver(d) ? t().erased : isGone ? t().held : d.note || "—"}</span>],
    [t().opened, timeOfDay(d.opened_at)],
    [t().basis, t().basisText[d.legal_basis] ?? d.legal_basis],
  ];
  return <dl class="facts">{rows.map(([head, value]) => <div key={head}><dt>{head}</dt><dd>{value}</dd></div>)}</dl>;
}

/** How long the center has been waiting, or the case has run: the biggest number; late in a shape and a word too. */
function Timer({ of: d }: { of: Case }) {
  if (isOver(d)) return null;
  const seconds = secondsSince(d.times.requested ?? d.opened_at);
  const isLate = isFresh(d) && (d.is_overdue || seconds >= OVERDUE_S);
  return (
    <div class={`clock${isLate ? " late" : ""}`} data-late={isLate}>
      <span>{isLate ? `! ${t().overdue}` : t().waited}</span>
      <strong class="timer" aria-hidden="true">{stopwatch(seconds)}</strong>
    </div>
  );
}

export function Detail({ of: d }: { of: Case }) {
  return (
    <section class={`detail${isFresh(d) ? " is-fresh" : ""}`} aria-labelledby="detail-head" data-dispatch={d.dispatch_id} data-state={d.state} data-open={d.open}>
      {d.is_drill && <p class="banner drill">{t().drill}: {t().drillBar}</p>}
      <header class="case">
        <div>
          <h2 id="detail-head" tabIndex={-1}>{t().case} {d.case_no}</h2>
          <p class="case-line">
            <span class={`mark state-${isOver(d) ? "over" : d.state}`}><StateIcon state={d.state} /> {t().state[stateWord(d)] ?? d.state}</span>
            <span>{named(d.center)}</span>
            {d.type && <span class="chip">{t().types[d.type] ?? d.type}</span>}
            {d.receipt_no && <span>{t().receipt} <strong>{d.receipt_no}</strong></span>}
            {d.request_no > 1 && <span class="warn">{t().again(d.request_no)}</span>}
          </p>
        </div>
        <Way of={d} />
        <Timer of={d} />
      </header>
      {isOver(d) && <p class="banner" role="status">{isIncidentOver(d) ? t().closed : t().overBy[d.state] ?? t().closed}</p>}
      {(!isOver(d) || d.state === "on_scene") && <div class="do"><Actions of={d} /><Arrival of={d} /></div>}
      <div class="columns">
        <div class="left"><CrewNotes notes={d.access_notes} level={3} /><Facts of={d} /><Health key={`health ${d.dispatch_id}`} of={d} /><Rights of={d} /></div>
        <PlaceMap of={d} />
        <div class="right"><Others of={d} /><Field key={d.dispatch_id} of={d} /></div>
      </div>
      <Pictures of={d} />
    </section>
  );
}
