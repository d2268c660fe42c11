import { tr } from "../texts/traffic";
import type { AccessNote } from "../wire";
import { NoteIcon } from "./icons";
import "../styles/traffic.css";

/** Access notes as crews read them: what kind, how far, then the words, large. */
export type CrewNote = Pick<AccessNote, "access_note_id" | "kind" | "text" | "lat" | "lon" | "distance_m" | "by">;

export function CrewNotes({ notes, level = 2 }: { notes: CrewNote[]; level?: 2 | 3 }) {
  if (notes.length === 0) return null;
  const Head = level === 2 ? "h2" : "h3";
  return (
    <section class="access" data-access-notes={notes.length} aria-label={tr().notes.head}>
      <Head>{tr().notes.head}</Head>
      <ul>
        {notes.map((one) => (
          <li key={one.access_note_id} class={`access-note is-${one.kind}`}>
            <span class="access-kind"><NoteIcon kind={one.kind} /> {tr().notes.kinds[one.kind] ?? one.kind} · {tr().notes.away(one.distance_m)}</span>
            <strong>{one.text}</strong>
          </li>
        ))}
      </ul>
    </section>
  );
}

export const noteMarks = (notes: CrewNote[]) => notes.map((one) => ({ id: one.access_note_id, lat: one.lat, lon: one.lon, label: tr().notes.kinds[one.kind] ?? one.kind }));
