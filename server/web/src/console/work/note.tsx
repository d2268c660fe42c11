import { signal } from "@preact/signals";
import { t } from "../../texts/console";
import { w } from "../../texts/work";
import type { IncidentCard } from "../../wire";
import { Asking } from "../asking";
import { feed, noteKey } from "../seat";

/** What is being written stays when one looks at another tab or incident; nothing in the record can be deleted, so a
 * wrong note gets a correcting one. */
const drafts = signal<Record<string, string>>({});

export function correct(incidentId: string, words: string): void {
  drafts.value = { ...drafts.peek(), [incidentId]: words };
  requestAnimationFrame(() => document.getElementById("note")?.focus());
}

export function NoteForm({ card }: { card: IncidentCard }) {
  const id = card.incident_id;
  const draft = drafts.value[id] ?? "";
  const set = (words: string) => { drafts.value = { ...drafts.peek(), [id]: words }; };
  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const text = draft.trim();
    if (text && (await feed.command(noteKey(id), "note", id, { text }))) set("");
  }
  return (
    <form class="note" onSubmit={submit}>
      <label class="hidden-text" for="note">{t().actions.note}</label>
      <input id="note" value={draft} maxLength={2000} placeholder={t().notePlaceholder} autocomplete="off" aria-describedby="note-hint" onInput={(event) => set(event.currentTarget.value)} />
      <button type="submit" disabled={!draft.trim() || feed.link.state.value === "lost"}>{t().actions.addNote}</button>
      <p class="hidden-text" id="note-hint">{w().note.correctHint}</p>
      <Asking of={noteKey(id)} onlyErrors />
    </form>
  );
}
