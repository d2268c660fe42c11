import { effect, signal } from "@preact/signals";
import { call } from "../api";
import type { BannerFrame } from "../wire";
import { isMonitor } from "./page-kind";
import { feed, me } from "./seat";

/** Something is wrong with scouts: told over the console's page; names and places are on the scouts' own page. */
export type ScoutFrame = Extract<BannerFrame, { kind: "scouts" }>;
export const scoutFrames = signal<ScoutFrame[]>([]);
const about = (frame: ScoutFrame) => frame.pair_id ?? frame.booking_id;

export function forget(frame: ScoutFrame): void {
  scoutFrames.value = scoutFrames.peek().filter((one) => one !== frame);
}

export function hearScouts(frame: BannerFrame): void {
  if (frame.kind !== "scouts") return;
  const others = scoutFrames.peek().filter((one) => about(one) !== about(frame));
  scoutFrames.value = frame.stays ? [...others, frame] : others;
}

/** Frames tell what happens; a page that comes later asks what stands. */
async function read(): Promise<void> {
  if (isMonitor || !me.peek()?.permissions.includes("scouts.dispatch")) return;
  const got = await call<{ worries: ScoutFrame[] }>("GET", "/api/scouts/worries").catch(() => null);
  for (const one of got?.worries ?? []) hearScouts(one);
}

effect(() => {
  if (me.value && feed.link.state.value === "live") void read();
});
