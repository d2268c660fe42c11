import type { MovedArea } from "../asked";
import type { AskedMore } from "../asked-more";
import type { Position } from "../wire";
import type { Case, Terms } from "./wire";

/** The agency's own request, and the same as a case, so that one detail shows either; pure. */
export interface Ask {
  request_id: string; center: { code: string; name_ko: string; name_en: string; callback: string }; trigger: string; state: string; reason: string;
  raised_at: string; received_at: string; decided_at: string | null; ends_at: string | null; ended_at: string | null; is_auto: boolean; is_drill: boolean;
  history: { seq: number; state: string; reason: string; at: string; ends_at: string | null }[]; branch: string; legal_basis: string; case_no: string; subject: Record<string, unknown>; area?: MovedArea | null;
  incident_id: string | null; incident_state: string | null; agreement: Terms | null; seconds_left: number; may_view_live: boolean; position?: Position | null;
  asks: AskedMore[];
  released: { kind: string; camera_id: string | null; name: string | null; since: string; until: string | null; times: number }[];
}

const NO_TERMS: Terms = { in_force: false, why: "ended", ends_at: null, storage_days: 0, may: { identity: false, position: false, health: false, live: false, recorded: false, still: false, store: false } };
const OPEN: readonly string[] = ["received", "accepted"];

export const isAskOpen = (one: Ask) => OPEN.includes(one.state);

/** Waiting ones first, then those that are accepted, then what is over; inside each the newest. */
export function sortedAsks(all: readonly Ask[]): Ask[] {
  const rank = (one: Ask) => (one.state === "received" ? 0 : one.state === "accepted" ? 1 : 2);
  return [...all].sort((one, other) => rank(one) - rank(other) || Date.parse(other.received_at) - Date.parse(one.received_at));
}

/** As a case it is neither new nor on its way: nothing of a dispatch is asked for by its id. */
export function caseOf(one: Ask, track: Position[] = []): Case {
  const isOn = one.state === "accepted";
  const position = isOn ? one.position ?? null : null;
  return {
    dispatch_id: one.request_id, agency: { agency_id: "", kind: "", name_ko: "", name_en: "" }, state: (isOn ? "requested_by_us" : "done") as Case["state"], case_no: one.case_no || one.request_id.slice(0, 8),
    receipt_no: null, legal_basis: one.legal_basis, times: {}, is_overdue: false, is_drill: one.is_drill, gateway: "", request_no: 1, unit: "", eta_at: null, unit_position: null, attempts: 0, failed_reason: "",
    incident_id: one.incident_id ?? "", center: one.center, caller: null, position, address: null, track: position ? [...track, position] : [], note: "", type: null, incident_state: one.incident_state ?? "",
    agreement: one.agreement ?? NO_TERMS, others: [], opened_at: one.received_at, has_health: false, access_notes: [], may_view_live: one.may_view_live, open: isOn,
  };
}
