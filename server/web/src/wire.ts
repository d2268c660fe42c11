/**
 * What the center's server sends and takes. Times are ISO-8601 UTC strings. What stands on `Sent` is made from the
 * server's own models (server/page_wire, `npm run types`); what is still written out here is checked by nobody.
 */
import type { components } from "./generated";

type Sent = components["schemas"];

export type Position = Sent["Position"];
export type CenterName = Sent["CenterName"];
export type AgencyName = Sent["AgencyName"];
export type Owner = Sent["Owner"];
export type Me = Sent["Me"];
/** A second factor that is being set up: `qr.path` draws the dark squares of a QR code of `qr.size` modules. */
export interface FactorSetup { secret: string; uri: string; qr: { size: number; path: string } }
export interface OpenSession {
  session_id: string; address: string; method: string; created_at: string; seen_at: string; expires_at: string;
  extended: boolean; own: boolean;
}

export type DispatchState = DispatchCard["state"];
export type DispatchCard = Sent["DispatchCard"];
export type Assignment = Sent["Assignment"];
export type Elsewhere = Sent["Elsewhere"];
export type IncidentCard = Sent["IncidentCard"];
export type CallerProfile = Sent["CallerProfile"];
export type Handover = Sent["Handover"];
export type AlertLine = Sent["AlertLine"];
export type AlertLink = Sent["AlertLink"];
export type EventLine = Sent["EventLine"];
export type Camera = Pick<CameraChoice,
  "camera_id" | "name" | "lat" | "lon" | "heading_deg" | "field_of_view_deg" | "range_m" | "healthy">;
export type Health = NonNullable<CameraChoice["health"]>;
export type CameraChoice = Sent["CameraChoice"];
export type Play = Sent["Play"];
export type CameraTicket = Sent["CameraTicket"];
export type IncidentDetail = Sent["IncidentDetail"];
export interface CodeName { code: string; name_ko: string; name_en: string }
export interface Codes { types: CodeName[]; dispositions: CodeName[]; how: CodeName[] }
/** A walk home that its walker shares; whose it is stands nowhere. */
export type Dot = Sent["Dot"];
/** What somebody else says of her place; a track of its own. */
export type SecondSource = Sent["SecondSource"];
export type EventFrame = Sent["EventFrame"];
export type Cursor = Record<string, number>;
/** Of one's own screens, and of who else is here; no news of incidents (server/console/seats.py, staff/watch.py). */
export type SeatFrame = Sent["Following"] | Sent["Select"] | SeatsFrame | Sent["SessionFrame"] | Sent["Pong"];
export type FeedFrame = Exclude<Sent["FeedFrame"], SeatFrame | Sent["Refused"]> | Refusal;
/** Also one that this page itself makes up, when nothing is connected. */
export type Refusal = { type: "result"; id: string; ok: false; problem: Problem };
export type SeatsFrame = Sent["SeatsFrame"];
export type SeatLine = Sent["SeatLine"];
export type Leader = Sent["Leader"];
/** Somebody opens the walls of a center, an agency wants pictures, or something is wrong with scouts. */
export type BannerFrame =
  | (Sent["BreakglassBanner"] & { request_id?: undefined })
  | (Sent["RequestBanner"] & { breakglass_id?: undefined })
  | (Sent["ScoutBanner"] & { breakglass_id?: undefined; request_id?: undefined; by?: undefined; ends_at?: undefined })
  | (Sent["ChangedBanner"] & { breakglass_id?: undefined; request_id?: undefined; by?: undefined; ends_at?: undefined; at?: undefined; message_ko?: undefined; message_en?: undefined });

export type AccessNote = Sent["AccessNote"];
export type AgencyDispatch = Sent["AgencyDispatch"];
export type AgencyFrame = Sent["AgencyFrame"];
export type FollowView = Sent["FollowView"];
export type FollowFrame = Sent["FollowFrame"];

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
export interface ClipTimes { duration_s: number; pictures?: number; times: { second: number; begin_at: string; end_at: string }[] }
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
