import { effect, signal } from "@preact/signals";
import { asProblem, call } from "../../api";
import type { IncidentCard, Problem } from "../../wire";
import { feed, selected, selectedId } from "../seat";

/** The talk of the open incident, and how much of what people wrote has not been read at this seat. */
export interface Line {
  said_id: string; by: "person" | "operator"; kind: "text" | "quick" | "tap" | "phrase" | "call"; code: string; text: string; language: string; ref: string;
  ko: string; en: string; name: string; account_id: string | null; answers: string[]; received_at: string; heard_at: string | null;
}
export interface Call {
  call_id: string; way: string; state: "shown" | "dialling" | "ringing" | "answered" | "ended" | "failed"; account_id: string;
  asked_at: string; answered_at: string | null; ended_at: string | null; end_reason: string;
}
export interface Talk {
  lines: Line[]; calls: Call[]; language: string; silent: { next: string; asked: string; findings: string[]; is_urgent: boolean };
  may_say: boolean; why_not: string; wait_s: number; must_confirm_call: "" | "silent_caller" | "duress"; call_way: string;
}
export interface Phrases {
  languages: Record<string, string>;
  codes: Record<string, { uses: string[]; answers?: string[]; text: Record<string, string> }>;
}
interface Held { incidentId: string; talk: Talk | null; problem: Problem | null; at: number }

export const talk = signal<Held | null>(null);
export const phrases = signal<Phrases | null>(null);
export const unread = signal<Record<string, number>>({});
/** Which of the panel's tabs this seat reads; stays from incident to incident. */
export const tab = signal<"record" | "talk" | "info">("record");
const CHANGES = /^(talk|call):/;
let turn = 0;

export function hasPhone(card: IncidentCard): boolean {
  return card.alert_ids.length > 0;
}

export async function loadTalk(incidentId: string): Promise<void> {
  const mine = ++turn;
  try {
    const got = await call<Talk>("GET", `/api/incidents/${incidentId}/talk`);
    if (mine === turn && selectedId.peek() === incidentId) talk.value = { incidentId, talk: got, problem: null, at: Date.now() };
  } catch (error) {
    const held = talk.peek();
    if (mine !== turn || selectedId.peek() !== incidentId) return;
    talk.value = { incidentId, talk: held?.incidentId === incidentId ? held.talk : null, problem: asProblem(error), at: Date.now() };
  }
}

export async function loadPhrases(): Promise<void> {
  if (!phrases.peek()) phrases.value = await call<Phrases>("GET", "/api/phrases").catch(() => null);
}

/** What changes who may speak; a newer one asks again. */
const key = (card: IncidentCard | null) =>
  card ? `${card.incident_id} ${card.state} ${card.phase} ${card.owner?.account_id ?? ""} ${card.is_duress} ${card.role}` : "";
let asked = "";
effect(() => {
  const card = selected.value;
  if (key(card) === asked) return;
  asked = key(card);
  if (talk.peek() && talk.peek()?.incidentId !== card?.incident_id) talk.value = null;
  if (card && hasPhone(card) && !["closed", "cancelled", "transferred"].includes(card.state)) void loadTalk(card.incident_id);
});

effect(() => {
  const id = selectedId.value;
  if (tab.value === "talk" && id && unread.value[id]) unread.value = { ...unread.peek(), [id]: 0 };
});

const heard = feed.onEvent;
feed.onEvent = (line, card) => {
  heard(line, card);
  if (!CHANGES.test(line.tag)) return;
  const id = card.incident_id;
  const isRead = selectedId.peek() === id && tab.peek() === "talk";
  if (line.tag === "talk:said" && line.payload.by === "person" && !isRead) unread.value = { ...unread.peek(), [id]: (unread.peek()[id] ?? 0) + 1 };
  if (selectedId.peek() === id) void loadTalk(id);
};

export interface Say { kind: "text" | "phrase" | "tap" | "quick"; code?: string; text?: string; language?: string }

/** One line to the phone; on disk when this returns. Raises `Refused`. */
export async function say(incidentId: string, line: Say): Promise<void> {
  await call("POST", `/api/incidents/${incidentId}/say`, line);
  await loadTalk(incidentId);
}
