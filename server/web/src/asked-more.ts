import { timeOfDay } from "./clock";
import { u } from "./texts/follow-ups";

/** What an agency asked for beside its request, and how the center answered (`server/dispatch/asks.py`). */
export interface AskedMore {
  ask_id: string; kind: string; state: "asked" | "answered" | "refused" | "lapsed"; asked_at: string; answered_at: string | null; answer: string; answer_id: string | null; reason: string;
}

export function askedMoreWords(one: AskedMore): string {
  const how = one.state === "answered" ? u().by[one.answer] ?? one.answer : one.state === "refused" ? u().reasons[one.reason] ?? one.reason : "";
  return [u().kinds[one.kind] ?? one.kind, timeOfDay(one.asked_at), u().state[one.state] ?? one.state, how, one.answered_at ? timeOfDay(one.answered_at) : ""].filter(Boolean).join(" · ");
}
