/** Small pictures beside words; each state has a shape of its own. Words always stand beside them. */
const PATHS: Record<string, string> = {
  fresh: "M10 2 19 18H1z",
  accepted: "M10 3a7 7 0 1 0 0 14a7 7 0 0 0 0-14z",
  en_route: "M2 4l8 6-8 6zM10 4l8 6-8 6z",
  on_scene: "M10 1a6.5 6.5 0 0 0-6.5 6.5C3.5 12 10 19 10 19s6.5-7 6.5-11.5A6.5 6.5 0 0 0 10 1zm0 4a2.5 2.5 0 1 1 0 5a2.5 2.5 0 0 1 0-5z",
  done: "M7.5 14.2 3.3 10l-1.9 1.9 6.1 6.1L18.6 6.9 16.7 5z",
  stopped: "M4.2 2.3 2.3 4.2 8.1 10l-5.8 5.8 1.9 1.9L10 11.9l5.8 5.8 1.9-1.9L11.9 10l5.8-5.8-1.9-1.9L10 8.1z",
  yes: "M7.5 14.2 3.3 10l-1.9 1.9 6.1 6.1L18.6 6.9 16.7 5z",
  no: "M10 1a9 9 0 1 0 0 18a9 9 0 0 0 0-18zm0 2.4c1.4 0 2.7.4 3.8 1.2l-9.2 9.2A6.6 6.6 0 0 1 10 3.4zm0 13.2c-1.4 0-2.7-.4-3.8-1.2l9.2-9.2A6.6 6.6 0 0 1 10 16.6z",
  clock: "M10 1a9 9 0 1 0 0 18a9 9 0 0 0 0-18zm1 4v4.6l3.4 3.4-1.4 1.4L9 10.4V5z",
  person: "M10 1.5a4.2 4.2 0 1 1 0 8.4a4.2 4.2 0 0 1 0-8.4zM2 18.5c0-4.2 3.6-7 8-7s8 2.8 8 7z",
  send: "M1.5 2.5 19 10 1.5 17.5l2.6-6.3L12 10 4.1 8.8z",
  picture: "M1.5 3h17v14h-17zm2 2v8.5l4-4 3 3 2.5-2.5 3.5 3.5V5zM13 6.5a1.5 1.5 0 1 1 0 3a1.5 1.5 0 0 1 0-3z",
  point: "M10 1a6.5 6.5 0 0 0-6.5 6.5C3.5 12 10 19 10 19s6.5-7 6.5-11.5A6.5 6.5 0 0 0 10 1z",
  circle: "M10 1.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 0 0 0-17zm0 2.2a6.3 6.3 0 1 1 0 12.6a6.3 6.3 0 0 1 0-12.6z",
  box: "M2 3.5h16v13H2zm2.2 2.2v8.6h11.6V5.7z",
  polygon: "M10 1 19 7.5 15.8 18.5H4.2L1 7.5zm0 2.7L3.6 8.3l2.3 8h8.2l2.3-8z",
};

export function Icon({ name }: { name: string }) {
  return <svg class="icon" viewBox="0 0 20 20" width="1em" height="1em" aria-hidden="true" focusable="false"><path d={PATHS[name] ?? PATHS.accepted} fill="currentColor" /></svg>;
}

const OF_STATE: Record<string, string> = {
  requested: "fresh", delivered: "fresh", accepted: "accepted", en_route: "en_route", on_scene: "on_scene", done: "done",
  declined: "stopped", cancelled: "stopped", failed: "stopped",
};

export function StateIcon({ state }: { state: string }) {
  return <Icon name={OF_STATE[state] ?? "accepted"} />;
}
