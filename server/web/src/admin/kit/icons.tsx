/** Drawn on a 24 × 24 grid, in the colour of the words beside them; the words carry the meaning. */
const PATHS = {
  home: "M3 11.5 12 4l9 7.5M5.5 10v10h13V10M10 20v-6h4v6",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c.5-4 3-6 6.5-6s6 2 6.5 6M16 4.500a3.2 3.2 0 0 1 0 6.200M18 14.300c2 .7 3.2 2.5 3.5 5.2",
  agencies: "M4 20V7l8-3.500L20 7v13M2.5 20h19M9 20v-5h6v5M8 10h1.500M14.5 10H16",
  video: "M3.5 6.500h11v11h-11zM14.5 10.500l6-3v9l-6-3",
  records: "M6 3.500h9l4 4v13H6zM14.5 3.500V8H19M9 12h7M9 16h7",
  operation: "M3 13h4l2.5-7 4.5 13 2.5-6H21",
  person: "M12 11.500a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.500c.7-4.5 3.5-6.5 7.5-6.500s6.800 2 7.5 6.5",
  menu: "M4 6.500h16M4 12h16M4 17.500h16",
  lock: "M6 10.500h12v10H6zM8.5 10.500V7.500a3.5 3.5 0 0 1 7 0v3",
  again: "M19.5 8A8 8 0 1 0 20 13M20 4v4.500h-4.5",
  copy: "M8.5 8.500h11v11h-11zM15.5 8.500v-4h-11v11h4",
  check: "M5 12.5 10 17.5 19.5 7",
  cross: "M6 6l12 12M18 6 6 18",
  back: "M14.5 5.5 8 12l6.5 6.5",
  plus: "M12 5v14M5 12h14",
  print: "M7 8V3.500h10V8M7 17.500H4V8h16v9.500h-3M7 14h10v6.500H7z",
  warning: "M12 4 2.5 20h19zM12 10v5M12 17.200v.6",
  down: "M12 4v11.500M7 11l5 5 5-5M5 20h14",
} as const;
export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d={PATHS[name]} /></svg>;
}
