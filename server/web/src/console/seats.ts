import { computed, effect, signal } from "@preact/signals";
import { asProblem, call } from "../api";
import type { BannerFrame, Leader, Me, Problem, SeatFrame, SeatLine, SeatsFrame } from "../wire";
import { OPEN_WALL } from "../texts/seat";
import { isMonitor } from "./page-kind";
import { hearScouts } from "./scouts";
import { feed, me, show } from "./seat";

/**
 * Who else is here, as the center says (server/console/seats.py): one's own monitors, colleagues and whether they can
 * hear, whose line broke; when one's session ends; and for a monitor which console it follows.
 */
export const around = signal<SeatsFrame | null>(null);
export const sessionEnds = signal<{ at: string; extended: boolean } | null>(null);
/** undefined: not told yet; null: no console is open. */
export const leader = signal<Leader | null | undefined>(undefined);
export const breakglass = signal<BannerFrame[]>([]);
export const extending = signal<"idle" | "sending" | Problem>("idle");

const isMine = (seat: SeatLine) => seat.account_id === me.value?.account_id;
const seats = computed(() => around.value?.seats ?? []);
export const myMonitors = computed(() => seats.value.filter((one) => one.kind !== "console" && isMine(one)));
/** Colleagues' consoles whose line broke. */
export const lostSeats = computed(() => seats.value.filter((one) => one.lost_at !== null));
/** What a shift leader has to know: who would not hear an alert, and whose check failed. */
export const silentSeats = computed(() =>
  seats.value.filter((one) => one.kind === "console" && one.works && one.lost_at === null && one.sound === "suspended" && !isMine(one)));
export const failedChecks = computed(() =>
  [...new Map(seats.value.filter((one) => one.failed.length > 0).map((one) => [one.account_id, one])).values()]);

/** A console that reloads is back within this; until then the monitor goes on showing what was open there. */
const RELOAD_MS = 4000;
let leaving = 0;

function follow(frame: SeatFrame & { type: "following" }): void {
  clearTimeout(leaving);
  if (frame.leader) {
    leader.value = frame.leader;
    show(frame.selected);
    return;
  }
  leaving = window.setTimeout(() => {
    leader.value = null;
    show(null);
  }, leader.peek() ? RELOAD_MS : 0);
}

interface OpenGlass { breakglass_id: string; incident_id: string | null; center: string; by: { account_id: string; login: string; desk: string }; decided_at: string | null; requested_at: string; ends_at: string | null }

/** Walls that stand open are told by a frame when that happens; a page that comes later asks. */
async function readBreakglass(): Promise<void> {
  if (isMonitor || !me.peek()?.permissions.includes("breakglass.approve")) return;
  const got = await call<{ breakglass: OpenGlass[] }>("GET", "/api/breakglass?state=open").catch(() => null);
  if (!got) return;
  const asked = breakglass.peek().filter((one) => !one.stays);
  const [ko, en] = OPEN_WALL;
  const open = got.breakglass.filter((one) => one.by.desk !== me.peek()?.desk).map((one): BannerFrame => ({
    type: "banner", kind: "breakglass", what: "approved", stays: true, center: one.center, breakglass_id: one.breakglass_id, incident_id: one.incident_id,
    by: { kind: "operator", id: one.by.account_id, name: one.by.login }, at: one.decided_at ?? one.requested_at, ends_at: one.ends_at, message_ko: ko, message_en: en,
  }));
  breakglass.value = [...asked.filter((one) => !open.some((held) => held.breakglass_id === one.breakglass_id)), ...open];
}

/** With each new line: what was said while this page was away is not said again. */
effect(() => {
  if (me.value && feed.link.state.value === "live") void readBreakglass();
});

const pongs = new Map<string, (now: string) => void>();

function hearBreakglass(frame: BannerFrame): void {
  if (frame.kind !== "breakglass") return;
  const others = breakglass.peek().filter((one) => one.breakglass_id !== frame.breakglass_id);
  breakglass.value = frame.what === "ended" || frame.what === "declined" ? others : [...others, frame];
}

feed.onSeat = (frame) => {
  if (frame.type === "banner") { hearBreakglass(frame); hearScouts(frame); }
  else if (frame.type === "seats") around.value = frame;
  else if (frame.type === "following") follow(frame);
  else if (frame.type === "select") show(frame.incident_id);
  else if (frame.type === "session") sessionEnds.value = { at: frame.expires_at, extended: frame.extended };
  else pongs.get(frame.id)?.(frame.now);
};

me.subscribe((who) => {
  if (who?.session.ends_soon) sessionEnds.value = { at: who.session.expires_at, extended: who.session.extended };
});

/** One press: a quarter of an hour more, as long as the center gives it. */
export async function extendSession(): Promise<void> {
  extending.value = "sending";
  try {
    const got = await call<Pick<Me["session"], "expires_at" | "ends_soon" | "extended">>("POST", "/api/me/session/extend");
    const who = me.peek();
    if (who) me.value = { ...who, session: { ...who.session, ...got } }; // or the old end is told again with the next change
    sessionEnds.value = got.ends_soon ? { at: got.expires_at, extended: got.extended } : null;
    extending.value = "idle";
  } catch (error) {
    extending.value = asProblem(error);
  }
}

/** One message to the center and back: how long it took, and how far this device's clock is off. Null: no answer. */
export async function ping(timeoutMs = 4000): Promise<{ roundTripMs: number; skewS: number } | null> {
  const id = crypto.randomUUID();
  const begun = performance.now();
  const said = await new Promise<string | null>((resolve) => {
    pongs.set(id, resolve);
    setTimeout(() => resolve(null), timeoutMs);
    if (!feed.link.send({ type: "ping", id })) resolve(null);
  });
  pongs.delete(id);
  if (said === null) return null;
  const roundTripMs = performance.now() - begun;
  return { roundTripMs, skewS: (Date.now() - roundTripMs / 2 - Date.parse(said)) / 1000 };
}

