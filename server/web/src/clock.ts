import { signal } from "@preact/signals";

/**
 * The server's clock, not the seat's: a control room's PC may be minutes off, and a timer that lies about
 * how long someone has been waiting is worse than none.
 */
let skewMs = 0;

/** Turns with the server's seconds, not more often: each turn draws every timer on the page once more. */
export const now = signal(Date.now());
/** A clock that was set, not the line's own hurry and delay: only that is told at once. */
const STEP_MS = 500;

export function serverSaysNow(iso: string): void {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return;
  const before = skewMs;
  skewMs = at - Date.now();
  if (Math.abs(skewMs - before) >= STEP_MS) now.value = Date.now() + skewMs;
}

function turn(): void {
  now.value = Date.now() + skewMs;
  setTimeout(turn, 1000 - (now.peek() % 1000));
}
setTimeout(turn, 0);

/** Seconds since an ISO time by the server's clock, never negative; reads the ticking signal. */
export function secondsSince(iso: string): number {
  return Math.max(0, Math.floor((now.value - Date.parse(iso)) / 1000));
}

/** mm:ss, or h:mm:ss after an hour. */
export function stopwatch(seconds: number): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const h = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
  return h > 0 ? `${h}:${rest}` : rest;
}

const DAY_TIME = new Intl.DateTimeFormat("ko-KR", {
  timeZone: "Asia/Seoul", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});

/** 24-hour Korean time to the second. */
export function timeOfDay(at: string | number): string {
  const ms = typeof at === "number" ? at : Date.parse(at);
  return Number.isNaN(ms) ? "--:--:--" : DAY_TIME.format(ms);
}

/** 24-hour Korean time to the minute. */
export function toMinute(at: string | number): string {
  return timeOfDay(at).slice(0, 5);
}

const DAY = new Intl.DateTimeFormat("ko-KR", {
  timeZone: "Asia/Seoul", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});

/** Korean day and time to the minute. */
export function dayAndTime(at: string): string {
  const ms = Date.parse(at);
  return Number.isNaN(ms) ? "—" : DAY.format(ms);
}

const EXACT = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "Asia/Seoul", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});

/** `2026-11-22 01:05:09`: where a moment must be read without doubt. */
export function dateAndTime(ms: number): string {
  return EXACT.format(ms);
}
