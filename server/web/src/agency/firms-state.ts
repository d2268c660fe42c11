import { signal } from "@preact/signals";
import { asProblem, call } from "../api";
import type { Problem } from "../wire";

/** What an association's administrator reads and does (server/firms/routes.py). */
export interface Firm {
  agency_id: string; name_ko: string; name_en: string; triggers: string[] | null; centers: string[] | null; ends_at: string | null; branches: string[] | null;
  suspended_at: string | null; suspended_reason: string; state: string; accounts: number; accounts_used: number; has_line: boolean;
  taken: number; decided: number; running: number; refused: number; false_rate: number | null; score: number; last_at: string | null;
}
export interface FirmTerms { center_id: string; name_ko: string; name_en: string; triggers: string[]; ends_at: string | null; in_force: boolean; document: string }
export interface FirmAccount { account_id: string; login: string; name: string; active: boolean; last_login_at: string | null; networks: string[] }
export interface FirmRequest { request_id: string; center: string; trigger: string; state: string; reason: string; received_at: string; is_drill: boolean }
export interface FirmDetail { firm: Firm; accounts: FirmAccount[]; line: { kind: string; url: string } | null; requests: FirmRequest[] }
export interface Invited { agency_id: string; login: string; name: string; networks: string[] }
export interface RefusedRow { line: number; field: string; value: string; code: string; message_ko: string; message_en: string }
export interface Imported { made: number; known: number; refused: RefusedRow[]; to_invite: Invited[] }
export interface Way { agency_id: string; login: string; name: string; link: string }

interface Held { firms: Firm[]; agreements: FirmTerms[]; days: number }
export const held = signal<Held | null>(null);
export const failed = signal<Problem | null>(null);
export const openId = signal<string | null>(null);
const INVITED_AT_ONCE = 25;

export async function readFirms(): Promise<void> {
  try {
    held.value = await call<Held>("GET", "/api/firms", undefined, 30_000);
    failed.value = null;
  } catch (error) {
    failed.value = asProblem(error);
  }
}

/** The file as it is: the server reads its rows, and says of each what is wrong with it. */
export async function importFile(file: File): Promise<Imported> {
  const told = await call<Imported>("POST", "/api/firms/import", file, 60_000, { "content-type": "text/csv" });
  await readFirms();
  return told;
}

/** In pieces, so that none takes long; what came before a failure is not lost. */
export async function inviteAll(list: readonly Invited[], onProgress: (done: number) => void): Promise<Way[]> {
  const ways: Way[] = [];
  for (let at = 0; at < list.length; at += INVITED_AT_ONCE) {
    const accounts = list.slice(at, at + INVITED_AT_ONCE);
    const told = await call<{ made: { account: { agency_id: string; login: string; name: string }; enrolment: { link: string } }[] }>("POST", "/api/firms/accounts", { accounts }, 30_000).catch(() => ({ made: [] }));
    ways.push(...told.made.map(({ account, enrolment }) => ({ agency_id: account.agency_id, login: account.login, name: account.name, link: enrolment.link })));
    onProgress(Math.min(at + INVITED_AT_ONCE, list.length));
  }
  return ways;
}

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

/** As a spreadsheet opens it; a cell that begins like a formula is one no more. */
export function linksFile(ways: readonly Way[]): Blob {
  const rows = ways.map((one) => [one.agency_id, one.login, one.name.replace(/^[=+\-@]/, "'$&"), one.link].map(quoted).join(","));
  return new Blob(["\ufeff", ["agency_id,login,person,link", ...rows].join("\r\n")], { type: "text/csv" });
}

/** By a piece of its id or name. */
export function matching(firms: readonly Firm[], words: string): Firm[] {
  const wanted = words.trim().toLowerCase();
  return wanted ? firms.filter((one) => [one.agency_id, one.name_ko, one.name_en].some((text) => text.toLowerCase().includes(wanted))) : [...firms];
}
