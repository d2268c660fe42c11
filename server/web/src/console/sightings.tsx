import { effect, signal, useSignal } from "@preact/signals";
import { asProblem, call } from "../api";
import { now, timeOfDay } from "../clock";
import { Dialog } from "../dialog";
import { said } from "../lang";
import { t } from "../texts/console";
import { v } from "../texts/video";
import type { CameraChoice, IncidentCard, Problem, Trail } from "../wire";
import { isOpen, mayAct } from "./feed";
import { detail, feed, selected } from "./seat";

/** Where somebody was seen, camera by camera: an ordered trail with times, and the cameras that come next. */
export const trail = signal<Trail | null>(null);
const AGO_S = [0, 30, 60, 180];
const NEXT_SHOWN = 5;

async function load(incidentId: string): Promise<void> {
  const got = await call<Trail>("GET", `/api/incidents/${incidentId}/sightings`).catch(() => null);
  if (got && selected.peek()?.incident_id === incidentId) trail.value = got;
}

/** Read only where there is one: each reading is a release of a place. The log's lines say when it has changed. */
let read = "";
effect(() => {
  const held = detail.value;
  const lines = held?.timeline.filter((line) => line.tag === "sighting:marked" || line.tag === "sighting:struck") ?? [];
  const card = feed.card(held?.incidentId ?? null);
  const mark = held && lines.length > 0 && card && isOpen(card) ? `${held.incidentId}:${lines[0].seq}` : `${held?.incidentId}:`;
  if (mark === read) return;
  if (!mark.startsWith(read.split(":")[0]) || mark.endsWith(":")) trail.value = null;
  read = mark;
  if (held && !mark.endsWith(":")) void load(held.incidentId);
});

interface Marking { subject: "person" | "vehicle"; note: string; plate: string; agoS: number }

function mark(card: IncidentCard, camera: CameraChoice, said_: Marking, sightingId: string): Promise<Trail> {
  return call<Trail>("POST", `/api/incidents/${card.incident_id}/sightings`, {
    camera_id: camera.camera_id, seen_at: new Date(now.peek() - said_.agoS * 1000).toISOString(), subject: said_.subject,
    note: said_.note.trim(), plate: said_.subject === "vehicle" ? said_.plate.trim() : "", sighting_id: sightingId,
  });
}

export function SeenSheet({ card, camera, onClose }: { card: IncidentCard; camera: CameraChoice; onClose: () => void }) {
  const s = v().seen;
  const form = useSignal<Marking>({ subject: "person", note: "", plate: "", agoS: 0 });
  const sightingId = useSignal(crypto.randomUUID()); // a double click, or a second try, is one sighting
  const problem = useSignal<Problem | null>(null);
  const sending = useSignal(false);
  const set = (change: Partial<Marking>) => { form.value = { ...form.value, ...change }; };
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    if (sending.value) return;
    sending.value = true;
    try {
      const got = await mark(card, camera, form.value, sightingId.value);
      if (selected.peek()?.incident_id === card.incident_id) trail.value = got;
      onClose();
    } catch (error) {
      problem.value = asProblem(error);
      if (problem.value.code === "id_used") sightingId.value = crypto.randomUUID();
    }
    sending.value = false;
  };
  return (
    <Dialog title={s.title(`${camera.number}. ${camera.name}`)} onClose={onClose}>
      <form onSubmit={send}>
        <fieldset>
          <legend>{s.subject}</legend>
          <label class="choice"><input type="radio" name="subject" checked={form.value.subject === "person"} autofocus onChange={() => set({ subject: "person" })} /> {s.person}</label>
          <label class="choice"><input type="radio" name="subject" checked={form.value.subject === "vehicle"} onChange={() => set({ subject: "vehicle" })} /> {s.vehicle}</label>
        </fieldset>
        <fieldset class="in-a-row">
          <legend>{s.when}</legend>
          {AGO_S.map((ago, at) => (
            <label class="choice" key={ago}><input type="radio" name="when" checked={form.value.agoS === ago} onChange={() => set({ agoS: ago })} /> {s.whens[at]}</label>
          ))}
        </fieldset>
        {form.value.subject === "vehicle" && (
          <><label for="seen-plate">{s.plate}</label><input id="seen-plate" maxLength={20} autocomplete="off" onInput={(event) => set({ plate: event.currentTarget.value })} /></>
        )}
        <label for="seen-note">{s.note}</label>
        <input id="seen-note" maxLength={1000} placeholder={s.noteHint} autocomplete="off" onInput={(event) => set({ note: event.currentTarget.value })} />
        {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
        <div class="sheet-buttons">
          <button type="button" onClick={onClose}>{v().cancel} <kbd aria-hidden="true">Esc</kbd></button>
          <button type="submit" class="primary" disabled={sending.value}>{sending.value ? v().send : s.confirm} <kbd aria-hidden="true">Enter</kbd></button>
        </div>
      </form>
    </Dialog>
  );
}

/** The trail in words beside the map's: who was seen where and when, and where to look next. */
export function TrailPanel({ card }: { card: IncidentCard }) {
  const s = v().seen;
  const problem = useSignal<Problem | null>(null);
  const told = trail.value;
  if (!told || told.incident_id !== card.incident_id || (told.sightings.length === 0 && !problem.value)) return null;
  const undo = async (sightingId: string) => {
    try {
      trail.value = await call<Trail>("DELETE", `/api/incidents/${card.incident_id}/sightings/${sightingId}`);
      problem.value = null;
    } catch (error) {
      problem.value = asProblem(error);
    }
  };
  return (
    <section class="trail" aria-labelledby="trail-head">
      <h3 id="trail-head">{s.head} <small>{s.count(told.sightings.length)}</small></h3>
      <ol>
        {told.sightings.map((one) => (
          <li key={one.sighting_id} data-sighting={one.number}>
            <span class="number" aria-hidden="true">{one.number}</span>
            <span>
              <strong>{timeOfDay(one.seen_at)} {one.subject === "person" ? s.person : s.vehicle}</strong> {one.name}
              {one.plate && <> · <strong>{one.plate}</strong></>}{one.note && ` · ${one.note}`}
              {one.leg && <small class={one.leg.flag ? "warn" : ""}> {s.leg(t().metres(Math.round(one.leg.distance_m)), one.leg.seconds)}{one.leg.flag && ` ${s.tooFast}`}</small>}
            </span>
            {mayAct(card) && <button type="button" aria-label={`${s.undo}: ${one.number}. ${one.name}`} onClick={() => void undo(one.sighting_id)}>{s.undo}</button>}
          </li>
        ))}
      </ol>
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
      {told.next.length > 0 && (
        <p class="quiet-text">{s.next}: {told.next.slice(0, NEXT_SHOWN).map((one) => `${one.name} (${s.about(timeOfDay(one.likely_at))})`).join(", ")}</p>
      )}
    </section>
  );
}
