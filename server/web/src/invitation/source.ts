import { signal } from "@preact/signals";
import { call } from "../api";
import { serverSaysNow } from "../clock";
import { Loader } from "../loaded";

/** What a guardian's own page knows: her questions, what the person allowed, and an SOS that runs. */
export interface Hours { from: string; to: string }
export interface Question { question_id: string; state: "asked" | "ok" | "call_me" | "silent"; asked_at: string; expires_at: string; shown_until: string | null }
export interface Standing {
  question: Question | null; left: number; next_at: string | null; shares_on_silence: boolean;
  precision: "exact" | "acknowledged" | "coarse"; follow: string | null; now: string;
}

const id = decodeURIComponent(location.pathname.split("/").filter(Boolean).at(-1) ?? "");
export const base = `/api/invitations/${encodeURIComponent(id)}`;

const WAITING_MS = 3000;
const CALM_MS = 30_000;

export const standing = new Loader<Standing>(async () => {
  const told = await call<Standing>("GET", `${base}/questions`);
  serverSaysNow(told.now);
  return told;
});

/** She has alerted the center from this page: the way to what came of it is looked for often. */
export const hasAlarmed = signal(false);

/** While an answer is awaited often, otherwise now and then; never for a page that nobody looks at. */
export function keepAsking(): () => void {
  let askedAt = Date.now();
  const timer = setInterval(() => {
    const held = standing.state.peek();
    const isWaiting = held.is === "ready" && (held.data.question?.state === "asked" || (hasAlarmed.peek() && !held.data.follow));
    if (document.hidden || Date.now() - askedAt < (isWaiting ? WAITING_MS : CALM_MS)) return;
    askedAt = Date.now();
    void standing.again();
  }, WAITING_MS);
  const woken = () => { if (!document.hidden) void standing.again(); };
  document.addEventListener("visibilitychange", woken);
  return () => { clearInterval(timer); document.removeEventListener("visibilitychange", woken); };
}
