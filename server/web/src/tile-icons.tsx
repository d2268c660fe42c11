/** Signs of the tiles: what people look at rather than read. */
const SHAPES = {
  enlarge: "M8 3H3v5M12 3h5v5M8 17H3v-5M12 17h5v-5",
  shrink: "M3 8h5V3M17 8h-5V3M3 12h5v5M17 12h-5v5",
  pin: "M7 3h6l-1 5 3 3v1H5v-1l3-3zM10 12v6",
  back: "M4 4v5h5M4.5 9A6.5 6.5 0 1 1 4 12",
  seen: "M5 18V3M5 4h10l-2.5 3.5L15 11H5",
  why: "M7 7.5a3 3 0 1 1 4.2 2.7c-.8.4-1.2.9-1.2 1.8v.5M10 15.5v1",
  again: "M16 4v5h-5M15.5 9A6.5 6.5 0 1 0 16 12",
  play: "M6 4l10 6-10 6z",
  pause: "M7 4v12M13 4v12",
  stepBack: "M6 4v12M15 5l-7 5 7 5z",
  stepOn: "M14 4v12M5 5l7 5-7 5z",
  live: "M10 7a3 3 0 1 1 0 6a3 3 0 0 1 0-6M5 5a7 7 0 0 0 0 10M15 5a7 7 0 0 1 0 10",
} as const;

export function TileIcon({ name }: { name: keyof typeof SHAPES }) {
  return (
    <svg class="tile-icon" viewBox="0 0 20 20" width="18" height="18" aria-hidden="true" focusable="false">
      <path d={SHAPES[name]} fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}
