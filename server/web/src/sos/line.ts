/**
 * The line of one alert (`WS /v1/alerts/{id}/live`): positions and talk up, statuses and the center's words down. While
 * no WebSocket gets through, positions and words go by POST on both ways.
 */
import { signal } from "@preact/signals";
import { delivered, hear, withStatus, type Fix, type Said, type Status } from "./cry";
import { fix } from "./place";
import { bothWays } from "./send";
import { change, cry, ROUTER } from "./state";

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 8000;
const SILENCE_MS = 12_000;
const PING_MS = 4000;
const POST_EVERY_MS = 5000;
const LEAST_GAP_MS = 900;
const MOST_WAITING = 100;

export const link = signal<"connecting" | "live" | "lost">("connecting");
/** When the router last confirmed a place, by this clock. */
export const placeToldAt = signal(0);

let socket: WebSocket | null = null;
let alertId = "";
let waiting: Fix[] = [];
let heardAt = 0;
let retryMs = FIRST_RETRY_MS;
let timers: number[] = [];
let retryTimer = 0;
let posting = false;
let lastPlaceAt = 0;

/** Hold the line of the accepted cry until it has ended. */
export function hold(): void {
  const held = cry.peek();
  if (!held?.live_token || held.ended_at || alertId === held.alert_id) return;
  release();
  alertId = held.alert_id;
  waiting = held.fix ? [held.fix] : [];
  timers = [window.setInterval(beat, PING_MS), window.setInterval(() => void postInstead(), POST_EVERY_MS)];
  addEventListener("online", open);
  unsubscribe = fix.subscribe((one) => { if (one) moved(one); });
  open();
}

let unsubscribe: () => void = () => {};

export function release(): void {
  timers.forEach(clearInterval);
  clearTimeout(retryTimer);
  removeEventListener("online", open);
  unsubscribe();
  alertId = "";
  const old = socket;
  socket = null;
  old?.close(1000);
}

function moved(one: Fix): void {
  if (waiting.some((known) => known.seq === one.seq)) return;
  if (Date.now() - lastPlaceAt < LEAST_GAP_MS && waiting.length > 0) waiting.pop();
  lastPlaceAt = Date.now();
  waiting = [...waiting, one].slice(-MOST_WAITING);
  change(alertId, (held) => ({ ...held, fix: one }));
  say({ type: "position", position: { ...one, sent_at: new Date().toISOString() } });
}

/** False while nothing is connected. */
function say(frame: unknown): boolean {
  if (socket?.readyState !== WebSocket.OPEN) return false;
  socket.send(JSON.stringify(frame));
  return true;
}

/** Say what she has said and nobody has confirmed; again until somebody has. */
export function speakUp(): void {
  const held = cry.peek();
  for (const line of held?.lines ?? []) {
    if (held!.unsaid.includes(line.said_id)) say({ type: "say", said: line });
  }
}

function beat(): void {
  if (!socket) return;
  if (Date.now() - heardAt > SILENCE_MS) {
    const dead = socket;
    lost(dead);
    dead.close(4000);
    return;
  }
  say({ type: "ping" });
  speakUp();
}

function open(): void {
  const held = cry.peek();
  if (socket || !held || held.alert_id !== alertId || !ROUTER) return;
  clearTimeout(retryTimer);
  const made = new WebSocket(`${ROUTER.replace(/^http/, "ws")}/v1/alerts/${alertId}/live?token=${encodeURIComponent(held.live_token)}`);
  socket = made;
  heardAt = Date.now();
  made.onopen = () => {
    heardAt = Date.now();
    retryMs = FIRST_RETRY_MS;
    link.value = "live";
    const last = waiting.at(-1);
    if (last) say({ type: "position", position: { ...last, sent_at: new Date().toISOString() } });
    speakUp();
    void postInstead(); // what waited through a gap goes in one letter, so that the line is free for what happens now
  };
  made.onmessage = (message) => {
    heardAt = Date.now();
    try {
      listen(JSON.parse(String(message.data)) as Frame);
    } catch {
      // a frame that this page does not know
    }
  };
  made.onclose = (event) => {
    if (event.code === 4403 && socket === made) release(); // the token is no good: the router has forgotten the alert
    else lost(made);
  };
}

function lost(from: WebSocket): void {
  if (from !== socket) return;
  socket = null;
  link.value = "lost";
  retryTimer = window.setTimeout(open, retryMs * (0.7 + Math.random() * 0.6));
  retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
}

type Frame = { type: "status"; status: Status } | { type: "say"; said: Said } | { type: "said"; id: string } | { type: "ack"; seq: number }
  | { type: "ask" } | { type: "pong" } | { type: "ended" };

function listen(frame: Frame): void {
  if (frame.type === "status") change(alertId, (held) => withStatus(held, frame.status));
  if (frame.type === "said") change(alertId, (held) => delivered(held, frame.id));
  if (frame.type === "ack") {
    waiting = waiting.filter((one) => one.seq !== frame.seq);
    placeToldAt.value = Date.now();
  }
  if (frame.type === "ask" && fix.peek()) moved({ ...fix.peek()!, seq: fix.peek()!.seq });
  if (frame.type === "say") {
    change(alertId, (held) => hear(held, frame.said));
    say({ type: "heard", id: frame.said.said_id });
  }
  if (frame.type === "ended") {
    const id = alertId;
    release();
    change(id, (held) => ({ ...held, ended_at: held.ended_at || new Date().toISOString() }));
  }
}

/** Without a WebSocket: places in one letter, words one by one, on whichever way there is. */
async function postInstead(): Promise<void> {
  const held = cry.peek();
  if (posting || !held || held.alert_id !== alertId) return;
  const isUp = socket?.readyState === WebSocket.OPEN;
  const batch = isUp ? waiting.slice(0, -1) : waiting;
  posting = true;
  try {
    if (batch.length > 0) {
      const positions = batch.map((one) => ({ ...one, sent_at: new Date().toISOString() }));
      await bothWays(`/alerts/${alertId}/positions`, JSON.stringify({ positions }), held.live_token);
      waiting = waiting.filter((one) => !batch.includes(one));
      placeToldAt.value = Date.now();
    }
    for (const line of isUp ? [] : held.lines.filter((one) => held.unsaid.includes(one.said_id))) {
      await bothWays(`/alerts/${held.alert_id}/say`, JSON.stringify(line), held.live_token);
      change(held.alert_id, (now) => delivered(now, line.said_id));
    }
  } catch {
    // it waits for the next turn
  } finally {
    posting = false;
  }
}
