/** What the log, retention and holds send (docs/center.md, sections 4 and 5). */
export interface TwoNames { ko: string; en: string }

export interface Release {
  release_id: string; center: string; kind: string; kind_ko: string; kind_en: string; incident_id: string | null; camera_id: string | null; camera: string | null;
  viewer: { kind: "operator" | "agent" | "guardian"; id: string; name: string; role: string }; agency_id: string | null; agreement_id: string | null; address: string;
  legal_basis: string; legal_basis_ko: string; legal_basis_en: string; granted_at: string; first_byte_at: string | null; ended_at: string | null; end_reason: string | null;
  until_at: string | null; is_drill: boolean; breakglass_id: string | null; granted_event: string | null; ended_event: string | null; seq: number | null;
}
export interface Line {
  center: string; seq: number; event_id: string; incident_id: string | null; tag: string; at: string; actor: { kind: string; id: string; name: string };
  payload: Record<string, unknown>; purged: boolean; payload_digest: string; previous_hash: string; hash: string;
}
export interface Chain {
  center: string; lines: number; last_at: string | null; sealed_seq: number | null; sealed_at: string | null; key_id: string | null; is_intact: boolean | null;
  lines_since: number; is_late: boolean;
}
export interface About { chains: Chain[]; kinds: Record<string, TwoNames>; agencies: { agency_id: string; kind: string; name_ko: string; name_en: string }[]; now: string }

export interface KindPolicy {
  kind: string; what: TwoNames; counts_from: TwoNames; reason: TwoNames; days: number; version: number; default_days: number; least_days: number; most_days: number;
  is_fixed: boolean; per_center: boolean; centers: Record<string, { days: number; version: number }>; cleaned_at: string | null;
}
export interface Policies { may_set_default: boolean; backup_keep_days: number; kinds: KindPolicy[] }
export interface WouldGo { next_run_now: number; next_run_then: number; next_run_at: string }
export interface Preview { as_of: string; kinds: { kind: string; what: TwoNames; next_run: number; held: number; days: { on: string; items: number; ko: string; en: string }[] }[] }
export interface Proof {
  run_id: string; center: string; kind: string; before: string; deleted: number; tables: Record<string, number>; held: number; oldest_kept: string | null;
  policy_version: number; finished_at: string; digest: string; is_intact: boolean;
}
export interface Hold {
  hold_id: string; incident_id: string | null; person_ref: string | null; basis: string; until: string; placed_at: string; center: string; placed_by: string; reason: string | null;
  ended_at: string | null; ended_by: string | null;
}
export interface Holds { holds: Hold[]; bases: Record<string, TwoNames>; incidents_held_now: number }
