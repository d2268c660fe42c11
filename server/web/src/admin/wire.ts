/** What the administration's API sends (docs/center.md, sections 6 to 9; docs/pages.md, section 10). */
import type { AgencyName, Me } from "../wire";

export type Role = Me["role"];

export interface Account {
  account_id: string; login: string; name: string; role: Role; desk: string | null; agency_id: string | null; active: boolean;
  created_at: string; last_login_at: string | null; temporary_until: string | null; has_second_factor: boolean; networks: string[]; held_until: string | null;
}
/** A one-time way in, shown once. */
export interface Enrolment { login: string; temporary_password: string; link: string; expires_at: string }
export interface Held {
  account: { account_id: string; login: string; name: string } | null; reason: string; addresses: string[]; held_at: string; held_until: string; is_held: boolean;
}
export interface RoleTable {
  roles: { role: Role; ko: string; en: string; permissions: string[] }[]; permissions: { permission: string; ko: string; en: string }[];
}
export interface Networks { networks: { network: string; added_at: string }[]; inherited?: { network: string; added_at: string }[]; sessions_ended?: number }
export interface Center {
  code: string; name_ko: string; name_en: string; desk: string; callback: string; open_incidents: number; cameras: number; agencies: string[];
}
export interface Centers { centers: Center[]; desks: { desk: string; staff: number; on_shift: number; signed_in: number }[] }

export interface Terms {
  triggers: string[]; legal_bases: string[]; may_view_live: boolean; may_view_recorded: boolean; may_view_still: boolean; may_see_position: boolean;
  may_see_identity: boolean; may_see_health: boolean; may_store: boolean; storage_days: number; is_third_party: boolean; document: string; notice_days: number;
  starts_at: string; ends_at: string | null; auto_triggers: string[]; verify_s: number; max_minutes: number; areas: GeoJSON.MultiPolygon | null;
  covers_firms: boolean; camera_networks: string[]; plate_quiet_s: number | null;
}
export interface Agreement extends Terms {
  agreement_id: string; version: number; center: string; desk: string | null; agency: AgencyName; suspended_at: string | null;
  suspended_reason: string; ended_reason: string; changed_at: string; in_force: boolean;
}
export interface AgreementCodes { triggers: string[]; legal_bases: Record<string, { ko: string; en: string }> }
export interface AgreementVersion { version: number; recorded_at: string; changed_by: string | null; terms: Terms & { suspended_at: string | null; suspended_reason: string; ended_reason: string } }

export interface Finding {
  finding_id: string; center: string; rule: string; ko: string; en: string; account: { account_id: string; name: string; role: Role | "" };
  is_about_you: boolean; evidence: string[]; at: string; found_at: string; state: "open" | "reviewed"; verdict: Verdict | null; note: string;
  reviewed_by: string | null; reviewed_at: string | null;
}
export type Verdict = "justified" | "not_justified";
export interface BreakGlass {
  breakglass_id: string; incident_id: string | null; basis: string; requested_at: string; renews: string | null; decided_by: string | null;
  decided_at: string | null; ends_at: string | null; center: string; by: { account_id: string; login: string; desk: string | null }; reason: string;
  state: "asked" | "lapsed" | "declined" | "open" | "over"; needs_review: boolean; review_due_at: string | null; review_overdue: boolean; verdict: Verdict | null;
}
export interface FlagLine { center: string; state: FlagState; from: string; until: string | null; by: string; at: string }
export type FlagState = "off" | "pilot" | "on";
export interface Features {
  may_set_everywhere: boolean; states: Record<FlagState, { ko: string; en: string }>;
  features: { name: string; ko: string; en: string; centers: Record<string, FlagState>; rows: FlagLine[] }[];
}
export interface Operation {
  well: boolean; incidents: { open: number; unanswered: number }; discrepancies: Record<string, number>; queues: Record<string, number>;
  sign_in: Record<string, number>; retention: { overdue_days: number };
  checkpoints: { center: string; at: string | null; age_s: number | null; lines_since: number }[]; now: string;
}
export interface Quarantined { quarantine_id: string; source: string; reason: string; received_at: string; body: string }
export interface TrafficIncident {
  incident_id: string; center: string; kind: { type: string; ko: string; en: string }; state: string; area: { lat: number; lon: number; side_m: number } | null;
  units: { agency: string; state: string; eta_at: string | null }[]; notes: { text: string; blocked: boolean; at: string }[];
}
