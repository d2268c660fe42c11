/**
 * One cry for help from this browser, as it is kept and as it goes out; pure. The id is made once, before the network,
 * and every retry, reload and second path carries it, so that the effect happens once (invariant 2).
 *
 * There is no cancel here: docs/decisions/0010. "I am safe" is a line of the talk; the center looks, and ends it.
 */
import { uuid7 } from "./ids";

export interface Fix {
  lat: number; lon: number; accuracy_m: number; fixed_at: string; source: "gps"; seq: number;
  speed_mps?: number; heading_deg?: number;
}
export interface Said {
  said_id: string; by: "person" | "operator"; kind: "text" | "quick" | "tap" | "phrase" | "call";
  code: string; text: string; language: string; at: string; ref: string;
}
export interface CenterName { code: string; name_ko: string; name_en: string; callback: string }
export interface Accepted { center: CenterName; flags: string[]; received_at: string; live_token: string; local_emergency?: { police: string } | null }
export interface Status { state: string; at: string; center: CenterName; seq: number; is_drill: boolean }
export interface Caller { person_id?: string; nickname?: string; phone?: string }

export interface Cry {
  alert_id: string;
  is_drill: boolean;
  raised_at: string;
  language: "ko" | "en";
  fix: Fix | null;
  /** Where she says that she is. */
  words: string;
  phone: string;
  center: CenterName | null;
  received_at: string;
  live_token: string;
  flags: string[];
  /** The police's number where she is, abroad. */
  local_police: string;
  /** Whether the router was told with a token who she is. */
  was_named: boolean;
  steps: { state: string; at: string }[];
  lines: Said[];
  /** Ids of her lines that may be lost yet. */
  unsaid: string[];
  /** A drill that she has ended: the end is still to be sent. */
  is_ending: boolean;
  ended_at: string;
}

export const SOS = "urn:service:sos";
export const DRILL = "urn:service:test.sos";
export const MOST_LINES = 200;
export const ENDS = ["closed", "cancelled"];
/** An alert that was never delivered and is older than this is asked about, not sent, when the page is opened. */
export const ASKED_AFTER_MS = 60 * 60 * 1000;

export function newCry(nowMs: number, more: { isDrill: boolean; language: "ko" | "en"; fix: Fix | null; words: string }): Cry {
  return {
    alert_id: uuid7(nowMs), is_drill: more.isDrill, raised_at: new Date(nowMs).toISOString(), language: more.language,
    fix: more.fix, words: more.words, phone: "", center: null, received_at: "", live_token: "", flags: [], local_police: "",
    was_named: false, steps: [], lines: [], unsaid: [], is_ending: false, ended_at: "",
  };
}

/** The body of `POST /v1/alerts`. `isBare`: nothing that a router could stumble over. */
export function bodyOf(cry: Cry, nowMs: number, more: { home: string; caller: Caller; battery: number | null; isBare?: boolean }): string {
  const body: Record<string, unknown> = {
    alert_id: cry.alert_id, phase: cry.is_ending ? "ended" : "active", service: cry.is_drill ? DRILL : SOS,
    trigger: "web", raised_at: cry.raised_at,
  };
  if (cry.is_ending) body.outcome = "cancel";
  if (!more.isBare) {
    body.home = more.home;
    if (cry.fix) body.position = { ...cry.fix, sent_at: new Date(nowMs).toISOString() };
    const caller: Record<string, unknown> = { ...more.caller, language: cry.language, profile: cry.words ? { place: cry.words } : {} };
    if (!caller.phone && cry.phone) caller.phone = cry.phone;
    body.caller = caller;
    if (more.battery !== null) body.battery_percent = more.battery;
  }
  return JSON.stringify(body);
}

/** A second answer never takes away what the first one gave: a stranger's copy is answered without a live token. */
export function accepted(cry: Cry, answer: Accepted, sent: { wasNamed: boolean; wasEnding: boolean }): Cry {
  return {
    ...cry,
    center: answer.center, flags: answer.flags, local_police: answer.local_emergency?.police ?? "", received_at: cry.received_at || answer.received_at,
    live_token: answer.live_token || cry.live_token, was_named: cry.was_named || sent.wasNamed,
    ended_at: sent.wasEnding ? answer.received_at : cry.ended_at,
  };
}

export function withStatus(cry: Cry, status: Status): Cry {
  const known = cry.steps.some((one) => one.state === status.state);
  const steps = known ? cry.steps : [...cry.steps, { state: status.state, at: status.at }];
  return { ...cry, steps, center: status.center, ended_at: ENDS.includes(status.state) ? status.at : cry.ended_at };
}

export function speak(cry: Cry, said: Said): Cry {
  if (!said.code && !said.text.trim()) return cry;
  return { ...cry, lines: [...cry.lines, said].slice(-MOST_LINES), unsaid: [...cry.unsaid, said.said_id] };
}

export function delivered(cry: Cry, saidId: string): Cry {
  return { ...cry, unsaid: cry.unsaid.filter((one) => one !== saidId) };
}

/** A line of the center; the same again changes nothing. */
export function hear(cry: Cry, said: Said): Cry {
  return cry.lines.some((one) => one.said_id === said.said_id) ? cry : { ...cry, lines: [...cry.lines, said].slice(-MOST_LINES) };
}

/** The center's newest line that she can see: what she says now comes after it, whatever the clocks say. */
export function lastHeard(cry: Cry): string {
  return cry.lines.findLast((one) => one.by === "operator")?.said_id ?? "";
}

/** What was kept, or null for anything that this page did not write. */
export function readCry(text: string | null): Cry | null {
  if (!text) return null;
  try {
    const kept = JSON.parse(text) as Partial<Cry>;
    if (typeof kept.alert_id !== "string" || typeof kept.raised_at !== "string" || Number.isNaN(Date.parse(kept.raised_at))) return null;
    const plain = newCry(0, { isDrill: false, language: "ko", fix: null, words: "" });
    return { ...plain, ...kept, lines: kept.lines ?? [], unsaid: kept.unsaid ?? [], steps: kept.steps ?? [] };
  } catch {
    return null;
  }
}
