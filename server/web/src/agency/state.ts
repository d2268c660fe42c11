import type { Position } from "../wire";
import type { Case, DeskFrame } from "./wire";

/** What the desk knows of its cases: one reducer over the snapshot and what follows it; pure. */
const TRACK_KEPT = 600;
export const OVERDUE_S = 60;
const WORKED = ["accepted", "en_route", "on_scene"];

export const isFresh = (d: Case) => d.open && (d.state === "requested" || d.state === "delivered");
/** The agency's own request that is accepted (`ask-case.ts`): nobody was dispatched, and the desk works on it all the same. */
export const isAsked = (d: Case) => d.open && (d.state as string) === "requested_by_us";
export const isWorked = (d: Case) => d.open && (WORKED.includes(d.state) || isAsked(d));
export const isOver = (d: Case) => !d.open || ["declined", "done", "cancelled"].includes(d.state);

/** Waiting ones first and the longest waiting on top; then those at work; what is over last, newest first. */
export function sorted(all: Case[]): Case[] {
  const rank = (d: Case) => (isFresh(d) ? 0 : isOver(d) ? 2 : 1);
  const since = (d: Case) => Date.parse(d.times.requested ?? d.opened_at);
  return [...all].sort((a, b) => rank(a) - rank(b) || (rank(a) === 0 ? since(a) - since(b) : since(b) - since(a)) || (a.dispatch_id < b.dispatch_id ? -1 : 1));
}

export function hear(cases: Case[], frame: DeskFrame): Case[] {
  if (frame.type === "snapshot") return sorted(frame.dispatches);
  if (frame.type === "dispatch") return sorted([...cases.filter((d) => d.dispatch_id !== frame.dispatch.dispatch_id), frame.dispatch]);
  if (frame.type === "position") return cases.map((d) => (d.dispatch_id === frame.dispatch_id ? moved(d, frame.position, frame.address) : d));
  return cases;
}

/** A fix that is older than the one shown changes nothing, and none is shown where the place may not be told. */
function moved(d: Case, position: Position, address: Case["address"]): Case {
  const isOlder = d.position && Date.parse(d.position.fixed_at) >= Date.parse(position.fixed_at);
  if (isOlder || !d.open || !d.agreement.may.position) return d;
  return { ...d, position, address, track: [...d.track, position].slice(-TRACK_KEPT) };
}

/** The next button of the way; only this one is offered, at the same place. */
export type Step = "accept" | "decline" | "en_route" | "on_scene" | "done";
const NEXT: Record<string, Step> = {
  requested: "accept", delivered: "accept", failed: "accept", accepted: "en_route", en_route: "on_scene", on_scene: "done",
};
export const nextStep = (d: Case): Step | null => (d.open || d.state === "on_scene" ? NEXT[d.state] ?? null : null);

const ENDED = ["closed", "cancelled", "transferred"];
/** The incident itself is over, not only this agency's part of it. */
export const isIncidentOver = (d: Case) => ENDED.includes(d.incident_state);
/** The state as it is said: help that was called off because the incident ended was not withdrawn. */
export const stateWord = (d: Case) => (d.state === "cancelled" && isIncidentOver(d) ? "incidentOver" : d.state);

/** Why no picture may be shown now: a code of the texts, null when one may. */
export function whyDark(d: Case): string | null {
  if (d.is_drill) return "drill";
  if (isFresh(d)) return "acceptFirst";
  if (!d.open) return isIncidentOver(d) ? "incidentOver" : "caseOver";
  if (!d.agreement.in_force) return `agreement_${d.agreement.why ?? "ended"}`;
  if (!d.agreement.may.live) return "notAgreed";
  return d.may_view_live ? null : "notNow";
}
