import { dayAndTime, stopwatch, timeOfDay } from "../../clock";
import { lang } from "../../lang";
import { t } from "../../texts/records";
import { sentences } from "../../texts/timeline";
import { agencyName, centerName, roleName } from "../house";
import type { Line, Release, TwoNames } from "./wire";

/** The log in words: one place for what its codes are called. */
export const inLanguage = (thing: TwoNames): string => (lang.value === "ko" ? thing.ko : thing.en);
export const kindOf = (one: Release): string => inLanguage({ ko: one.kind_ko, en: one.kind_en });
export const basisOf = (one: Release): string => inLanguage({ ko: one.legal_basis_ko, en: one.legal_basis_en });

/** The log of what belongs to no center. */
export const INSTALLATION = "-";
export const chainName = (code: string): string => (code === INSTALLATION ? t().chain.installation : centerName(code));

export function whoOf(one: Release): string {
  const r = t().releases;
  return one.viewer.kind === "guardian" ? r.guardian : one.viewer.name || r[one.viewer.kind];
}

export function whoseOf(one: Release): string {
  if (one.agency_id) return agencyName(one.agency_id);
  return one.viewer.role ? roleName(one.viewer.role) : t().releases[one.viewer.kind];
}

/** How long it was open; "" while it still is. */
export function lengthOf(one: Release): string {
  if (!one.ended_at) return "";
  const seconds = Math.round((Date.parse(one.ended_at) - Date.parse(one.granted_at)) / 1000);
  return seconds < 1 ? t().releases.atOnce : stopwatch(seconds);
}

export const toTheSecond = (at: string | null): string => (at ? `${dayAndTime(at).slice(0, 13)} ${timeOfDay(at)}` : "");

const text = (value: unknown): string => (typeof value === "string" || typeof value === "number" ? String(value) : "");

/** A code of the gate or of an ending in words; what a person wrote as it is. */
const reasonOf = (code: unknown): string => t().detail.reasons[text(code)] ?? text(code);

export function actorOf(line: Line): string {
  const e = t().events;
  const plain: Record<string, string> = { system: e.system, person: e.person, guardian: e.guardian, operator: e.operator, agent: e.agent };
  return line.actor.name || plain[line.actor.kind] || line.actor.kind;
}

/** What a line says, as on the console's timeline as far as the masked payload allows; its tag where nobody has words. */
export function saysOf(line: Line): string {
  const p = line.payload;
  const admin = t().admin[line.tag];
  if (admin) return admin;
  const facts = {
    actor: actorOf(line), agency: text(p.agency), camera: text(p.camera_id), what: p.kind === "position" ? "position" : "picture", text: "", reason: reasonOf(p.code) || reasonOf(p.reason) || text(p.disposition),
    receiptNo: text(p.receipt_no), center: text(p.to) ? centerName(text(p.to)) : "", level: Number(p.level) || 1, again: Number(p.again) || 0, kind: text(p.kind), step: text(p.step), to: "", words: "", minutes: Number(p.minutes) || 0, isLate: false, isTest: false,
  } as const;
  return sentences()[line.tag]?.(facts) ?? line.tag;
}
