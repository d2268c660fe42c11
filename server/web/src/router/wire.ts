/** What the router's administration API answers (location_router/admin). */
export interface Named { code: string; name_ko: string; name_en: string }
export interface CenterRow extends Named {
  served_by: string; state: string; last_seen_at: string | null; operators_online: number; queue_length: number;
  capabilities: string[] | null; troubles: string[]; has_hours: boolean;
}
export interface Centers { boundary_version: string; centers: CenterRow[] }
export interface CenterFull extends CenterRow {
  callback: string; is_draining: boolean; own_capabilities: string[] | null; place: { lat: number; lon: number } | null; boundary_version: string;
  hours: { weekly: Record<string, [string, string][]>; exceptions: Record<string, [string, string][]> } | null;
  desk: { installation: string; https_url: string; is_online: boolean; silent_s: number | null; serves_all: boolean; centers: number } | null;
  policies: { rule_id: string; kind: string }[];
}
export interface Late { alert: string; center: Named; age_s: number; step?: string; attempts?: number }
export interface AlarmsNow {
  ok: boolean; postgis: "up" | "away"; bus: "up" | "away"; swept: boolean;
  undelivered: Late[] | null; desk_112: Late[] | null; workers: { worker: string; age_s: number }[] | null;
}
export interface AlarmOnce { kind: string; alert: string; center: Named; raised_at: string; cleared_at: string | null }

export interface Version {
  version: string; effective: string; state: string; centers: number; source: string; imported_by: string; imported_at: string;
  in_force: { from: string; until: string | null }[];
}
export interface Versions { in_force: string; today: string; newest_activation: string | null; known: string[]; imported: Version[]; built_in: { version: string; effective: string; centers: number }[] }
export interface Spot { km2: number; lat: number; lon: number; between: { code: string; name_ko: string }[]; given_to: string }
export interface Report {
  file: string; format: string; encoding: string; crs: string; features_in: number; features_out: number; notes: string[]; warnings: string[];
  dissolved: { code: string; name_ko: string; parts: string[] }[]; renamed: { feature: number; written: string; name_ko: string; code: string; remark: string }[];
  repaired: { feature: number; written: string }[]; refused: { feature: number; value: string; reason: string }[];
  overlaps: Spot[]; gaps: Spot[]; open_water: Spot[]; overlaps_km2: number; gaps_km2: number; open_water_km2: number;
  compared_with?: string; new_centers?: { code: string; name_ko: string }[]; missing_centers?: { code: string; name_ko: string }[];
  recoded_centers?: { from: string; to: string; name_ko: string }[]; shift_m?: { east: number; north: number } | null; version?: string;
}
export type ChangeKind = "moved" | "recoded" | "lost" | "gained";
export interface Change { kind: ChangeKind; from: Named | null; to: Named | null; km2: number; lat: number; lon: number; box: [number, number, number, number] }
export type Outlines = GeoJSON.FeatureCollection<GeoJSON.Geometry, Named & { lat: number; lon: number }>;
export type Changes = GeoJSON.FeatureCollection<GeoJSON.Geometry, Change>;
export interface Explained {
  center: Named; reason: string; distance_m: number; boundary_version: string; rule: string; flags: string[]; is_now: boolean; runner_up: string;
  candidates: (Named & { distance_m: number; probability: number | null; online: boolean })[]; states: Record<string, string>;
}

export interface Sender {
  sender_id: string; name: string; contact: string; scopes: string[]; state: string; rate_per_minute: number; certificate_sha256: string; agency_id: string;
  created_at: string; keys: number; alerts_24h: number;
}
export interface Issued { sender_id: string; key: string; signing_secret: string; older_keys_end_at: string | null }
export interface Policy {
  rule_id: string; kind: string; parameters: Record<string, unknown>; valid_from: string; valid_until: string | null; created_by: string; note: string; in_force: boolean;
}
export interface BusNode {
  node: string; kind: string; key_id: string; valid_from: string; valid_until: string | null; revoked: boolean; bus_domain: string; enrolled_by: string; revoked_reason: string;
}
export interface Recorded { event_no: number; at: string; admin: string; action: string; subject: string; detail: Record<string, unknown>; digest: string }
