import { signal } from "@preact/signals";
import { asProblem, call } from "../../api";
import type { AskedMore } from "../../asked-more";
import { areaMarks, beforeMark, type MovedArea } from "../../asked";
import type { AskedMark, BeforeMark } from "../../map";
import type { IncidentCard, Problem } from "../../wire";
import { caller } from "../map-facts";
import { selected } from "../seat";

/** Requests of linked agencies of the open incident (docs/agencies.md section 5), read again when the card says so. */
export interface AgencyAsk {
  request_id: string; trigger: string; state: string; reason: string; raised_at: string; received_at: string; decided_at: string | null; ends_at: string | null; ended_at: string | null;
  is_auto: boolean; is_drill: boolean; agency: { agency_id: string; kind: string; name_ko: string; name_en: string }; branch: string; legal_basis: string;
  case_no: string; callback: string; subject: Record<string, unknown>; area: MovedArea | null; verify_due_at: string | null; is_overdue: boolean; trouble: string; allowed: string[];
  cameras: LentCamera[]; asks: AskedMore[]; is_branch_known: boolean;
}
/** A camera that the agency lends to this request, by its consent. */
export interface LentCamera {
  camera_id: string; name: string; lat: number; lon: number; heading_deg: number | null; is_for_dispatched: boolean; consent_by: string;
  consented_at: string; lent_at: string; until_at: string; ended_at: string | null; end_reason: string;
}
export interface Reason { code: string; name_ko: string; name_en: string }
export interface AskTerms { agreement_id: string; document: string; max_minutes: number; agreement: { in_force: boolean; why: string | null; ends_at: string | null; may: Record<string, boolean> } }
export interface Asked { incidentId: string; requests: AgencyAsk[]; reasons: Reason[]; terms: Record<string, AskTerms>; problem: Problem | null }

export const asked = signal<Asked | null>(null);
export const deciding = signal<Record<string, "sending" | Problem>>({});
let turn = 0;

/** What of the card makes the whole worth reading again. */
export const seal = (card: IncidentCard) => card.requests.map((one) => `${one.request_id}${one.state}${one.ends_at}${one.is_overdue}`).join();

export async function readAsked(incidentId: string): Promise<void> {
  const mine = ++turn;
  const path = `/api/incidents/${incidentId}`;
  try {
    const [told, said] = await Promise.all([
      call<{ requests: AgencyAsk[]; reasons: Reason[] }>("GET", `${path}/requests`),
      call<{ terms: Record<string, AskTerms> }>("GET", `${path}/request-terms`),
    ]);
    if (mine === turn) asked.value = { incidentId, ...told, ...said, problem: null };
  } catch (error) {
    if (mine === turn) asked.value = { incidentId, requests: [], reasons: [], terms: {}, problem: asProblem(error) };
  }
}

/** For the map: where devices were last known before they were tampered with, of the open incident's requests. */
export function beforeMarks(): BeforeMark[] {
  const held = asked.value;
  if (!held || held.incidentId !== selected.value?.incident_id) return [];
  return held.requests.filter((one) => ["received", "accepted"].includes(one.state))
    .flatMap((one) => beforeMark(one.request_id, one.trigger, one.subject, caller.value));
}

/** For the map: the areas that the open incident's requests ask for. */
export function askedAreas(): AskedMark[] {
  const held = asked.value;
  if (!held || held.incidentId !== selected.value?.incident_id) return [];
  return held.requests.filter((one) => ["received", "accepted"].includes(one.state))
    .flatMap((one) => areaMarks(one.request_id, one.trigger, one.subject, one.area, caller.value));
}

export async function decide(incidentId: string, requestId: string, step: "accept" | "reject" | "extend", body: object = {}): Promise<boolean> {
  deciding.value = { ...deciding.peek(), [requestId]: "sending" };
  try {
    await call("POST", `/api/incidents/${incidentId}/requests/${requestId}/${step}`, body);
    const { [requestId]: _done, ...rest } = deciding.peek();
    deciding.value = rest;
    await readAsked(incidentId);
    return true;
  } catch (error) {
    deciding.value = { ...deciding.peek(), [requestId]: asProblem(error) };
    return false;
  }
}
