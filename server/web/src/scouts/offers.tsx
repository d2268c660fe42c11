import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asProblem, call } from "../api";
import { named, said } from "../lang";
import { Loaded } from "../loaded";
import { o } from "../texts/scouts-offer";
import type { Problem } from "../wire";
import { OfferForm } from "./offer-form";
import { DAYS, draftOf, read, type Draft, type Kept, type Offers } from "./offer";
import { offers, pathOf } from "./offers-source";

/** What each center offers, in the order of its beginnings; written anew, changed, removed, and back again. */
interface Done { words: string; undo: (() => Promise<unknown>) | null }

function standing(one: Kept, all: Kept[], tonight: string): "now" | "planned" | "past" {
  if (one.starts_on > tonight) return "planned";
  const inForce = all.filter((other) => other.starts_on <= tonight)[0];
  return inForce === one && (!one.offer.ends_on || one.offer.ends_on >= tonight) ? "now" : "past";
}

const clockIn = (text: string) => text.split("-").map((time) => (Number(time.slice(0, 2)) > 24 ? `${o().nextMorning} ${read(`-${time}`).until}` : time)).join("–");

/** Days that are alike stand together: `월–금 22:00–다음 날 01:00 · 토 22:00–24:00`. */
function hoursIn(words: Kept["offer"]["hours"]): string {
  const groups: { first: number; last: number; words: string }[] = [];
  DAYS.forEach((day, n) => {
    const spans = (words[day] ?? []).map(clockIn).join(", ");
    const held = groups.at(-1);
    if (held && held.words === spans && held.last === n - 1) held.last = n;
    else if (spans) groups.push({ first: n, last: n, words: spans });
  });
  const name = (n: number) => o().days[DAYS[n]!];
  return groups.map((one) => `${one.first === one.last ? name(one.first) : `${name(one.first)}–${name(one.last)}`} ${one.words}`).join(" · ");
}

function Row({ of, is, onChange, onDrop }: { of: Kept; is: "now" | "planned" | "past"; onChange: () => void; onDrop: () => void }) {
  return (
    <li class={`offer-row is-${is}`} data-offer={of.starts_on} data-standing={is}>
      <p class="head"><strong>{o().from(of.starts_on)}{of.offer.ends_on && ` ${o().until(of.offer.ends_on)}`}</strong><span class="badge">{o()[is]}</span></p>
      <p>{hoursIn(of.offer.hours) || o().closed}</p>
      <p class="quiet-text">{o().who(of.offer.hubs.length, of.offer.radius_m)}</p>
      {is !== "past" && <p class="row-buttons"><button type="button" onClick={onChange}>{o().change}</button><button type="button" onClick={onDrop}>{o().drop}</button></p>}
    </li>
  );
}

function Said({ of, onDone }: { of: Done; onDone: (next: Done | null) => void }) {
  return (
    <p class="banner safe offer-done" role="status">{of.words}
      {of.undo && <button type="button" onClick={() => void of.undo!().then(() => onDone({ words: o().undone, undo: null }), () => onDone(null))}>{o().undo}</button>}</p>
  );
}

function OfCenter({ all, code }: { all: Offers; code: string }) {
  const draft = useSignal<Draft | null>(null);
  const done = useSignal<Done | null>(null);
  const problem = useSignal<Problem | null>(null);
  useEffect(() => { draft.value = null; done.value = null; }, [code]);
  const mine = all.offers.filter((one) => one.center === code);
  const put = async (startsOn: string, offer: Kept["offer"] | null) => {
    await (offer ? call("PUT", pathOf(code, startsOn), offer) : call("DELETE", pathOf(code, startsOn)));
    await offers.again();
  };
  /** How it was before: the same day's row as it stood, or none. */
  const undoOf = (startsOn: string) => {
    const before = mine.find((one) => one.starts_on === startsOn)?.offer ?? null;
    return () => put(startsOn, before);
  };
  const drop = (one: Kept) => void put(one.starts_on, null).then(
    () => { done.value = { words: o().dropped, undo: () => put(one.starts_on, one.offer) }; problem.value = null; },
    (error: unknown) => { problem.value = asProblem(error); });
  const inForce = mine.find((one) => one.starts_on <= all.tonight)?.offer ?? mine[0]?.offer ?? null;
  if (draft.value) {
    return <OfferForm key={`${code} ${draft.value.starts_on}`} center={code} first={draft.value} tonight={all.tonight} onClose={() => { draft.value = null; }}
      onSave={async (startsOn, body) => {
        const undo = undoOf(startsOn);
        await put(startsOn, body);
        draft.value = null;
        done.value = { words: o().saved, undo };
      }} />;
  }
  return (
    <>
      {done.value && <Said of={done.value} onDone={(next) => { done.value = next; }} />}
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
      {mine.length === 0 && <p class="region-state">{o().none}</p>}
      <ul>{mine.map((one) => <Row key={one.starts_on} of={one} is={standing(one, mine, all.tonight)} onDrop={() => drop(one)} onChange={() => { draft.value = draftOf(one.offer, one.starts_on); }} />)}</ul>
      <p><button type="button" class="primary" onClick={() => { draft.value = draftOf(inForce, all.tonight); }}>{o().newOne}</button></p>
    </>
  );
}

function Whole({ all }: { all: Offers }) {
  const withOffer = new Set(all.offers.map((one) => one.center));
  const centers = [...all.centers].sort((a, b) => Number(withOffer.has(b.code)) - Number(withOffer.has(a.code)));
  const code = useSignal(centers[0]?.code ?? "");
  return (
    <>
      {centers.length > 1 && <label class="offer-center">{o().center}
        <select value={code.value} onChange={(event) => { code.value = event.currentTarget.value; }}>{centers.map((one) => <option key={one.code} value={one.code}>{named(one)}</option>)}</select></label>}
      {code.value && <OfCenter all={all} code={code.value} />}
    </>
  );
}

export function OffersPage() {
  useEffect(() => { void offers.again(); }, []);
  return (
    <section class="offers" aria-labelledby="offers-head">
      <h2 id="offers-head">{o().head}</h2>
      <p class="quiet-text">{o().lead}</p>
      <Loaded of={offers}>{(all) => <Whole all={all} />}</Loaded>
    </section>
  );
}
