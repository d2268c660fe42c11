import { signal } from "@preact/signals";
import { feed, me } from "../console/seat";
import { ping } from "../console/seats";

/**
 * What a seat can find out about itself. Nothing here shows anything of a camera: the picture is a film of our own, in
 * the form in which live pictures come, and the video server is only knocked at.
 */
export type Finding = "ok" | "failed" | "skipped";
export type CheckName = "sound" | "video" | "link" | "clock" | "screen" | "keys";
export const CHECKS: CheckName[] = ["sound", "video", "link", "clock", "screen", "keys"];

export interface Measured { round_trip_ms: number | null; skew_s: number | null; frames_per_s: number | null }
export const findings = signal<Partial<Record<CheckName, Finding>>>({});
export const measured = signal<Measured>({ round_trip_ms: null, skew_s: null, frames_per_s: null });

const PINGS = 5;
const SLOW_MS = 1000;
const MOST_SKEW_S = 2;
const KNOCK_MS = 5000;

export function found(name: CheckName, finding: Finding | undefined): void {
  const { [name]: _, ...others } = findings.peek();
  findings.value = finding ? { ...others, [name]: finding } : others;
}

export function beginAgain(): void {
  findings.value = {};
  measured.value = { round_trip_ms: null, skew_s: null, frames_per_s: null };
}

/** Five messages there and back; the middle one counts. */
export async function checkLink(): Promise<void> {
  found("link", undefined);
  found("clock", undefined);
  const answers: { roundTripMs: number; skewS: number }[] = [];
  for (let i = 0; i < PINGS; i++) {
    const answer = await ping();
    if (!answer) break;
    answers.push(answer);
  }
  const middle = answers.sort((a, b) => a.roundTripMs - b.roundTripMs)[Math.floor(answers.length / 2)];
  const isWhole = answers.length === PINGS && feed.link.state.peek() === "live";
  measured.value = { ...measured.peek(), round_trip_ms: middle ? middle.roundTripMs : null, skew_s: middle ? middle.skewS : null };
  found("link", isWhole && middle && middle.roundTripMs <= SLOW_MS ? "ok" : "failed");
  found("clock", middle && Math.abs(middle.skewS) <= MOST_SKEW_S ? "ok" : "failed");
}

/** The video server answers somebody without a ticket, and refuses: it is there. */
export function knock(): Promise<boolean> {
  const base = me.peek()?.video_public_url;
  if (!base) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = new WebSocket(`${base.replace(/\/$/, "")}/video/none?ticket=none`);
    const done = (isThere: boolean) => { clearTimeout(timer); socket.onmessage = socket.onclose = null; socket.close(); resolve(isThere); };
    const timer = setTimeout(() => done(false), KNOCK_MS);
    socket.onmessage = () => done(true);
    socket.onclose = (event) => done(event.code !== 1006);
  });
}

export function isDone(): boolean {
  return CHECKS.every((name) => findings.value[name] !== undefined);
}
