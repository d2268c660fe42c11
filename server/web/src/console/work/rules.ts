import type { IncidentCard, Me } from "../../wire";

/** What may be done to an incident now, and why not: pure, so that each grey button can say its reason. */
export type Command =
  "acknowledge" | "dispatch" | "close" | "classify" | "contacted" | "verify" | "hand_over" | "take_over" | "release_claim"
  | "remind_later" | "reopen" | "note" | "talk" | "accept_handover" | "decline_handover";
/** Code of a reason; the words are in texts/work.ts. Empty: nothing is in the way. */
export type WhyNot =
  "" | "lost" | "no_right" | "elsewhere" | "pre" | "ended" | "not_taken" | "taken" | "taken_by_me" | "not_mine" | "drill" | "not_ended"
  | "asked_already";
export interface Facts { card: IncidentCard; me: Me | null; isLost: boolean }

const OWNERS: readonly Command[] = ["close", "classify", "hand_over", "release_claim", "remind_later", "talk"];
const RIGHT: Partial<Record<Command, string>> = { dispatch: "dispatch.request", talk: "talk" };

export function isMine({ card, me }: Pick<Facts, "card" | "me">): boolean {
  return card.owner !== null && card.owner.account_id === me?.account_id;
}

export function isLeader(me: Me | null): boolean {
  return me?.permissions.includes("incidents.supervise") ?? false;
}

/** The first reason why `command` is not open to this seat now. */
export function whyNot(facts: Facts, command: Command): WhyNot {
  const { card, me, isLost } = facts;
  if (isLost) return "lost";
  if (!me?.permissions.includes(RIGHT[command] ?? "incidents.work")) return "no_right";
  const isEnded = ["closed", "cancelled", "transferred"].includes(card.state);
  if (command === "reopen") return card.allowed.includes("reopen") ? "" : "not_ended";
  if (command === "note") return "";
  if (isEnded) return "ended";
  if (card.role !== "owner") return "elsewhere";
  if (card.phase === "pre") return "pre";
  if (command === "acknowledge") return card.allowed.includes("acknowledge") ? "" : isMine(facts) ? "taken_by_me" : "taken";
  if (command === "dispatch" && card.is_drill) return "drill";
  if (command === "dispatch" && card.owner === null) return ""; // it is taken in the same step
  if (card.owner === null) return "not_taken";
  if (OWNERS.includes(command) && !isMine(facts) && !isLeader(me)) return "not_mine";
  if (command === "hand_over" && card.handover) return "asked_already";
  if (command === "take_over" && isMine(facts)) return "taken_by_me";
  return "";
}

export type StageName = "contact" | "view" | "classify";
export const STAGES: readonly StageName[] = ["contact", "view", "classify"];
export interface Stage { name: StageName; is: "idle" | "due" | "late" | "done" | "done_late"; seconds: number }

/** Where a stage of "verify first" stands: `seconds` are left until it is due, over it, or what it took too long. */
export function stageOf(card: IncidentCard, name: StageName, nowMs: number): Stage {
  const stage = card.stages[name];
  const due = stage.due_at ? Date.parse(stage.due_at) : null;
  if (stage.done_at) {
    const over = due === null ? 0 : Math.floor((Date.parse(stage.done_at) - due) / 1000);
    return over > 0 ? { name, is: "done_late", seconds: over } : { name, is: "done", seconds: 0 };
  }
  if (due === null) return { name, is: "idle", seconds: 0 };
  const left = Math.ceil((due - nowMs) / 1000);
  return left >= 0 ? { name, is: "due", seconds: left } : { name, is: "late", seconds: -left };
}

/** The first stage that is still open, once somebody has the incident. */
export function nextStage(card: IncidentCard, nowMs: number): Stage | null {
  if (card.owner === null) return null;
  return STAGES.map((name) => stageOf(card, name, nowMs)).find((one) => one.is === "due" || one.is === "late") ?? null;
}
