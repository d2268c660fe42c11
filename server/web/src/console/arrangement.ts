import { signal } from "@preact/signals";
import type { CameraChoice } from "../wire";
import { type Change, chosen, look, type Lineup, NOTHING_SHOWN } from "./lineup";

/**
 * The tiles of the incident that is open: lineup.ts with a clock, the pins of this window, and what plays. Pins are
 * remembered for the incident as long as the window lives, told to the other monitors of this browser, and say which
 * cameras stand near somebody: so they are kept in the session only.
 */
const STORE = "ansim.pins";
const LOOK_MS = 250;
const MARK_MS = 12_000;

const MOST_INCIDENTS = 10;

interface Pins { incidentId: string; cameras: CameraChoice[] }

export const pinned = signal<ReadonlySet<string>>(new Set());
/** The number of the tile that is looked at large: its camera stays until it is small again. */
export const enlarged = signal<number | null>(null);
/** What opens behind a tile. */
export const coming = signal<Lineup["coming"]>(null);
/** Changes of the last seconds, for the marks on the tiles. */
export const changes = signal<readonly Change[]>([]);

let incident: string | null = null;
let lineup: Lineup = NOTHING_SHOWN;
let kept: CameraChoice[] = [];
const playing = new Set<string>();
let publish: (incidentId: string, cameras: CameraChoice[]) => void = () => {};

export const onArranged = (run: typeof publish) => { publish = run; };

/** The center's choice → what the tiles show. */
export function arranged(incidentId: string, cameras: CameraChoice[]): CameraChoice[] {
  if (incident !== incidentId) begin(incidentId);
  lineup = chosen(lineup, cameras, performance.now(), kept);
  tell();
  return [...lineup.shown];
}

function begin(incidentId: string): void {
  incident = incidentId;
  lineup = NOTHING_SHOWN;
  playing.clear();
  setPins(remembered(incidentId));
}

export function forgetArrangement(incidentId: string): void {
  if (remembered(incidentId).length > 0) remember({ incidentId, cameras: [] });
  if (incident !== incidentId) return;
  setPins([]);
}

export function notePlay(cameraId: string, isLive: boolean): void {
  if (isLive) playing.add(cameraId);
  else playing.delete(cameraId);
}

/** Pin the tile with this number, or let it go. */
export function togglePin(number: number): void {
  const camera = lineup.shown.find((one) => one.number === number);
  if (!camera || !incident) return;
  const others = kept.filter((one) => one.camera_id !== camera.camera_id);
  setPins(others.length < kept.length ? others : [...others, bare(camera)]);
  remember({ incidentId: incident, cameras: kept });
  monitors.postMessage({ incidentId: incident, cameras: kept } satisfies Pins);
}

/** A camera's own facts: how far she is from it is not kept. */
function bare(camera: CameraChoice): CameraChoice {
  return { ...camera, distance_m: null, bearing_deg: null, in_view: false };
}

function setPins(cameras: CameraChoice[]): void {
  kept = cameras;
  pinned.value = new Set(cameras.map((one) => one.camera_id));
}

function stored(): Pins[] {
  try {
    const held = JSON.parse(sessionStorage.getItem(STORE) ?? "[]") as Pins[];
    return Array.isArray(held) ? held.filter((one) => Array.isArray(one.cameras)) : [];
  } catch {
    return [];
  }
}

const remembered = (incidentId: string) => stored().find((one) => one.incidentId === incidentId)?.cameras ?? [];

function remember(pins: Pins): void {
  const others = stored().filter((one) => one.incidentId !== pins.incidentId).slice(1 - MOST_INCIDENTS);
  try {
    sessionStorage.setItem(STORE, JSON.stringify(pins.cameras.length > 0 ? [...others, pins] : others));
  } catch {
    // a locked-down seat: the pins then last as long as the incident stays open here
  }
}

const monitors = new BroadcastChannel(STORE);
monitors.onmessage = (event: MessageEvent<Pins>) => {
  if (event.data.incidentId !== incident) return;
  const shown = new Set(lineup.shown.map((one) => one.camera_id));
  setPins(event.data.cameras.filter((one) => shown.has(one.camera_id)));
};

function staying(): ReadonlySet<string> {
  const large = lineup.shown.find((one) => one.number === enlarged.peek());
  return large ? new Set([...pinned.peek(), large.camera_id]) : pinned.peek();
}

function tell(): void {
  if (coming.peek() !== lineup.coming) coming.value = lineup.coming;
  const since = performance.now() - MARK_MS;
  const fresh = lineup.changes.filter((one) => one.at > since);
  if (fresh.length !== changes.peek().length || fresh.at(-1) !== changes.peek().at(-1)) changes.value = fresh;
}

setInterval(() => {
  if (!incident) return;
  const before = lineup;
  lineup = look(lineup, { nowMs: performance.now(), plays: playing, pinned: staying() });
  tell();
  if (lineup !== before) publish(incident, [...lineup.shown]);
}, LOOK_MS);
