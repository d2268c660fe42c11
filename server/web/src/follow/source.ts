import { batch, signal } from "@preact/signals";
import { call, Refused } from "../api";
import { now, serverSaysNow } from "../clock";
import { Link } from "../link";
import type { FollowFrame, FollowView, Position, Problem } from "../wire";

/** What a guardian's page knows: the view, by WebSocket, or by asking every 5 s when that does not work. */
const POLL_MS = 5000;

export const linkId = decodeURIComponent(location.pathname.split("/").filter(Boolean).at(-1) ?? "");
export const base = `/api/follow/${encodeURIComponent(linkId)}`;

export type Stage = "loading" | "digits" | "following" | "locked" | "bound" | "gone" | "unknown";
export const stage = signal<Stage>("loading");
export const view = signal<FollowView | null>(null);
export const problem = signal<Problem | null>(null);
/** How the page is kept fresh; "offline" once even asking fails. */
export const freshness = signal<"live" | "polling" | "offline">("polling");
/** When the server was last heard, by its own clock. */
export const heardAt = signal<string | null>(null);

let link: Link | null = null;
let poll = 0;
/** How often it has ended: an answer that was asked for before brings nothing of hers back. */
let endings = 0;

function show(next: FollowView): void {
  batch(() => {
    serverSaysNow(next.now);
    heardAt.value = next.now;
    view.value = next.ended ? { ...next, position: null } : next;
    stage.value = "following";
    problem.value = null;
  });
  if (next.ended) finish();
}

function move(position: Position): void {
  const held = view.peek();
  if (!held || held.ended) return;
  if (held.position && Date.parse(held.position.fixed_at) > Date.parse(position.fixed_at)) return;
  view.value = { ...held, position };
}

/** The end: nothing is asked for any more, and no position stays on the screen. */
function finish(): void {
  endings += 1;
  link?.stop();
  link = null;
  clearInterval(poll);
}

function hear(frame: FollowFrame): void {
  freshness.value = "live";
  if (frame.type === "position") heardAt.value = new Date(now.peek()).toISOString();
  if (frame.type === "beat") heardAt.value = frame.now;
  if (frame.type === "view") show(frame.view);
  if (frame.type === "position") move(frame.position);
  if (frame.type === "beat") serverSaysNow(frame.now);
  if (frame.type === "ended") {
    finish();
    const held = view.peek();
    if (held?.ended) return;
    if (held) view.value = { ...held, ended: true, over: "gone", position: null }; // at once, whatever the answer is
    void ask(); // the final words and times
  }
}

function listen(): void {
  if (link || view.peek()?.ended) return;
  link = new Link({ path: `${base}/live`, hello: () => null, onFrame: hear });
  link.state.subscribe((state) => { if (state === "lost" && freshness.peek() === "live") freshness.value = "polling"; });
  poll = window.setInterval(() => { if (freshness.peek() !== "live") void ask(); }, POLL_MS);
}

/** Where a refusal leads. */
const STAGES: Record<string, Stage> = {
  not_bound: "digits", bound_elsewhere: "bound", ended: "gone", locked: "locked",
};

function refuse(error: unknown): void {
  if (!(error instanceof Refused) || error.status === 0 || error.status >= 500) {
    freshness.value = "offline";
    problem.value = error instanceof Refused ? error.problem : null;
    return;
  }
  const p = error.problem;
  const wasOpen = view.peek() !== null;
  const missing = wasOpen ? "gone" : "unknown"; // a page that was open is no mistyped address
  const next = p.attempts_left === 0 ? "locked" : STAGES[p.code] ?? (error.status === 410 ? "gone" : error.status === 404 ? missing : null);
  batch(() => {
    if (next) stage.value = next;
    if (next && next !== "digits") view.value = null; // nothing of hers stays on a page that may not show it
    problem.value = p;
  });
  if (next && next !== "digits") finish();
}

export async function ask(): Promise<void> {
  const before = endings;
  try {
    const told = await call<FollowView>("GET", base);
    if (endings !== before && !told.ended) return;
    show(told);
    if (freshness.peek() === "offline") freshness.value = "polling";
    listen();
  } catch (error) {
    refuse(error);
    if (stage.peek() === "digits") problem.value = null;
    if (stage.peek() === "loading") setTimeout(() => void ask(), 2000);
  }
}

export async function bind(last4: string): Promise<void> {
  try {
    show(await call<FollowView>("POST", `${base}/open`, { last4 }));
    listen();
  } catch (error) {
    refuse(error);
  }
}

/** A push has come to this browser: what it is about is asked for at once. */
navigator.serviceWorker?.addEventListener("message", (event: MessageEvent) => {
  if (event.data?.kind === "push" && !view.peek()?.ended && stage.peek() === "following") void ask();
});

/** A phone that knows it has no network need not find out by waiting. */
window.addEventListener("offline", () => { freshness.value = "offline"; });
window.addEventListener("online", () => { if (stage.peek() === "following" && !view.peek()?.ended) void ask(); });
