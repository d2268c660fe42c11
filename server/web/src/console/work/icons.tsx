/** Line icons of 24 × 24 in the colour of the text; the word always stands beside them. */
const PATHS = {
  talk: "M4 5h16v11H9l-5 4z",
  call: "M6 3h4l2 5-3 2a12 12 0 0 0 5 5l2-3 5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 4 5a2 2 0 0 1 2-2z",
  classify: "M4 4h8l8 8-8 8-8-8zM8.5 8.5h.01",
  hand: "M4 8h13l-4-4M20 16H7l4 4",
  done: "M5 12.5l5 5L20 7",
  reopen: "M5 5v5h5M5 10a8 8 0 1 1-1 5",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L21 21",
  seen: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  people: "M9 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM3 20c0-4 3-6 6-6s6 2 6 6M16 6a3 3 0 0 1 0 5M18 14c2 1 3 3 3 6",
  photo: "M4 8h4l1.5-3h5L16 8h4v11H4zM12 10a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  later: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4l3 2",
  down: "M12 5v14M6 13l6 6 6-6",
  glass: "M6 11V8a6 6 0 0 1 11-3M5 11h14v9H5z",
  drill: "M4 20l8-16 8 16zM12 10v5M12 17.5h.01",
};
export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
