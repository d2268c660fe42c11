import { type ReadonlySignal, type Signal, effect, signal, useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asProblem, call } from "../../api";
import { now, secondsSince } from "../../clock";
import { c } from "../../texts/captures";
import type { IncidentCard, Problem } from "../../wire";
import { mayLook } from "../feed";
import { feed, me, selectedId } from "../seat";
import { tab } from "./talk-state";

/**
 * What the person's own phone has sent to the open incident, asked for again every few seconds while the record is
 * looked at. The list names no picture; each look stands on a release row that is on disk before the first byte and
 * lasts some minutes. Of a drill there is nothing to look at: only that the test item has come.
 */
export interface Capture {
  capture_id: string; kind: "photo" | "sound" | "reading"; lens: string; seconds: number; taken_at: string; received_at: string;
  pieces: number; received: number; is_whole: boolean; is_broken: boolean; is_test: boolean;
}
export interface Held { captures: Capture[]; is_broken: boolean; missing: number }
interface Release { release_id: string; until_at: string }

const LOOK_MS = 3000;
const SOON_MS = 30_000;
const SAID_EVERY_MS = 15_000;

export interface Captures {
  held: Signal<Held | null>; problem: Signal<Problem | null>; said: Signal<string>; release: Signal<Release | null>;
  /** Null: there is nothing to show here; `forbidden`: there may be something, not for this account. */
  may: "yes" | "forbidden" | null;
  look: () => Promise<void>; source: (one: Capture) => string;
}

function mayCaptures(card: IncidentCard): Captures["may"] {
  if (!mayLook(card) || card.alert_ids.length === 0) return null;
  return me.value?.permissions.includes("video.view") ? "yes" : "forbidden";
}

export function useCaptures(card: IncidentCard): Captures {
  const held = useSignal<Held | null>(null);
  const release = useSignal<Release | null>(null);
  const problem = useSignal<Problem | null>(null);
  const path = `/api/incidents/${card.incident_id}/captures`;
  const may = mayCaptures(card);
  const said = useArrivals(held);
  const look = async () => {
    try {
      const got = await call<Held>("GET", path);
      const endsMs = release.peek() ? Date.parse(release.peek()!.until_at) - now.peek() : 0;
      if (!card.is_drill && got.captures.length > 0 && endsMs < SOON_MS) release.value = await call<Release>("POST", `${path}/open`);
      held.value = got;
      problem.value = null;
    } catch (error) {
      problem.value = asProblem(error);
    }
  };
  useEffect(() => {
    if (may !== "yes") return;
    void look();
    const timer = setInterval(() => { if (!document.hidden) void look(); }, LOOK_MS);
    return () => clearInterval(timer);
  }, [path, may]);
  const source = (one: Capture) => `${path}/${one.capture_id}?release_id=${release.value?.release_id ?? ""}&of=${one.received}`;
  return { held, problem, said, release, may, look, source };
}

/** The sentence for who listens to the page: what came since the last one, at most every 15 s; nothing at the start. */
function useArrivals(held: Signal<Held | null>): Signal<string> {
  const said = useSignal("");
  useEffect(() => {
    const told = new Set<string>();
    let isFirst = true;
    let lastMs = -Infinity;
    return effect(() => {
      const all = held.value?.captures;
      if (!all) return;
      const fresh = all.filter((one) => !told.has(one.capture_id));
      const isDue = fresh.length > 0 && (isFirst || performance.now() - lastMs > SAID_EVERY_MS);
      if (!isDue) return void (isFirst = false);
      for (const one of fresh) told.add(one.capture_id);
      if (!isFirst) {
        lastMs = performance.now();
        const photos = fresh.filter((one) => one.kind === "photo").length;
        const sounds = fresh.filter((one) => one.kind === "sound").length;
        said.value = fresh.some((one) => one.is_test) ? c().testItem : c().arrived(photos, sounds, fresh.length - photos - sounds);
      }
      isFirst = false;
    });
  }, []);
  return said;
}

/** When it was taken; of what an agency sent nobody knows that, so when it came. */
export const timeOf = (one: Capture): string => (one.lens === "agency" && one.kind === "photo" ? one.received_at : one.taken_at);

/** "20초 전": changes every ten seconds, later every minute, and nothing else of the page with it. */
export function useAgo(at: string): ReadonlySignal<string> {
  return useComputed(() => c().ago(secondsSince(at)));
}

/** Whether more of it can still be expected: a phone that has been silent for so long sends the rest much later, or never. */
const GIVEN_UP_S = 120;
export function useIsPartly(one: Capture): boolean {
  return useComputed(() => !one.is_whole && secondsSince(one.received_at) > GIVEN_UP_S).value;
}

/** Incidents whose first photo or sound came while this seat looked at another tab. */
export const unlooked = signal<ReadonlySet<string>>(new Set());
const heard = feed.onEvent;
feed.onEvent = (line, card) => {
  heard(line, card);
  const isSeen = selectedId.peek() === card.incident_id && tab.peek() === "record";
  if (["capture:received", "capture:attached"].includes(line.tag) && !isSeen) unlooked.value = new Set([...unlooked.peek(), card.incident_id]);
};
effect(() => {
  const id = selectedId.value;
  if (tab.value === "record" && id && unlooked.value.has(id)) unlooked.value = new Set([...unlooked.peek()].filter((one) => one !== id));
});
