import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asProblem, call } from "../../api";
import { dayAndTime } from "../../clock";
import { Dialog } from "../../dialog";
import { named, said } from "../../lang";
import { o } from "../../texts/desk-work";
import { w } from "../../texts/work";
import type { IncidentCard, Problem } from "../../wire";
import { callerWords } from "../facts";
import { feed, select } from "../seat";
import { codes, loadCodes, nameOf } from "./codes";
import { Reasons } from "./parts";

/** Looking for what has ended: with a reason, on record. What was found stays until the next search or a reload. */
const found = signal<IncidentCard[] | null>(null);
const MOST = 200;
const SEOUL = "+09:00";

interface Query { from: string; to: string; type: string; disposition: string; center: string }

function body(query: Query, reason: string): object {
  const until = query.to ? new Date(Date.parse(`${query.to}T00:00:00${SEOUL}`) + 86_400_000).toISOString() : null;
  const q = {
    from: query.from ? new Date(`${query.from}T00:00:00${SEOUL}`).toISOString() : null, to: until,
    type: query.type || null, disposition: query.disposition || null, center: query.center || null,
  };
  return { reason, q };
}

function open(card: IncidentCard, onClose: () => void): void {
  feed.keep(card);
  onClose();
  select(card.incident_id);
  document.getElementById("incident")?.focus({ preventScroll: true });
}

function Results({ cards, onClose }: { cards: IncidentCard[]; onClose: () => void }) {
  const s = o().search;
  if (cards.length === 0) return <p class="region-state" role="status" data-found="0">{s.none}</p>;
  return (
    <>
      <p role="status" data-found={cards.length}>{s.found(cards.length)} {cards.length >= MOST && s.most}</p>
      <div class="table-box" tabIndex={0} role="region" aria-label={s.title}>
        <table>
          <thead><tr>{(["closed", "who", "type", "disposition", "center"] as const).map((name) => <th key={name} scope="col">{s.columns[name]}</th>)}<th scope="col"><span class="hidden-text">{s.columns.open}</span></th></tr></thead>
          <tbody>
            {cards.map((card) => (
              <tr key={card.incident_id}>
                <td class="timer">{dayAndTime(card.closed_at ?? card.opened_at)}</td><td>{callerWords(card)}</td><td>{nameOf(codes.value?.types, card.type)}</td>
                <td>{card.disposition ? nameOf(codes.value?.dispositions, card.disposition) : "—"}</td><td>{named(card.center)}</td>
                <td><button type="button" onClick={() => open(card, onClose)}>{s.columns.open}</button></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Fields({ query }: { query: { value: Query } }) {
  const s = o().search;
  const set = (change: Partial<Query>) => { query.value = { ...query.value, ...change }; };
  const lists = [["type", codes.value?.types], ["disposition", codes.value?.dispositions]] as const;
  const centers = new Map([...feed.incidents.value.values()].map((one) => [one.value.center.code, named(one.value.center)]));
  return (
    <div class="search-fields">
      <p><label for="search-from">{s.from}</label><input id="search-from" type="date" value={query.value.from} onInput={(event) => set({ from: event.currentTarget.value })} /></p>
      <p><label for="search-to">{s.to}</label><input id="search-to" type="date" value={query.value.to} onInput={(event) => set({ to: event.currentTarget.value })} /></p>
      {lists.map(([name, list]) => (
        <p key={name}><label for={`search-${name}`}>{s[name]}</label>
          <select id={`search-${name}`} onChange={(event) => set({ [name]: event.currentTarget.value })}>
            <option value="">{s.any}</option>
            {list?.map((one) => <option key={one.code} value={one.code}>{named(one)}</option>)}
          </select></p>
      ))}
      <p><label for="search-center">{s.center}</label>
        <input id="search-center" list="search-centers" maxLength={40} placeholder={s.any} autocomplete="off" onInput={(event) => set({ center: event.currentTarget.value.trim() })} />
        <datalist id="search-centers">{[...centers].map(([code, name]) => <option key={code} value={code}>{name}</option>)}</datalist></p>
    </div>
  );
}

export function SearchSheet({ onClose }: { onClose: () => void }) {
  const s = o().search;
  const reason = useSignal("");
  const query = useSignal<Query>({ from: "", to: "", type: "", disposition: "", center: "" });
  const problem = useSignal<Problem | null>(null);
  const isAsking = useSignal(false);
  useEffect(() => void loadCodes(), []);
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    isAsking.value = true;
    try {
      found.value = (await call<{ incidents: IncidentCard[] }>("POST", "/api/incidents/search", body(query.value, reason.value.trim()))).incidents;
      problem.value = null;
    } catch (error) {
      problem.value = asProblem(error);
    }
    isAsking.value = false;
  };
  return (
    <Dialog title={s.title} onClose={onClose} isWide>
      <form onSubmit={send}>
        <p>{s.lead}</p>
        {found.value === null && <Reasons reason={reason} list={s.reasons} name="search-reason" legend={s.reason} other={s.other} />}
        {found.value === null && <Fields query={query} />}
        {problem.value && <p class="trouble" role="alert" data-problem={problem.value.code}>{said(problem.value)}</p>}
        {found.value && <Results cards={found.value} onClose={onClose} />}
        <div class="sheet-buttons">
          <button type="button" onClick={onClose}>{w().closeWord} <kbd aria-hidden="true">Esc</kbd></button>
          {found.value
            ? <button type="button" class="primary" onClick={() => { found.value = null; }}>{s.again}</button>
            : <button type="submit" class="primary" disabled={!reason.value.trim() || isAsking.value}>{isAsking.value ? s.wait : s.confirm}</button>}
        </div>
      </form>
    </Dialog>
  );
}
