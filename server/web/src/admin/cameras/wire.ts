/** What the server tells of uploads, single cameras, coverage and devices (docs/pages.md, section 10). */
import type { Health } from "../../wire";

export interface Limits { file_bytes: number; files: number; together_bytes: number; kept_days: number }
export interface Upload {
  upload_id: string; source: string; made_at: string; files: { name: string; bytes: number }[]; run: Run | null; report: Report | null;
}
export interface Run {
  kind: "try" | "import"; state: "running" | "done" | "failed" | "cancelled" | "lost"; share: number; rows: number; file: string; begun_at: string;
  batch_id?: string; message_ko?: string; message_en?: string;
}
export interface Line {
  line: number; reason: string; ko: string; en: string; value?: string; suggestion?: Record<string, unknown> | null; imported?: boolean;
  field_ko: string; field_en: string; cure_ko: string; cure_en: string;
}
export interface Report {
  kind: "try" | "import";
  files: {
    file: string; encoding: string; layout: string; rows: number; imported: number; cameras: number; refused: Line[]; doubtful: Line[];
    refused_by: Record<string, number>; doubtful_by: Record<string, number>; error?: { code: string; ko: string; en: string; detail: string };
  }[];
  set: {
    new: number; updated: number; moved: number; returned: number; unchanged: number; retired: number;
    changes: { line: number; camera_id: string; name: string; moved: boolean; by_m: number }[];
    missing_kept: { center: string; name: string; missing: number; of: number; reason: string; ko: string; en: string }[];
  };
}

/** Everything about a camera but the addresses of its streams. */
export interface CameraFacts {
  camera_id: string; center_id: string; name: string; lat: number; lon: number; accuracy_m: number; heading_deg: number | null; heading_text: string;
  field_of_view_deg: number; range_m: number; height_m: number | null; is_ptz: boolean; is_anpr: boolean; width_px: number | null; night: string;
  purpose: string; purposes: string[]; owner_name: string; office: string; office_phone: string; management_no: string; site_address: string;
  retention_days: number | null; installed_on: string | null; is_indoor: boolean; is_private: boolean; consent_until: string | null;
  agreement_id: string | null; is_buffered: boolean; source: string; health: Health; health_at: string | null; health_since: string | null;
  retired_at: string | null; updated_at: string; has_sub: boolean; has_main: boolean; pan_speed_deg_s: number | null;
}
export interface HistoryLine { at: string; tag: string; by: string | null; said: Record<string, unknown> }
/** A camera as a dot: id, lat, lon, health, whether it has a stream. */
export type Dot = [camera_id: string, lat: number, lon: number, health: Health, has_stream: boolean];
