/** What an access note is about, at a glance; the word stands beside it. */
const PATHS: Record<string, string> = {
  entrance: "M5 21V4h10v17M3 21h18M12 12.5v1M15 8l4 0v13",
  door_code: "M8 14a4 4 0 1 1 2.9-6.8A4 4 0 0 1 11.5 12L20 20.5V22h-3v-2h-2v-2h-2l-2.6-2.6A4 4 0 0 1 8 14zM7 9.5h.01",
  stairs: "M3 20h5v-4h4v-4h4V8h5M18 5l3 3-3 3",
  hydrant: "M8 21V10a4 4 0 0 1 8 0v11M6 21h12M6 10h12M5 15h3M16 15h3M12 3v3",
  hazard: "M12 4 22 20H2zM12 10v5M12 17.5v.5",
  other: "M6 3h9l4 4v14H6zM9 11h7M9 15h7",
};

export function NoteIcon({ kind }: { kind: string }) {
  return (
    <svg class="note-icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">
      <path d={PATHS[kind] ?? PATHS.other} />
    </svg>
  );
}
