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
  /** What the role may do (server/staff/permissions.py): pages show what is in it; the API decides. */
  permissions: string[];
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
  is_drill?: boolean; gateway?: string; request_no?: number; unit?: string | null; eta_at?: string | null;
  unit_position?: { lat: number; lon: number; at: string } | null; attempts?: number; failed_reason?: string;
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
  origin: "alert" | "observed" | "exercise" | "agency"; classification: "grave" | "ordinary" | null;
  /** Verify first: what is due, and when it was done. */
  stages: Record<"contact" | "view" | "classify", { due_at: string | null; done_at: string | null }>;
  remind_at: string | null; reminders: number; handover: Handover | null;
  /** How often this caller's alerts were false in 90 days, and what that weighs. */
  repeat: { false_before: number; score: number } | null;
  rank: number; rings: boolean; banner: "exercise" | "drill" | null; allowed: string[];
}
/** A colleague was asked to take over; it is off again at `until`. */
export interface Handover { to: Owner; by: Owner; reason: string; at: string; until: string }
export interface CodeName { code: string; name_ko: string; name_en: string }
export interface Codes { types: CodeName[]; dispositions: CodeName[]; how: CodeName[] }
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
/** What a camera's picture is worth. */
export type Health = "unknown" | "working" | "dark" | "frozen" | "obstructed" | "down";
export interface CameraChoice extends Camera {
  number: number; distance_m: number | null; bearing_deg: number | null; in_view: boolean;
  /** As it is now; for staff only. `can_move`: a PTZ device is bound to it. */
  health?: Health; health_since?: string | null; has_stream?: boolean; can_move?: boolean; office?: string; office_phone?: string;
}
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
  | BannerFrame
  | { type: "result"; id: string; ok: true; data: Record<string, unknown> }
  | { type: "result"; id: string; ok: false; problem: Problem };

/** Of one's own screens, and of who else is here; no news of incidents (server/console/seats.py, staff/watch.py). */
export type SeatFrame =
  | { type: "following"; leader: { seat_id: string; name: string; same_browser: boolean } | null; selected: string | null }
  | { type: "select"; incident_id: string }
  | SeatsFrame
  | { type: "session"; expires_at: string; extended: boolean }
  | { type: "pong"; id: string; now: string };
export interface SeatsFrame {
  type: "seats"; seat_id: string; online: number; others_hear: number; on_shift: boolean; seats: SeatLine[];
}
export interface SeatLine {
  seat_id: string; account_id: string; name: string; kind: "console" | "wall" | "map" | "queue"; works: boolean;
  sound: "running" | "suspended" | "muted"; lost_at: string | null; failed: string[];
}
/** Somebody opens the walls of a center, or an agency wants pictures. */
export interface BannerFrame {
  type: "banner"; kind: string; what?: string; stays?: boolean; center?: string; breakglass_id?: string; incident_id?: string | null;
  by?: { kind: string; id: string; name: string }; at?: string; ends_at?: string | null; message_ko?: string; message_en?: string;
}

export interface AgencyDispatch extends DispatchCard {
  incident_id: string; center: CenterName; caller: { name: string; phone: string } | null; position: Position | null;
  track: Position[]; note: string; opened_at: string; may_view_live: boolean; open: boolean;
}
export type AgencyFrame =
  | { type: "snapshot"; now?: string; dispatches: AgencyDispatch[] }
  | { type: "dispatch"; dispatch: AgencyDispatch }
  | { type: "position"; dispatch_id: string; position: Position }
  | { type: "video_request"; what: string; request_id: string }
  | { type: "beat"; now: string };

export interface FollowView {
  state: string; phase: string; steps: { state: string; at: string }[];
  center: { name_ko: string; name_en: string; callback: string }; person_nickname: string;
  position: Position | null; ended: boolean; now: string;
  precision: "exact" | "coarse"; exact_later: boolean; over: "" | "safe" | "cancelled" | "unclear" | "gone"; push: boolean;
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
  earliest?: string; hand?: Hand | null; may_take?: boolean; field?: string;
}

// ------------------------------------------------------------ cameras and video (docs/video.md)
/** Whose hand is on a camera, and until when. */
export interface Hand { account_id: string; name: string; until_at: string }
export interface Presets { presets: { token: string; name: string }[]; has_home: boolean; hand: Hand | null }
export interface Span { begin_at: string; end_at: string; seconds: number }
/** A piece of a recording: `url` plays in a plain video element; what is missing is cut out of the film. */
export interface Clip {
  release_id: string; camera_id: string; url: string; expires_at: string | number; begin_at: string; end_at: string; gaps: Span[];
  parts: { part: number; url: string; begin_at: string; end_at: string; picture: string }[];
}
/** Which second of a film shows which moments. */
export interface ClipTimes { duration_s: number; times: { second: number; begin_at: string; end_at: string }[] }
export interface WhyCamera { camera_id: string; number: number; name: string; why_ko: string[]; why_en: string[] }
export interface Why {
  chosen_at: string | null; cameras: WhyCamera[];
  passed_over: { camera_id: string; name: string; distance_m: number; code: string; why_ko: string; why_en: string }[];
}
export interface Sighting {
  number: number; sighting_id: string; camera_id: string; name: string; lat: number; lon: number; seen_at: string;
  subject: "person" | "vehicle"; note: string | null; plate: string | null; marked_by?: { account_id: string; name: string };
  leg: { distance_m: number; seconds: number; speed_mps: number | null; heading_deg: number; flag: "too_fast" | null } | null;
}
/** A camera that somebody passes next, and when. */
export interface Passage {
  camera_id: string; name: string; lat: number; lon: number; distance_m: number; likely_at: string; from_at: string; until_at: string;
}
export interface Trail { incident_id: string; sightings: Sighting[]; next: Passage[] }
export interface EvidencePackage {
  package_id: string; asked_at: string; camera_ids: string[]; from_at: string; until_at: string; expires_at: string;
  state: "waiting" | "making" | "ready" | "failed" | "ended"; progress: number; problem: string | null; bytes: number | null;
  end_reason: string | null; made_by: string; recipient?: { name: string; agency: string; case_no: string }; sha256: string | null;
}
/** An agency's wish for pictures, by its case number. */
export interface VideoRequest {
  request_id: string; agency: AgencyName; case_no: string; state: string; asked_at: string; until_at: string; reason: string;
  area?: unknown; end_reason: string | null; answer?: string;
}
export interface Recording { camera_id: string; name: string; begin_at: string | null; end_at: string | null; seconds: number; is_running: boolean }

// ------------------------------------------------------------ the review page of the registry
export interface Suggestion { lat?: number; lon?: number; how?: string; accuracy_m?: number; [name: string]: unknown }
export interface Doubt {
  doubt_id: string; center_id: string; batch_id: string; file: string; line: number; reason: string; reason_ko: string; reason_en: string;
  row: Record<string, unknown>; suggestion: Suggestion | null; state: "open" | "accepted" | "rejected"; decided_at: string | null;
  is_imported: boolean;
}
export interface CameraImport {
  batch_id: string; source: string; begun_at: string; ended_at: string | null;
  files?: ImportedFile[]; set?: { new: number; updated: number; moved: number; retired: number };
}
export interface ImportedFile {
  file: string; rows: number; imported: number; cameras: number; refused_by?: Record<string, number>; doubtful_by?: Record<string, number>;
  refused?: { line: number; reason: string; ko?: string; en?: string; value?: string }[]; error?: { ko: string; en: string };
}
export interface RegisteredCamera {
  camera_id: string; center_id: string; name: string; lat: number; lon: number; heading_deg: number | null; is_ptz: boolean; purpose: string;
  health: Health; health_at: string | null; health_since: string | null; office: string; office_phone: string; site_address: string;
  source: string; has_stream: boolean; is_private: boolean; consent_until: string | null;
}
