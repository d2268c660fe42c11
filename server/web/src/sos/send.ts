/**
 * One round to the router, by two ways: straight, and after 2 s (or when that has failed) also through the home center.
 * The same id on both makes them one alert. Rounds go on until the alert is on disk somewhere.
 */
import { signal } from "@preact/signals";
import { accepted, bodyOf, type Accepted } from "./cry";
import { battery } from "./battery";
import { change, cry, HOME, ROUTER } from "./state";
import { named } from "./who";

const ANSWER_MS = 6000;
const SECOND_WAY_MS = 2000;
const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 8000;
const WAITS_FOR_NAME_MS = 700;

/** How often this page has tried; for words only. */
export const tries = signal(0);
export const via = signal<"" | "router" | "home">("");

class Unusable extends Error {}

async function post(url: string, body: string, token: string, isHome: boolean, stop: AbortSignal): Promise<unknown> {
  const limit = new AbortController(); // by hand: `AbortSignal.any` is younger than many a phone
  const timer = setTimeout(() => limit.abort(), ANSWER_MS);
  stop.addEventListener("abort", () => limit.abort());
  try {
    return await answerOf(url, body, token, isHome, limit.signal);
  } finally {
    clearTimeout(timer);
  }
}

async function answerOf(url: string, body: string, token: string, isHome: boolean, signal: AbortSignal): Promise<unknown> {
  const answer = await fetch(url, {
    method: "POST", body, signal,
    credentials: isHome ? "same-origin" : "omit", keepalive: true,
    // plain text spares a preflight: one trip less on a network that loses every other packet
    headers: { "content-type": "text/plain", ...(token ? { authorization: `Bearer ${token}` } : {}) },
  });
  if (answer.ok) return answer.json(); // read here: the other way is given up once this one has answered
  if ([400, 413, 422].includes(answer.status)) throw new Unusable(String(answer.status));
  throw new Error(String(answer.status));
}

/** The first good answer of the two ways; rejects with the last trouble when both have failed. */
export async function bothWays(path: string, body: string, token: string): Promise<{ answer: unknown; way: "router" | "home" }> {
  const stop = new AbortController();
  const straight = ROUTER ? post(`${ROUTER}/v1${path}`, body, token, false, stop.signal).then((answer) => ({ answer, way: "router" as const }))
    : Promise.reject(new Error("no router"));
  const second = new Promise<void>((go) => {
    setTimeout(go, SECOND_WAY_MS);
    straight.catch(() => go());
  }).then(async () => {
    if (stop.signal.aborted) throw new Error("not needed");
    return { answer: await post(`/api/sos${path}`, body, token, true, stop.signal), way: "home" as const };
  });
  try {
    return await Promise.any([straight, second]);
  } catch (all) {
    const errors = (all as AggregateError).errors as Error[];
    throw errors.find((one) => one instanceof Unusable) ?? errors[0];
  } finally {
    stop.abort();
  }
}

let running = false;
let hurry: () => void = () => {};
let isBare = false;

function pause(ms: number): Promise<void> {
  return new Promise((go) => {
    hurry = go;
    setTimeout(go, ms * (0.7 + Math.random() * 0.6));
  });
}
addEventListener("online", () => hurry());

/** Send the held cry until it is accepted; one loop at a time, for ever if need be. */
export async function sendUntilAccepted(): Promise<void> {
  if (running) return hurry();
  running = true;
  let pauseMs = FIRST_PAUSE_MS;
  try {
    for (let held = cry.peek(); held && isOwed(held); held = cry.peek()) {
      tries.value += 1;
      try {
        await sendOnce();
        pauseMs = FIRST_PAUSE_MS;
      } catch (error) {
        isBare ||= error instanceof Unusable; // something in it that a router can't read: then only that she needs help
        await pause(pauseMs);
        pauseMs = Math.min(LAST_PAUSE_MS, pauseMs * 2);
      }
    }
  } finally {
    running = false;
  }
}

function isOwed(held: { center: unknown; is_ending: boolean; ended_at: string }): boolean {
  return !held.center || (held.is_ending && !held.ended_at);
}

/** Also tells the router what has come since: her name, her number, where she says that she is. */
export async function sendOnce(): Promise<void> {
  const { token, caller } = await named(WAITS_FOR_NAME_MS);
  const held = cry.peek();
  if (!held) return;
  const body = bodyOf(held, Date.now(), { home: HOME, caller, battery: battery(), isBare });
  const { answer, way } = await bothWays("/alerts", body, token);
  via.value = way;
  change(held.alert_id, (now) => accepted(now, answer as Accepted, { wasNamed: token !== "", wasEnding: held.is_ending }));
}
