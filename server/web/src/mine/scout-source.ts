import { effect, signal } from "@preact/signals";
import { asProblem, call } from "../api";
import { serverSaysNow } from "../clock";
import { Loader } from "../loaded";
import type { ShownCode } from "../meeting";
import type { Problem } from "../wire";
import { stage } from "./source";

/** Her bookings of scouts; while one runs it is asked anew every 5 s, and at once when a code changes. */
const POLL_MS = 5000;

export interface Booking {
  booking_id: string; state: string; at: string; center: { code: string; name_ko: string; name_en: string; callback: string } | null;
  meet: { lat: number; lon: number; text: string } | null; destination: string; note: string;
  pair: { name: string; position: { lat: number; lon: number; fixed_at: string } | null } | null;
  code: ShownCode | null; their_code_read: boolean; her_code_read: boolean; wrong_codes: number; is_locked: boolean; no_show_at: string | null; pair_is_late: boolean; reason: string;
  allowed: string[]; shown: { to: string; at: string }[]; now: string;
}

export const RUNNING = ["booked", "assigned", "waiting", "accompanying"];
export const bookings = new Loader<Booking[]>(async () => (await call<{ bookings: Booking[] }>("GET", "/api/people/me/scouts")).bookings);
/** A booking as its last answer said, newer than the list's. */
export const running = signal<Booking | null>(null);
export const isCut = signal(false);
let timer = 0;

export async function begin(): Promise<void> {
  await bookings.again();
  const held = bookings.state.peek();
  if (held.is === "ready") show(held.data.find((one) => RUNNING.includes(one.state)) ?? null);
}

function show(next: Booking | null): void {
  const ended = next && !RUNNING.includes(next.state);
  if (next) serverSaysNow(next.now);
  running.value = next;
  clearTimeout(timer);
  if (ended) void bookings.again();
  if (!next || ended || stage.peek() !== "page") return;
  const changes = next.code?.until ? Date.parse(next.code.until) - Date.parse(next.now) + 200 : POLL_MS;
  timer = window.setTimeout(() => void ask(next.booking_id), Math.max(300, Math.min(POLL_MS, changes)));
}

async function ask(id: string): Promise<void> {
  try {
    const next = await call<Booking>("GET", `/api/people/me/scouts/${id}`);
    isCut.value = false;
    show(next);
  } catch {
    isCut.value = true;
    timer = window.setTimeout(() => void ask(id), POLL_MS);
  }
}

/** One of her commands; its problem, or null when it was taken. */
export async function tell(method: "PUT" | "POST", path: string, body: unknown = {}): Promise<Problem | null> {
  try {
    show(await call<Booking>(method, `/api/people/me/scouts/${path}`, body));
    if (method === "PUT") void bookings.again();
    return null;
  } catch (error) {
    const held = running.peek();
    if (held) void ask(held.booking_id);
    return asProblem(error);
  }
}

effect(() => {
  if (stage.value !== "page") { clearTimeout(timer); running.value = null; return; }
  void begin();
});
document.addEventListener("visibilitychange", () => { const held = running.peek(); if (document.visibilityState === "visible" && held && RUNNING.includes(held.state)) void ask(held.booking_id); });
