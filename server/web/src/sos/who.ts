/**
 * Who she is, if this browser is enrolled: a short-lived token in memory only, got with a cookie that no script can
 * read. Nobody waits for it long: an alert without it is `unverified` and taken all the same.
 */
import { signal } from "@preact/signals";
import type { Caller } from "./cry";

interface Token { token: string | null; expires_at?: string; caller?: Caller }

const ANSWER_MS = 4000;
const FIRST_RETRY_MS = 3000;
const LAST_RETRY_MS = 60_000;
const BEFORE_END_MS = 3 * 60 * 1000;

export const who = signal<{ token: string; until: number; caller: Caller } | null>(null);
let asking: Promise<void> | null = null;
let timer = 0;
let retryMs = FIRST_RETRY_MS;

async function ask(): Promise<void> {
  try {
    const limit = new AbortController();
    setTimeout(() => limit.abort(), ANSWER_MS);
    const answer = await fetch("/api/people/browsers/token", { method: "POST", credentials: "same-origin", signal: limit.signal });
    if (!answer.ok) return again(retryMs);
    retryMs = FIRST_RETRY_MS;
    const got = (await answer.json()) as Token;
    who.value = got.token ? { token: got.token, until: Date.parse(got.expires_at ?? "") || 0, caller: got.caller ?? {} } : null;
    if (who.value) again(Math.max(FIRST_RETRY_MS, who.value.until - Date.now() - BEFORE_END_MS));
  } catch {
    again(retryMs); // offline, or the home center is away: without a name until then
  }
}

/** So that the name is there before it is needed. */
function again(ms: number): void {
  clearTimeout(timer);
  timer = window.setTimeout(() => void named(0), ms);
  retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
}

export function isNamed(): boolean {
  const held = who.peek();
  return held !== null && held.until - Date.now() > BEFORE_END_MS;
}

/** A fresh token, or the words that there is none, within `mostMs`. */
export async function named(mostMs: number): Promise<{ token: string; caller: Caller }> {
  if (!isNamed()) {
    asking ??= ask().finally(() => { asking = null; });
    await Promise.race([asking, new Promise((done) => setTimeout(done, mostMs))]);
  }
  const held = who.peek();
  return held && held.until > Date.now() ? { token: held.token, caller: held.caller } : { token: "", caller: {} };
}
