import type { AgencyDispatch, AgencyFrame, CenterName, VideoRequest } from "../wire";

/** What the center tells an agency's desk (docs/pages.md section 7); its cases and frames are the server's own types. */
export type Case = AgencyDispatch;
export type Terms = Case["agreement"];
export type Right = keyof Terms["may"];
export type DeskFrame = AgencyFrame;

export interface Request extends VideoRequest {
  center: CenterName; incident_id: string | null; dispatch_id: string | null; legal_basis: string; type: string;
  expires_at: string; ended_at: string | null; place: { lat: number; lon: number } | null; area: { type: "Polygon"; coordinates: number[][][] } | null;
}

export interface Officer {
  responder_id: string; name: string; opened: boolean; locked: boolean; ends_at: string; over: string | null;
  unit_position: { lat: number; lon: number; at: string } | null;
}
/** Told once. */
export interface Invitation { responder_id: string; link: string; url: string; code: string; ends_at: string; qr: { size: number; path: string } }
export interface Message { message_id: string; by: "responder" | "operator" | "desk" | "traffic"; name: string; text: string; at: string; asks: string }
export interface Thread { messages: Message[]; stills: { still_id: string; camera: string; at: string }[] }
