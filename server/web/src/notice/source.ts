import { batch, effect, signal } from "@preact/signals";
import { call, Refused } from "../api";
import { serverSaysNow } from "../clock";
import { Link } from "../link";
import { Loader } from "../loaded";
import type { Track } from "../map-place";
import type { ShownPlace } from "../follow/shown-place";
import type { Problem } from "../wire";

/**
 * What a guardian's page knows of a walk: the words that she was told, and after her digits the view, by WebSocket, or
 * by asking every 5 s when that does not work. Once an SOS runs, the page becomes the one that follows it.
 */
export interface Told { event: string; at: string }
export interface Notice extends Told {
  person_nickname: string; acknowledged_at: string | null; events: Told[]; now: string;
  is_over: boolean; outcome: string; is_late: boolean; is_shown: boolean; has_sos: boolean;
  /** Of an approach: from where, as seen from her, and how near. */
  warning?: { band: string; direction: string } | null;
}
export interface WalkView {
  events: Told[]; state: string; rung: string; eta: string | null; is_shown: boolean; place: ShownPlace | null; track: Track;
  follow: string | null; ended: boolean; outcome: string; now: string;
}

const LOOK_MS = 7000;
const POLL_MS = 5000;
const CUT_OFF = [4400, 4401, 4403];
const id = decodeURIComponent(location.pathname.split("/").filter(Boolean).at(-1) ?? "");
export const base = `/api/notices/${encodeURIComponent(id)}`;

let isFirst = true;
/** The first look says "opened", later ones only look. */
export const notice = new Loader<Notice>(async () => {
  const told = await call<Notice>(isFirst ? "POST" : "GET", isFirst ? `${base}/opened` : base);
  isFirst = false;
  serverSaysNow(told.now);
  return told;
});
export const view = signal<WalkView | null>(null);
export const freshness = signal<"live" | "polling" | "offline">("polling");
/** On the way to the page of the SOS. */
export const isTurning = signal(false);

/** The digits stay in this page's memory only. */
let digits = "";
let link: Link | null = null;
let poll = 0;

/** Nothing is asked for any more, and no place stays on the screen. */
function finish(): void {
  link?.stop();
  link = null;
  clearInterval(poll);
  view.value = null;
}

function show(next: WalkView): void {
  serverSaysNow(next.now);
  if (next.follow) return void turn(next.follow);
  if (next.ended) {
    finish();
    void notice.again();
    return;
  }
  const before = view.peek();
  view.value = next;
  if (before && (before.events.length !== next.events.length || before.rung !== next.rung)) void notice.again();
}

function hear(frame: any): void {
  freshness.value = "live";
  if (frame.type === "beat") serverSaysNow(frame.now);
  if (frame.type === "view") show(frame.view);
  if (frame.type === "ended") {
    finish();
    void notice.again();
  }
  const shown = view.peek();
  if (frame.type !== "place" || !shown) return;
  serverSaysNow(frame.now);
  view.value = { ...shown, place: frame.place, eta: frame.eta, track: [...shown.track, ...frame.more] };
}

/** The SOS page asks for the same digits: they are given on the way, so that she types them once. */
async function turn(path: string): Promise<void> {
  if (isTurning.peek()) return;
  isTurning.value = true;
  finish();
  try {
    await call("POST", `/api${path}/open`, { last4: digits });
  } catch {
    // that page says itself why it does not open
  }
  location.replace(path);
}

async function look(): Promise<void> {
  try {
    show(await call<WalkView>("POST", `${base}/walk/place`, { last4: digits }));
    if (freshness.peek() === "offline") freshness.value = "polling";
  } catch (error) {
    if (error instanceof Refused && error.status !== 0 && error.status < 500) {
      finish();
      void notice.again();
    } else {
      freshness.value = "offline";
    }
  }
}

function listen(): void {
  link?.stop();
  clearInterval(poll);
  link = new Link({
    path: `${base}/walk/live`, hello: () => ({ last4: digits }), onFrame: hear,
    finalCodes: CUT_OFF, onFinal: () => { finish(); void notice.again(); },
  });
  link.state.subscribe((state) => { if (state === "lost" && freshness.peek() === "live") freshness.value = "polling"; });
  poll = window.setInterval(() => { if (freshness.peek() !== "live") void look(); }, POLL_MS);
}

/** Her digits; null when they were right. */
export async function answer(last4: string): Promise<Problem | null> {
  try {
    const next = await call<WalkView>("POST", `${base}/walk/place`, { last4 });
    digits = last4;
    batch(() => show(next));
    if (view.peek()) listen();
    return null;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.status === 404 || error.status === 410) void notice.again();
    return error.problem;
  }
}

/** Words come by asking until there is a line, and not to a page that nobody looks at. */
setInterval(() => {
  const told = notice.state.peek();
  const isOver = told.is === "ready" && told.data.is_over && !told.data.has_sos;
  if (!link && !isOver && !document.hidden && !isTurning.peek()) void notice.again();
}, LOOK_MS);
document.addEventListener("visibilitychange", () => { if (!document.hidden && !isTurning.peek()) void notice.again(); });
window.addEventListener("offline", () => { freshness.value = "offline"; });
/** Who is no guardian any more sees nothing that stood here. */
effect(() => { if (notice.state.value.is === "problem" && notice.state.value.problem.code === "no_link") finish(); });
