import { useSignal } from "@preact/signals";
import { asProblem, call } from "../api";
import { now } from "../clock";
import { Dialog } from "../dialog";
import { said } from "../lang";
import { tr } from "../texts/traffic";
import type { AccessNote, IncidentCard, Problem } from "../wire";
import { NoteIcon } from "./icons";

/** Writing or changing one access note: kind, words, where, how far around, until when. */
export const KINDS = ["door_code", "entrance", "stairs", "hazard", "hydrant", "other"] as const;
export const RADII = [30, 60, 120, 300];
const DAY_MS = 86_400_000;
const LONGEST = 500;

export function readPlace(text: string): { lat: number; lon: number } | null {
  const found = /^\s*(-?\d+(?:\.\d+)?)\s*[,\s]\s*(-?\d+(?:\.\d+)?)\s*$/.exec(text);
  const [lat, lon] = found ? [Number(found[1]), Number(found[2])] : [NaN, NaN];
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon } : null;
}
export const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
/** The end of that day, in Korea. */
export const endOfDay = (day: string) => new Date(`${day}T23:59:59+09:00`).toISOString();

export function NoteSheet({ card, note, onClose, onSaved }: { card: IncidentCard; note: AccessNote | null; onClose: () => void; onSaved: () => void }) {
  const n = tr().notes;
  const kind = useSignal<string>(note?.kind ?? "door_code");
  const text = useSignal(note?.text ?? "");
  const place = useSignal(card.position ? `${card.position.lat.toFixed(5)}, ${card.position.lon.toFixed(5)}` : "");
  const radius = useSignal(note?.radius_m ?? 60);
  const day = useSignal(note ? note.valid_until.slice(0, 10) : dayOf(now.peek() + 365 * DAY_MS));
  const isBusy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const at = note ? { lat: note.lat, lon: note.lon } : readPlace(place.value);
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const words = text.value.trim();
    if (!words || !at || !day.value) return;
    isBusy.value = true;
    const body = { kind: kind.value, radius_m: radius.value, valid_until: endOfDay(day.value), text: words };
    problem.value = note
      ? await call("PUT", `/api/access_notes/${note.access_note_id}`, body).then(() => null, asProblem)
      : await call("POST", "/api/access_notes", { ...body, ...at, incident_id: card.incident_id }).then(() => null, asProblem);
    isBusy.value = false;
    if (!problem.value) onSaved();
  };
  return (
    <Dialog title={note ? n.editTitle : n.title} onClose={onClose} isWide>
      <form onSubmit={send} class="note-sheet">
        <p>{n.lead}</p>
        <fieldset class="choices-grid">
          <legend>{n.kind}</legend>
          {KINDS.map((one) => (
            <label class="choice" key={one}><input type="radio" name="note-kind" checked={kind.value === one} onChange={() => { kind.value = one; }} /> <NoteIcon kind={one} /> {n.kinds[one]}</label>
          ))}
        </fieldset>
        <label for="note-text">{n.text}</label>
        <textarea id="note-text" rows={3} maxLength={LONGEST} autofocus required aria-describedby="note-text-hint" value={text.value} onInput={(event) => { text.value = event.currentTarget.value; }} />
        <small id="note-text-hint" class="quiet-text">{n.textHint} {text.value.length > LONGEST - 100 && n.left(LONGEST - text.value.length)}</small>
        {!note && (
          <>
            <label for="note-place">{n.place}</label>
            <input id="note-place" inputMode="decimal" autocomplete="off" aria-describedby="note-place-hint" value={place.value} onInput={(event) => { place.value = event.currentTarget.value; }} />
            <small id="note-place-hint" class={at ? "quiet-text" : "warn"}>{at ? n.placeHint : n.badPlace}</small>
          </>
        )}
        <fieldset class="choices-row">
          <legend>{n.radius}</legend>
          {[...new Set([...RADII, radius.value])].sort((a, b) => a - b).map((one) => (
            <label class="choice" key={one}><input type="radio" name="note-radius" checked={radius.value === one} onChange={() => { radius.value = one; }} /> {n.metres(one)}</label>
          ))}
        </fieldset>
        <label for="note-until">{n.validUntil}</label>
        <input id="note-until" type="date" required min={dayOf(now.peek())} max={dayOf(now.peek() + 729 * DAY_MS)} value={day.value} onInput={(event) => { day.value = event.currentTarget.value; }} />
        {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
        <div class="sheet-buttons">
          <button type="button" onClick={onClose}>{n.cancel} <kbd aria-hidden="true">Esc</kbd></button>
          <button type="submit" class="primary" disabled={isBusy.value || !text.value.trim() || !at || !day.value}>{n.save}</button>
        </div>
      </form>
    </Dialog>
  );
}
