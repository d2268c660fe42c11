import type { AgencyDispatch, AgencyName, CenterName, DispatchState, Position, VideoRequest } from "../wire";

/** What the center tells an agency's desk beside `AgencyDispatch` (docs/pages.md section 7). */
export type Right = "identity" | "position" | "live" | "recorded" | "still" | "store";
export interface Terms {
  in_force: boolean; why: "not_begun" | "suspended" | "ended" | null; ends_at: string | null; storage_days: number;
  may: Record<Right, boolean>;
}
/** Another agency on the same case: no number of theirs, nothing of what they were told. */
export interface Other { agency: AgencyName; state: DispatchState; unit: string; eta_at: string | null; is_overdue: boolean }

export interface Case extends AgencyDispatch {
  is_drill: boolean; gateway: string; request_no: number; unit: string; eta_at: string | null;
  unit_position: { lat: number; lon: number; at: string } | null; failed_reason: string;
  type: string | null; incident_state: string; agreement: Terms; others: Other[];
}

export type DeskFrame =
  | { type: "snapshot"; now: string; dispatches: Case[] }
  | { type: "dispatch"; dispatch: Case }
  | { type: "position"; dispatch_id: string; position: Position }
  | { type: "video_request"; what: string; request_id: string }
  | { type: "field"; incident_id: string; what: string }
  | { type: "beat"; now: string };

export interface Request extends VideoRequest {
  center: CenterName; incident_id: string | null; dispatch_id: string | null; legal_basis: string; type: string;
  expires_at: string; ended_at: string | null; place: { lat: number; lon: number } | null;
}

export interface Officer {
  responder_id: string; name: string; opened: boolean; locked: boolean; ends_at: string; over: string | null;
}
/** Told once. */
export interface Invitation { responder_id: string; link: string; url: string; code: string; ends_at: string; qr: { size: number; path: string } }
export interface Message { message_id: string; by: "responder" | "operator" | "desk" | "traffic"; name: string; text: string; at: string }
export interface Thread { messages: Message[]; stills: { still_id: string; camera: string; at: string }[] }
