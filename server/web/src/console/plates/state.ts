import { computed, effect, signal } from "@preact/signals";
import { asProblem, call } from "../../api";
import { now } from "../../clock";
import type { Problem } from "../../wire";
import { isMonitor } from "../page-kind";
import { feed, me, sheet } from "../seat";

/** Reads that come near a wanted plate: they wait for a person, ten minutes at most; nothing of them has left the center. */
export interface NearMiss {
  candidate_id: string; center_id: string; agency: { agency_id: string; kind: string; name_ko: string; name_en: string }; crime: string; legal_basis: string;
  reason: string; case_no: string; wanted_until: string; camera: { camera_id: string; name: string | null; lat: number | null; lon: number | null; heading_deg: number | null };
  read_at: string; read: string; wanted: string; because: string; confidence: number | null; probability: number; expires_at: string; has_picture: boolean;
}
/** A reader whose newest reads are far from now: `off_s` below zero is behind. */
export interface WrongClock { reader_id: string; center_id: string; cameras: string[]; off_s: number; seen_at: string }
interface Told { candidates: NearMiss[]; wanted: number; reasons: string[]; clocks: WrongClock[] }
export const UNDECIDED_MS = 600_000;
const AGAIN_MS = 30_000;

const told = signal<Told>({ candidates: [], wanted: 0, reasons: [], clocks: [] });
export const failed = signal<Problem | null>(null);
/** What was decided last, in a word of `texts/plates.ts`. */
export const decided = signal<"accepted" | "gone" | "dismissed" | null>(null);
/** Those whose time is over are deleted at the center; they go here without being asked for. */
export const candidates = computed(() => told.value.candidates.filter((one) => Date.parse(one.expires_at) > now.value));
export const reasons = computed(() => told.value.reasons);
export const clocks = computed(() => told.value.clocks);
export const isLookedFor = computed(() => told.value.wanted > 0 || candidates.value.length > 0);
const may = () => !isMonitor && (me.peek()?.permissions.includes("incidents.work") ?? false);
let turn = 0;

export async function reload(): Promise<void> {
  const mine = ++turn;
  try {
    const got = await call<Told>("GET", "/api/plate-candidates");
    if (mine !== turn) return;
    told.value = got;
    failed.value = null;
  } catch (error) {
    if (mine === turn) failed.value = asProblem(error);
  }
}

export function openPlates(): void {
  if (!may() || !isLookedFor.peek()) return;
  decided.value = null;
  sheet.value = { kind: "plates" };
}

/** Raises the request of the agency that wants it; the incident then comes to the queue like any other. */
export async function accept(one: NearMiss): Promise<void> {
  const got = await call<{ hit_id: string | null }>("POST", `/api/plate-candidates/${one.candidate_id}/accept`);
  decided.value = got.hit_id ? "accepted" : "gone";
  await reload();
}

export async function dismiss(one: NearMiss, reason: string): Promise<void> {
  await call("POST", `/api/plate-candidates/${one.candidate_id}/dismiss`, { reason });
  decided.value = "dismissed";
  await reload();
}

feed.onBanner.plates = () => { if (may()) void reload(); };
/** With each new line: what came while this page was away is read; and now and then, for a hint may be lost. */
effect(() => {
  if (!me.value || feed.link.state.value !== "live" || !may()) return;
  void reload();
  const timer = setInterval(() => { if (isLookedFor.peek()) void reload(); }, AGAIN_MS);
  return () => clearInterval(timer);
});
