import { batch, signal } from "@preact/signals";
import { asProblem, call, Refused } from "../api";
import { serverSaysNow } from "../clock";
import { uuid7 } from "../sos/ids";
import type { ShownCode } from "../meeting";
import type { Problem } from "../wire";

/** What the scouts' page knows: asked every 5 s, and at once when a code changes. Nothing of it once it has ended. */
const POLL_MS = 5000;
const SOS_AGAIN_MS = 2000;

export interface Booking {
  booking_id: string; state: string; at: string; name: string; phone: string; destination: string; note: string;
  meet: { lat: number; lon: number; text: string } | null; no_show_at?: string | null; is_locked: boolean; wrong_codes: number;
  her_code_read: boolean; their_code_read: boolean; allowed: string[];
  by_phone: boolean; code: ShownCode | null;
}
export interface View {
  pair: { name: string; begins_at: string; ends_at: string; safe_by: string | null; late_level: number };
  center: { name_ko: string; name_en: string; callback: string } | null;
  bookings: Booking[]; later: string[]; sos: { raised_at: string; accepted_at: string | null } | null; now: string;
}
export type Stage = "loading" | "code" | "open" | "ended" | "locked" | "bound" | "no_link";

const linkId = decodeURIComponent(location.pathname.split("/").filter(Boolean).at(-1) ?? "");
const base = `/api/scout/${encodeURIComponent(linkId)}`;
export const stage = signal<Stage>("loading");
export const view = signal<View | null>(null);
export const problem = signal<Problem | null>(null);
export const isCut = signal(false);
export const placing = signal<"off" | "on" | "denied">("off");
/** A call for help that the server has not confirmed yet. */
export const crying = signal<"" | "sending" | "failed">("");
let poll = 0;

function show(next: View): void {
  batch(() => {
    serverSaysNow(next.now);
    view.value = next;
    stage.value = "open";
    problem.value = null;
    isCut.value = false;
  });
  clearTimeout(poll);
  const changes = next.bookings.flatMap((one) => (one.code?.until ? [Date.parse(one.code.until) - Date.parse(next.now) + 200] : []));
  poll = window.setTimeout(() => void ask(), Math.max(300, Math.min(POLL_MS, ...changes)));
  follow();
}

const STAGES: Record<string, Stage> = { not_bound: "code", bound_elsewhere: "bound", ended: "ended", no_link: "no_link" };

function refuse(error: unknown): Problem {
  const told = asProblem(error);
  if (!(error instanceof Refused) || error.status === 0 || error.status >= 500) {
    isCut.value = true;
    clearTimeout(poll);
    poll = window.setTimeout(() => void ask(), POLL_MS);
    return told;
  }
  const next = STAGES[told.code] ?? (told.code === "locked" && stage.peek() !== "open" ? "locked" : undefined);
  if (next) {
    batch(() => { stage.value = next; view.value = null; problem.value = next === "code" ? null : told; });
    clearTimeout(poll);
    if (next !== "code") stopPlace();
  }
  return told;
}

export async function ask(): Promise<void> {
  try {
    show(await call<View>("GET", base));
  } catch (error) {
    refuse(error);
  }
}

/** One of the pair's commands; the problem, or null when it was taken. */
export async function tell(path: string, body: unknown = {}): Promise<Problem | null> {
  try {
    const next = await call<View>("POST", `${base}/${path}`, body);
    if (next.pair) show(next);
    else void ask();
    return null;
  } catch (error) {
    const told = refuse(error);
    if (stage.peek() === "open" && !isCut.peek()) void ask();
    return told;
  }
}

let watch: number | null = null;
let last: { lat: number; lon: number; accuracy_m: number; fixed_at: string } | null = null;
let sentAt = 0;

function follow(): void {
  if (watch !== null || !navigator.geolocation) return;
  watch = navigator.geolocation.watchPosition(({ coords, timestamp }) => {
    last = { lat: coords.latitude, lon: coords.longitude, accuracy_m: Math.min(coords.accuracy, 100_000), fixed_at: new Date(timestamp).toISOString() };
    placing.value = "on";
    if (Date.now() - sentAt < POLL_MS) return;
    sentAt = Date.now();
    void call("POST", `${base}/position`, last).catch(() => undefined);
  }, (error) => { if (error.code === error.PERMISSION_DENIED) { placing.value = "denied"; watch = null; } }, { enableHighAccuracy: true, maximumAge: 5000 });
}

function stopPlace(): void {
  if (watch !== null) navigator.geolocation.clearWatch(watch);
  watch = null;
  last = null;
  placing.value = "off";
}

/** Help for the pair: the same id is sent again and again until the server has it. */
export async function cry(): Promise<void> {
  if (crying.peek() !== "") return;
  const id = uuid7(Date.now());
  crying.value = "sending";
  for (;;) {
    try {
      await call("POST", `${base}/sos`, { alert_id: id, position: last });
      crying.value = "";
      return void ask();
    } catch (error) {
      if (error instanceof Refused && [404, 410].includes(error.status)) { crying.value = ""; return void refuse(error); }
      crying.value = "failed";
      await new Promise((go) => setTimeout(go, SOS_AGAIN_MS));
    }
  }
}
