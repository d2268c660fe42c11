import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call } from "../api";
import { dayAndTime, toMinute } from "../clock";
import { Loaded } from "../loaded";
import { t } from "../texts/family";
import { t as page } from "../texts/mine";
import { Section, Sure } from "./parts";
import { Viewings } from "./seen";
import { current, guardians, seen, walks, type Walk } from "./source";

const DAY_MS = 86_400_000;
const LOOK_MS = 15_000;
const ASKED = ["prompted", "called", "guardians"];

const nameOf = (of: Walk) => of.place_name || (of.kind === "timer" ? t().timer : t().someplace);

/** Who was shown where she was on this walk: the same rows as in her ledger. */
function Shown({ id }: { id: string }) {
  const held = seen.state.value;
  const rows = held.is === "ready" ? held.data.walks.find((one) => one.walk_id === id)?.disclosures ?? [] : [];
  return rows.length === 0 ? <p class="quiet-text">{t().shownNone}</p> : <details><summary>{t().shownTo(rows.length)}</summary><Viewings of={rows} /></details>;
}

function Running({ of }: { of: Walk }) {
  const all = guardians.state.value;
  const names = all.is === "ready" ? all.data.filter((one) => of.guardians.includes(one.guardian_id)).map((one) => one.name) : [];
  return (
    <article class="seen walk-now" data-walk={of.walk_id} data-rung={of.rung}>
      <header><h3>{t().now(nameOf(of))}</h3><span class="badge is-open">{page().running}</span></header>
      <p><strong>{t().states[of.state] ?? of.state}</strong>{of.eta && <> · {t().eta(toMinute(of.eta))}</>}</p>
      {ASKED.includes(of.rung) && <p class="attention">{t().asks}</p>}
      <p class="quiet-text">{t().begun(dayAndTime(of.begun_at))}</p>
      <p class="quiet-text">{names.length > 0 ? t().with(names.join(", ")) : t().alone} {of.guardians_see_place && names.length > 0 && t().withPlace}</p>
      <p class="quiet-text">{of.share_with_centers ? t().center : t().noCenter}</p>
      <Shown id={of.walk_id} />
    </article>
  );
}

function Past({ of }: { of: Walk }) {
  const isAsking = useSignal(false);
  const ended = of.ended_at ?? of.begun_at;
  return (
    <li class="item" data-walk={of.walk_id}>
      <div class="item-head"><strong>{nameOf(of)}</strong><span class={`badge ${of.outcome === "arrived" ? "is-complete" : "is-part"}`}>{t().outcomes[of.outcome] ?? t().outcomes.cancelled}</span></div>
      <p class="quiet-text">{dayAndTime(of.begun_at)} – {toMinute(ended)}</p>
      <p class="quiet-text">{t().keptUntil(dayAndTime(new Date(Date.parse(ended) + of.keep_days * DAY_MS).toISOString()))}</p>
      <Shown id={of.walk_id} />
      <div class="item-acts"><button type="button" onClick={() => { isAsking.value = true; }}>{t().remove}</button></div>
      {isAsking.value && <Sure head={t().removeHead} yes={t().remove} onClose={() => { isAsking.value = false; }}
        onYes={async () => { await call("DELETE", `/api/people/me/walks/${of.walk_id}`); await Promise.all([walks.again(), seen.again()]); }}><p>{t().removeLead}</p></Sure>}
    </li>
  );
}

/** Her walk of this moment, and those that she keeps: for her alone, for as long as she chose. */
export function Walks() {
  const running = current.state.value;
  const isRunning = running.is === "ready" && running.data !== null;
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => { if (!document.hidden) void Promise.all([current.again(), seen.again()]); }, LOOK_MS);
    return () => clearInterval(timer);
  }, [isRunning]);
  return (
    <Section id="walks-head" head={t().walksHead} lead={t().walksLead}>
      <Loaded of={current}>{(walk) => (walk ? <Running of={walk} /> : null)}</Loaded>
      <Loaded of={walks} isEmpty={(all) => all.length === 0} empty={<p>{t().walksEmpty}</p>}>
        {(all) => <ul class="items">{all.map((one) => <Past key={one.walk_id} of={one} />)}</ul>}
      </Loaded>
    </Section>
  );
}
