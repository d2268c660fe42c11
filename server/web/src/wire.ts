/** What the center's server sends and takes (docs/interfaces.md, sections 4 and 6). Times are ISO-8601 UTC strings. */

export interface Position {
  lat: number; lon: number; accuracy_m: number; fixed_at: string;
  sent_at?: string | null; received_at?: string | null; source?: string;
  speed_mps?: number | null; heading_deg?: number | null; seq?: number;
}
export interface CenterName { code: string; name_ko: string; name_en: string }
export interface AgencyName { agency_id: string; kind: string; name_ko: string; name_en: string }
export interface Owner { account_id: string; name: string }

export interface Me {
  account_id: string; login: string; name: string;
  role: "operator" | "supervisor" | "admin" | "agent" | "privacy" | "auditor" | "traffic" | "cyber";
  desk: string; agency: AgencyName | null; centers: "all" | number; installation: string;
  video_public_url: string; map: { lat: number; lon: number; zoom: number };
  session: { session_id: string; expires_at: string; ends_soon: boolean; extended: boolean };
  second_factor: { enrolled: boolean; recovery_codes_left: number };
  notices: { code: "new_device"; at: string; address: string }[];
}
/** A second factor that is being set up: `qr.path` draws the dark squares of a QR code of `qr.size` modules. */
export interface FactorSetup { secret: string; uri: string; qr: { size: number; path: string } }
export interface OpenSession {
  session_id: string; address: string; method: string; created_at: string; seen_at: string; expires_at: string;
  extended: boolean; own: boolean;
}

export type DispatchState =
  "requested" | "delivered" | "accepted" | "declined" | "en_route" | "on_scene" | "done" | "cancelled" | "failed";
export interface DispatchCard {
  dispatch_id: string; agency: AgencyName; state: DispatchState; case_no: string; receipt_no: string | null;
  legal_basis: string; times: Record<string, string>; is_overdue: boolean;
}
export interface Assignment {
  assignment_no: number; reason: string; distance_m: number; boundary_version: string; candidates: unknown[];
}
/** Who has the alert, where this center does not; `accepted`: an operator there has taken it. */
export interface Elsewhere { center: CenterName; accepted: boolean; probability: number | null }
export interface IncidentCard {
  incident_id: string; center: CenterName; state: string; phase: "pre" | "active" | "ended"; type: string;
  is_drill: boolean; is_duress: boolean; opened_at: string; active_at: string | null; acknowledged_at: string | null;
  closed_at: string | null; disposition: string | null; escalation_level: number; owner: Owner | null;
  caller: { name_masked: string; phone_masked: string; language: string }; trigger: string; flags: string[];
  assignment: Assignment | null; position: Position | null; battery_percent: number | null; home: string;
  alert_ids: string[]; dispatches: DispatchCard[]; superseded: boolean; last_seq: number;
  role: "owner" | "runner_up" | "leaving"; elsewhere: Elsewhere | null;
  alerts: AlertLine[]; links: AlertLink[]; link_count: number; attention_at: string | null; merged_into: string | null;
}
/** One alert of an incident; the name only where there is more than one. */
export interface AlertLine {
  alert_id: string; phase: "pre" | "active" | "ended"; trigger: string; received_at: string; flags: string[];
  superseded: boolean; merged_from: string | null; name_masked?: string;
}
/** `alert_id` is this incident's, `other_id` the other's; `incident_id` where this desk may see it. */
export interface AlertLink {
  alert_id: string; other_id: string; kind: "same_person" | "same_place" | "same_number" | "manual"; at: string;
  incident_id: string | null; center: CenterName;
}
export interface EventLine {
  seq: number; event_id: string; tag: string; at: string;
  actor: { kind: string; id: string; name: string }; payload: Record<string, unknown>;
}
export interface Camera {
  camera_id: string; name: string; lat: number; lon: number;
  /** null: a dome, which sees all round. */
  heading_deg: number | null; field_of_view_deg: number; range_m: number; healthy: boolean;
}
export interface CameraChoice extends Camera { number: number; distance_m: number | null; bearing_deg: number | null; in_view: boolean }
/** One way to watch; the best stands first in a ticket. For `ws-fmp4` the ticket is in the address. */
export interface Play { kind: "ws-fmp4" | "whep"; url: string; ticket: string }
export interface CameraTicket extends CameraChoice { release_id: string; ws_url: string; plays: Play[]; expires_at: string }
export interface IncidentDetail {
  incident: IncidentCard; timeline: EventLine[]; track: Position[]; cameras: CameraChoice[];
}

/** `incident` is null for lines of the chain that belong to no incident of this desk (a home center's releases). */
export interface EventFrame { type: "event"; center: string; seq: number; after?: number; event: EventLine; incident: IncidentCard | null }
export type Cursor = Record<string, number>;
export type FeedFrame =
  | { type: "snapshot"; now: string; cursor: Cursor; incidents: IncidentCard[] }
  | { type: "catchup"; now: string; cursor: Cursor; events: EventFrame[] }
  | EventFrame
  | { type: "position"; incident_id: string; alert_id: string; position: Position }
  | { type: "beat"; now: string }
  | { type: "result"; id: string; ok: true; data: Record<string, unknown> }
  | { type: "result"; id: string; ok: false; problem: Problem };

export interface AgencyDispatch extends DispatchCard {
  incident_id: string; center: CenterName; caller: { name: string; phone: string } | null; position: Position | null;
  track: Position[]; note: string; opened_at: string; may_view_live: boolean; open: boolean;
}
export type AgencyFrame =
  | { type: "snapshot"; now?: string; dispatches: AgencyDispatch[] }
  | { type: "dispatch"; dispatch: AgencyDispatch }
  | { type: "position"; dispatch_id: string; position: Position }
  | { type: "beat"; now: string };

export interface FollowView {
  state: string; phase: string; steps: { state: string; at: string }[];
  center: { name_ko: string; name_en: string; callback: string }; person_nickname: string;
  position: Position | null; ended: boolean; now: string;
}
export type FollowFrame =
  | { type: "view"; view: FollowView }
  | { type: "position"; position: Position }
  | { type: "ended" }
  | { type: "beat"; now: string };

/** Body of every refusal (application/problem+json). */
export interface Problem {
  code: string; message_ko: string; message_en: string; status?: number;
  owner?: Owner | string; allowed?: string[]; attempts_left?: number; ticket?: string; until?: string;
}
