/**
 * Which camera stands on which tile, as one pure function of what the center has chosen, what is pinned and what plays.
 *
 * The center's choice may change several cameras at once; eyes can't follow that. So one tile changes at a time, after
 * its camera has not been chosen for five seconds (at once where it gives no picture), and only when the new camera
 * plays: until then both are open. A pinned tile keeps its camera whatever is chosen. Numbers are those of the
 * tiles: a newcomer takes the number of the camera that it follows.
 *
 * No clock, no signal, only types are imported: tests/pages/lineup.test.ts runs it in node.
 */
import type { CameraChoice } from "../wire";

export interface Change { number: number; from: string; to: string; at: number }

export interface Lineup {
  /** On the tiles, by number. */
  readonly shown: readonly CameraChoice[];
  /** The center's newest choice. */
  readonly wanted: readonly CameraChoice[];
  /** Shown, but no longer chosen: since when. */
  readonly gone: Readonly<Record<string, number>>;
  /** Being opened behind the tile with its number. */
  readonly coming: { camera: CameraChoice; leaves: string; since: number } | null;
  readonly changedAt: number;
  /** Did not play in time: not before this moment again. */
  readonly notBefore: Readonly<Record<string, number>>;
  readonly changes: readonly Change[];
}

/** What the tiles do now: ids of cameras that play, and of those that are pinned. Times in ms of one clock. */
export interface Seen { nowMs: number; plays: ReadonlySet<string>; pinned: ReadonlySet<string> }

export const STAND_MS = 5000;
export const BETWEEN_MS = 1500;
export const PATIENCE_MS = 8000;
const BLIND_PATIENCE_MS = 2500;
export const AGAIN_MS = 30_000;
export const MOST = 5;
const REMEMBERED = 5;

export const NOTHING_SHOWN: Lineup = {
  shown: [], wanted: [], gone: {}, coming: null, changedAt: -Infinity, notBefore: {}, changes: [],
};

const ids = (cameras: readonly CameraChoice[]) => new Set(cameras.map((one) => one.camera_id));
const byNumber = (a: CameraChoice, b: CameraChoice) => a.number - b.number;

/** The center has said anew what it chose: facts of what is shown become fresh, the tiles stay. `kept`: cameras pinned
 *  earlier (before a reload), with their numbers. */
export function chosen(held: Lineup, cameras: readonly CameraChoice[], nowMs: number, kept: readonly CameraChoice[] = []): Lineup {
  const five = cameras.slice(0, MOST);
  if (held.shown.length === 0) return { ...NOTHING_SHOWN, shown: withKept(five, kept), wanted: five };
  const fresh = new Map(five.map((one) => [one.camera_id, one]));
  const shown = held.shown.map((one) => ({ ...one, ...fresh.get(one.camera_id), number: one.number }));
  const coming = held.coming && fresh.has(held.coming.camera.camera_id) ? held.coming : null;
  const gone = Object.fromEntries(shown.filter((one) => !fresh.has(one.camera_id)).map((one) => [one.camera_id, held.gone[one.camera_id] ?? nowMs]));
  return { ...held, shown, wanted: five, gone, coming };
}

/** A pinned camera stands on its number; whoever stood there moves to a free one, or waits. */
function withKept(five: readonly CameraChoice[], kept: readonly CameraChoice[]): CameraChoice[] {
  const fresh = new Map(five.map((one) => [one.camera_id, one]));
  const pinned = kept.filter((one, at) => one.number >= 1 && one.number <= MOST && kept.findIndex((other) => other.number === one.number) === at)
    .map((one) => ({ ...one, ...fresh.get(one.camera_id), number: one.number }));
  const shown = [...pinned];
  const rest = five.filter((one) => !pinned.some((pin) => pin.camera_id === one.camera_id)).slice(0, MOST - pinned.length);
  const isTaken = (number: number) => shown.some((one) => one.number === number);
  for (const one of rest.filter((camera) => !isTaken(camera.number))) shown.push(one);
  for (const one of rest.filter((camera) => !shown.some((held) => held.camera_id === camera.camera_id))) shown.push({ ...one, number: freeNumber(shown) });
  return shown.sort(byNumber);
}

function freeNumber(shown: readonly CameraChoice[]): number {
  let number = 1;
  while (shown.some((one) => one.number === number)) number += 1;
  return number;
}

/** One look at the tiles; the same object when nothing changes. */
export function look(held: Lineup, seen: Seen): Lineup {
  if (held.coming) return arrive(held, held.coming, seen);
  const wanted = ids(held.wanted);
  const shown = ids(held.shown);
  const leaving = held.shown.filter((one) => !wanted.has(one.camera_id) && !seen.pinned.has(one.camera_id));
  const arriving = held.wanted.filter((one) => !shown.has(one.camera_id) && (held.notBefore[one.camera_id] ?? 0) <= seen.nowMs);
  if (arriving.length > 0 && held.shown.length < MOST) return added(held, arriving[0]!, seen.nowMs);
  if (leaving.length === 0) return held;
  const isRested = seen.nowMs - held.changedAt >= BETWEEN_MS;
  const old = leaving.find((one) => seen.nowMs - (held.gone[one.camera_id] ?? seen.nowMs) >= STAND_MS);
  const leaves = leaving.find((one) => !seen.plays.has(one.camera_id)) ?? (isRested ? old : undefined);
  if (!leaves) return held;
  if (arriving.length === 0) return isRested && old && held.wanted.length < held.shown.length ? removed(held, old, seen.nowMs) : held;
  const camera = arriving.find((one) => one.number === leaves.number) ?? arriving[0]!;
  const coming = { camera: { ...camera, number: leaves.number }, leaves: leaves.camera_id, since: seen.nowMs };
  return { ...held, coming };
}

function arrive(held: Lineup, coming: NonNullable<Lineup["coming"]>, seen: Seen): Lineup {
  const old = held.shown.find((one) => one.camera_id === coming.leaves);
  if (!old || seen.pinned.has(coming.leaves)) return { ...held, coming: null }; // pinned at the last moment: it stays
  const isLate = seen.nowMs - coming.since >= (seen.plays.has(coming.leaves) ? PATIENCE_MS : BLIND_PATIENCE_MS);
  if (!seen.plays.has(coming.camera.camera_id) && !isLate) return held;
  if (isLate && !seen.plays.has(coming.camera.camera_id) && seen.plays.has(coming.leaves)) {
    // better an old picture of the street than none
    return { ...held, coming: null, notBefore: { ...held.notBefore, [coming.camera.camera_id]: seen.nowMs + AGAIN_MS } };
  }
  const change = { number: old.number, from: old.name, to: coming.camera.name, at: seen.nowMs };
  const shown = held.shown.map((one) => (one === old ? { ...coming.camera, number: old.number } : one));
  return { ...held, shown, coming: null, changedAt: seen.nowMs, changes: [...held.changes.slice(1 - REMEMBERED), change] };
}

function added(held: Lineup, camera: CameraChoice, nowMs: number): Lineup {
  const isFree = !held.shown.some((one) => one.number === camera.number) && camera.number <= MOST;
  const one = { ...camera, number: isFree ? camera.number : freeNumber(held.shown) };
  return { ...held, shown: [...held.shown, one].sort(byNumber), changedAt: nowMs };
}

function removed(held: Lineup, camera: CameraChoice, nowMs: number): Lineup {
  return { ...held, shown: held.shown.filter((one) => one !== camera), changedAt: nowMs };
}
