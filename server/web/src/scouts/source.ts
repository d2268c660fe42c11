import { batch, computed, signal } from "@preact/signals";
import { asProblem, call, Refused } from "../api";
import { now, serverSaysNow } from "../clock";
import type { Problem } from "../wire";

/** What the dispatcher's page knows; asked every 5 s. */
const POLL_MS = 5000;

export interface Booking {
  booking_id: string; center: string; state: string; at: string; trip_min: number; by_phone: boolean; spoken: { pair: string; person: string } | null; pair_id: string | null; waiting_since: string | null;
  her_code_read: boolean; their_code_read: boolean; wrong_codes: number; is_locked: boolean; pair_is_late: boolean; ended_at: string | null; reason: string;
  name: string; phone: string; meet: { lat: number; lon: number; text: string } | null; destination: string; note: string;
}
export interface Pair {
  pair_id: string; center: string; name: string; members: { name: string; phone: string }[]; begins_at: string; ends_at: string; is_on_duty: boolean; is_opened: boolean;
  ended_at: string | null; position: { lat: number; lon: number; fixed_at: string } | null; safe_by: string | null; late_level: number; is_seen: boolean; sos_at: string | null;
}
export interface Board {
  bookings: Booking[]; pairs: Pair[]; centers: { code: string; name_ko: string; name_en: string; has_offer: boolean }[];
  reasons: Record<string, { ko: string; en: string }>; may_offer: boolean; most_wrong_codes: number; now: string;
}
export interface Invitation { pair_id: string; url: string; code: string; qr: { size: number; path: string } }

export const board = signal<Board | null>(null);
export const isCut = signal(false);
export const refusal = signal<Problem | null>(null);
let timer = 0;
const SOS_RINGS_MS = 300_000;

/** What somebody has to look at now, the gravest first. */
export function alarms(of: Board): { key: string; kind: "sos" | "overdue" | "late" | "locked"; pair?: Pair; booking?: Booking }[] {
  const pairs = of.pairs.filter((one) => one.ended_at === null);
  const open = of.bookings.filter((one) => one.ended_at === null);
  return [
    ...pairs.filter((one) => one.sos_at).map((pair) => ({ key: `sos ${pair.pair_id} ${pair.sos_at}`, kind: "sos" as const, pair })),
    ...pairs.filter((one) => one.late_level > 0).map((pair) => ({ key: `overdue ${pair.pair_id} ${pair.late_level} ${pair.safe_by}`, kind: "overdue" as const, pair })),
    ...open.filter((one) => one.is_locked && ["assigned", "waiting"].includes(one.state)).map((booking) => ({ key: `locked ${booking.booking_id}`, kind: "locked" as const, booking })),
    ...open.filter((one) => one.pair_is_late).map((booking) => ({ key: `late ${booking.booking_id}`, kind: "late" as const, booking })),
  ];
}

/** Whether something is still nobody's: it rings. A call for help has the console's own sound after a while. */
export const isRinging = computed(() => board.value !== null && alarms(board.value).some((one) =>
  one.kind === "sos" ? now.value - Date.parse(one.pair!.sos_at!) < SOS_RINGS_MS : one.kind !== "overdue" || !one.pair!.is_seen));

/** Which of the two pages; an administrator has only the second. */
export const view = signal<"board" | "offers">(location.hash === "#offers" ? "offers" : "board");

export async function ask(): Promise<void> {
  clearTimeout(timer);
  try {
    const next = await call<Board>("GET", "/api/scouts/board");
    batch(() => { serverSaysNow(next.now); board.value = next; isCut.value = false; refusal.value = null; });
  } catch (error) {
    if (error instanceof Refused && error.status >= 400 && error.status < 500) {
      const isForOffers = error.problem.code === "wrong_role" && board.peek() === null;
      batch(() => { refusal.value = error.problem; board.value = null; if (isForOffers) view.value = "offers"; });
      return;
    }
    isCut.value = true;
  }
  timer = window.setTimeout(() => void ask(), POLL_MS);
}

/** A command of the dispatcher's; the problem, or null when it was taken. */
export async function tell(method: "POST" | "PUT" | "DELETE", path: string, body: unknown = {}): Promise<Problem | null> {
  try {
    await call(method, `/api/scouts/${path}`, method === "DELETE" ? undefined : body);
    void ask();
    return null;
  } catch (error) {
    void ask();
    return asProblem(error);
  }
}

export async function invite(path: string, body: unknown = {}): Promise<Invitation | Problem> {
  try {
    const made = await call<Invitation>("POST", `/api/scouts/${path}`, body);
    void ask();
    return made;
  } catch (error) {
    return asProblem(error);
  }
}
