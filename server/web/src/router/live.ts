import { signal } from "@preact/signals";
import { Chime } from "../chime";
import { keep, kept } from "../kept";
import { Loader } from "../loaded";
import { isEnded, session, ask } from "./session";
import type { AlarmsNow, Centers } from "./wire";

/** What is asked again and again on every page of the router: what is wrong now, and how the centers stand. */
export const alarms = new Loader<AlarmsNow>(() => ask("GET", "/alarms", undefined, 5000));
export const centers = new Loader<Centers>(() => ask("GET", "/centers"));
export const askedAt = signal(0);

const ALARMS_MS = 2000;
const CENTERS_MS = 4000;

/** `null` while nothing has been answered yet. No answer is never "all is well". */
export function isWrong(): boolean | null {
  const held = alarms.state.value;
  if (held.is === "loading") return null;
  return held.is !== "ready" || !held.data.ok;
}

function repeat(everyMs: number, work: () => Promise<void>): void {
  const once = async () => {
    if (session.peek() && !isEnded.peek()) await work();
    setTimeout(() => void once(), everyMs);
  };
  void once();
}

let isStarted = false;
export function startLooking(): void {
  if (isStarted) return;
  isStarted = true;
  repeat(ALARMS_MS, async () => { await alarms.again(); askedAt.value = Date.now(); });
  repeat(CENTERS_MS, centers.again);
}

const KEY = "ansim.router.sound";
export const isSoundOn = signal(kept(KEY) === "on");
export const chime = signal<Chime | null>(null);

function build(): void {
  chime.value ??= new Chime(() => isSoundOn.value && (isWrong() === true || isEnded.value));
}

export function setSound(on: boolean): void {
  isSoundOn.value = on;
  keep(KEY, on ? "on" : "off");
  build();
  if (on) void chime.value?.wake();
}
if (isSoundOn.peek()) build();
