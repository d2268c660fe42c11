import { signal } from "@preact/signals";
import { call, Refused } from "../api";
import { Loader } from "../loaded";

/** What the home center tells a person of herself (docs/center.md section 8). */
export interface Browser { device_id: string; name: string; enrolled_at: string; used_at: string; expires_at: string; is_this: boolean; is_new: boolean }
export interface Phone { device_id: string; enrolled_at: string; is_this: boolean; is_new: boolean }
export interface Consent {
  kind: string; state: "not_asked" | "granted" | "suspended" | "withdrawn"; version: string;
  granted_at: string | null; withdrawn_at: string | null; suspended_until: string | null;
}
export interface Me {
  nickname: string; signed_up_at: string; phones: Phone[]; browsers: Browser[]; consents: Consent[]; text_version: string;
  needs: string | null; is_shared: boolean; follow_precision?: { chosen: string | null; in_force: string };
}
export interface Guardian {
  guardian_id: string; name: string; phone_last4: string; designated_at: string; accepted_at: string | null; opened_at: string | null;
  is_paused: boolean; paused_until: string | null; guest_until: string | null; shares_on_silence: boolean;
}
/** Whom of hers was told what, and how far it came. */
export interface Told {
  guardian_id: string; name: string; event: string; about: string; at: string; state: string;
  delivered_at: string | null; opened_at: string | null; acknowledged_at: string | null;
}
export interface Walk {
  walk_id: string; kind: string; state: string; rung: string; begun_at: string; ended_at: string | null; outcome: string; eta: string | null;
  place_name: string; guardians: string[]; guardians_see_place: boolean; share_with_centers: boolean; seen_by: string; keep_days: number;
}
export interface Device { device_id: string; kind: string; name: string; enrolled_at: string; trouble: string; battery_percent: number | null }
export interface Viewing {
  kind: string; kind_ko: string; kind_en: string; camera: string | null; who_ko: string; who_en: string; center_ko: string; center_en: string;
  legal_basis_ko: string; legal_basis_en: string; from: string; to: string | null; times: number; viewers: number;
}
export interface Opening { name: string; opened_at: string | null; seen_at: string | null }
export interface SeenAlert {
  alert_id: string; started_at: string; ended_at: string | null; open: boolean; complete: boolean; disclosures: Viewing[]; guardians: Opening[];
}
export interface SeenWalk { walk_id: string; started_at: string; ended_at: string | null; disclosures: Viewing[] }
/** One ledger: what was shown of her, of alerts and of walks. */
export interface Ledger { alerts: SeenAlert[]; walks: SeenWalk[] }
/** A code of the ministry, and what she was warned of by it. */
export interface Protected { protection_id: string; registered_at: string; tested_at: string | null }
export interface Warned { warning_id: string; begun_at: string; told_at: string | null; band: string; direction: string; ended_at: string | null; outcome: string }
export interface Protection { protections: Protected[]; warnings: Warned[]; wants_place: boolean; text_version: string }
/** Disaster warnings that run in the municipalities she chose. */
interface PlaceName { code: string; name_ko: string; name_en: string }
interface DisasterPart { severity: string; expires_at: string; texts: Partial<Record<"ko" | "en", { headline?: string; event?: string; instruction?: string; areas?: string }>>; is_whole: boolean; rings: [number, number][][]; circles: [number, number, number][] }
export interface DisasterWarning { warning_id: string; thread_id: string; severity: string; expires_at: string; is_over: boolean; parts: DisasterPart[] }
export interface Disasters { is_agreed: boolean; may_tell_browser: boolean; places: PlaceName[]; warnings: DisasterWarning[]; text_version: string }
export interface ConsentTexts { version: string; texts: Record<string, { ko: string; en: string }>; optional: string[] }

export type Stage = "loading" | "enrol" | "page" | "left" | "offline";
export const stage = signal<Stage>("loading");
export const wasHeld = signal(false);

export const me = new Loader<Me>(() => call("GET", "/api/people/me"));
export const seen = new Loader<Ledger>(() => call("GET", "/api/people/me/disclosures"));
export const told = new Loader<Told[]>(async () => (await call<{ notices: Told[] }>("GET", "/api/people/me/notices")).notices);
export const current = new Loader<Walk | null>(async () => (await call<{ walk: Walk | null }>("GET", "/api/people/me/walks/current")).walk);
export const walks = new Loader<Walk[]>(async () => (await call<{ walks: Walk[] }>("GET", "/api/people/me/walks")).walks);
export const guardians = new Loader<Guardian[]>(async () => (await call<{ guardians: Guardian[] }>("GET", "/api/people/me/guardians")).guardians);
export const devices = new Loader<Device[]>(async () => (await call<{ devices: Device[] }>("GET", "/api/people/me/devices")).devices);
export const protection = new Loader<Protection>(() => call("GET", "/api/people/me/protection"));
export const disasters = new Loader<Disasters>(() => call("GET", "/api/people/me/warnings"));
export const places = new Loader<{ places: PlaceName[]; most: number }>(() => call("GET", "/api/people/me/warnings/places"));
export const consentTexts = new Loader<ConsentTexts>(() => call("GET", "/api/consents"));

/** Whether this browser is enrolled is asked where the answer is no error: the SOS page's own question. */
export async function begin(): Promise<void> {
  try {
    const found = await call<{ token: string | null }>("POST", "/api/people/browsers/token");
    if (!found.token) {
      stage.value = "enrol";
      return;
    }
  } catch {
    stage.value = "offline";
    return;
  }
  stage.value = "page";
  void me.again();
  void seen.again();
  void guardians.again();
  void told.again();
  void current.again();
  void walks.again();
  void devices.again();
  void consentTexts.again();
  void protection.again();
  void disasters.again();
}

/** An act that may first need the code of a text message: the sheet asks, and the act is done again. */
export const toProve = signal<(() => Promise<unknown>) | null>(null);

export async function proved(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Refused) || error.problem.code !== "prove_again") throw error;
    toProve.value = act;
  }
}
