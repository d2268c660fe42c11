import { effect, signal, useSignal } from "@preact/signals";
import { asProblem, call } from "../api";
import { detail, feed, me, selected } from "../console/seat";
import { said } from "../lang";
import { tr } from "../texts/traffic";
import type { AccessNote, IncidentCard, Problem } from "../wire";
import { NoteIcon } from "./icons";
import { NoteSheet } from "./note-sheet";
import "../styles/traffic.css";

/** What is known about doors, stairs and dangers around the open incident: read, written, changed, ended, taken back. */
interface Held { incidentId: string; list: AccessNote[] | null; isFailed: boolean }
export const notes = signal<Held>({ incidentId: "", list: null, isFailed: false });

export async function loadNotes(incidentId: string): Promise<void> {
  const got = await call<{ access_notes: AccessNote[] }>("GET", `/api/incidents/${incidentId}/access_notes`).catch(() => null);
  if (selected.peek()?.incident_id !== incidentId) return;
  const before = notes.peek().incidentId === incidentId ? notes.peek().list : null;
  notes.value = { incidentId, list: got?.access_notes ?? before, isFailed: got === null };
}

/** With the incident, when somebody writes one there, and when a place is known at last; gone when it ends. */
let held = "";
effect(() => {
  const card = selected.value;
  const mayRead = card && card.position && !card.closed_at && me.value?.permissions.includes("incidents.work");
  const written = detail.value?.incidentId === card?.incident_id ? (detail.value?.timeline ?? []).filter((line) => line.tag === "access:noted").length : 0;
  const key = mayRead ? `${card.incident_id} ${written}` : "";
  if (key === held) return;
  held = key;
  if (!card || !key) { notes.value = { incidentId: "", list: null, isFailed: false }; return; }
  if (notes.peek().incidentId !== card.incident_id) notes.value = { incidentId: card.incident_id, list: null, isFailed: false };
  void loadNotes(card.incident_id);
});

function Line({ one, onEdit, onEnd }: { one: AccessNote; onEdit: () => void; onEnd: () => void }) {
  const n = tr().notes;
  const isLost = feed.link.state.value === "lost";
  return (
    <li class={`access-note is-${one.kind}`} data-note={one.access_note_id}>
      <span class="access-kind"><NoteIcon kind={one.kind} /> {n.kinds[one.kind] ?? one.kind} · {n.away(one.distance_m)}</span>
      <strong>{one.text}</strong>
      <span class="access-foot quiet-text">
        {n.by(one.by)} · {n.until(one.valid_until.slice(0, 10))}
        <span class="access-do">
          <button type="button" class="link" disabled={isLost} aria-label={`${n.edit}: ${one.text.slice(0, 40)}`} onClick={onEdit}>{n.edit}</button>
          <button type="button" class="link" disabled={isLost} aria-label={`${n.end}: ${one.text.slice(0, 40)}`} onClick={onEnd}>{n.end}</button>
        </span>
      </span>
    </li>
  );
}

export function AccessNotes({ card }: { card: IncidentCard }) {
  const n = tr().notes;
  const sheet = useSignal<AccessNote | "new" | null>(null);
  const ended = useSignal<string | null>(null);
  const problem = useSignal<Problem | null>(null);
  const told = notes.value;
  if (told.incidentId !== card.incident_id) return null;
  const send = async (method: "POST" | "DELETE", id: string, path = "") => {
    problem.value = await call(method, `/api/access_notes/${id}${path}`, method === "POST" ? {} : undefined).then(() => null, asProblem);
    if (!problem.value) ended.value = method === "DELETE" ? id : null;
    await loadNotes(card.incident_id);
  };
  return (
    <section class="access" aria-labelledby="access-head" data-access-notes={told.list?.length}>
      <div class="access-head">
        <h3 id="access-head">{n.head}</h3>
        <button type="button" class="quiet" disabled={!card.position || feed.link.state.value === "lost"} onClick={() => { sheet.value = "new"; }}>{n.add}</button>
      </div>
      {told.isFailed && <p class="trouble" role="status">{n.failed} <button type="button" onClick={() => void loadNotes(card.incident_id)}>{n.retry}</button></p>}
      {told.list?.length === 0 && <p class="quiet-text">{n.none}</p>}
      {told.list && told.list.length > 0 && (
        <ul>{told.list.map((one) => <Line key={one.access_note_id} one={one} onEdit={() => { sheet.value = one; }} onEnd={() => void send("DELETE", one.access_note_id)} />)}</ul>
      )}
      {ended.value && <p class="access-undo" role="status">{n.ended} <button type="button" class="quiet" onClick={() => void send("POST", ended.peek()!, "/restore")}>{n.undo}</button></p>}
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
      {sheet.value && <NoteSheet card={card} note={sheet.value === "new" ? null : sheet.value} onClose={() => { sheet.value = null; }} onSaved={() => { sheet.value = null; void loadNotes(card.incident_id); }} />}
    </section>
  );
}
