import { dayAndTime, now } from "../clock";
import { lang } from "../lang";
import { SWITCHES, t } from "../texts/agreements";
import { endsSoon } from "./attention";
import { instant, type Words } from "./kit/form";
import type { Agreement, AgreementCodes, Terms } from "./wire";

/** An agreement's terms in words, and what differs between two versions of them. */
export type AgreementState = keyof ReturnType<typeof t>["state"];

export function stateOf(one: Pick<Agreement, "starts_at" | "ends_at" | "suspended_at" | "in_force">): AgreementState {
  if (one.ends_at && Date.parse(one.ends_at) <= now.peek()) return "over";
  if (one.suspended_at) return "suspended";
  if (Date.parse(one.starts_at) > now.peek()) return "not_begun";
  return endsSoon(one) ? "soon" : "in_force";
}

export const triggerName = (code: string): string => t().triggers[code] ?? code;
export const endWords = (at: string | null): string => (at ? dayAndTime(at) : t().noEnd);

export function baseName(code: string, codes: AgreementCodes): string {
  const found = codes.legal_bases[code];
  return found ? (lang.value === "ko" ? found.ko : found.en) : code;
}

/** Pasted or drawn: what can't be read goes to the server as it is, which says what is wrong with it. */
function areasOf(text: string): Terms["areas"] {
  if (!text) return null;
  try {
    return JSON.parse(text) as Terms["areas"];
  } catch {
    return { type: "unreadable" } as unknown as Terms["areas"];
  }
}

/** What a form of terms says, as the API takes it. */
export function termsOf(words: Words): Terms {
  const may = Object.fromEntries(SWITCHES.map((one) => [one, one === "may_store" ? words.is("may_store") : words.all("switches").includes(one)])) as Record<string, boolean>;
  return {
    ...(may as unknown as Pick<Terms, "may_view_live">), triggers: words.all("triggers"), legal_bases: words.all("legal_bases"), is_third_party: words.is("is_third_party"),
    storage_days: Number(words.one("storage_days") || 0), notice_days: Number(words.one("notice_days") || 0), document: words.one("document"),
    auto_triggers: words.all("auto_triggers"), verify_s: Number(words.one("verify_s") || 60), max_minutes: Number(words.one("max_minutes") || 120), areas: areasOf(words.one("areas")),
    covers_firms: words.is("covers_firms"), camera_networks: words.one("camera_networks").split(/[\s,]+/).filter(Boolean),
    plate_quiet_s: words.one("plate_quiet_s") === "" ? null : Number(words.one("plate_quiet_s")),
    starts_at: instant(words.one("starts_at")) ?? "", ends_at: instant(words.one("ends_at")),
  } as Terms;
}

/** How many pieces of how many corners, so that two areas of one kind are not told as the same. */
export function areaWords(areas: Terms["areas"] | undefined): string {
  if (!areas) return t().fields.everywhere;
  const corners = areas.coordinates.reduce((n, polygon) => n + polygon.reduce((m, ring) => m + ring.length - 1, 0), 0);
  return t().fields.pieces(areas.coordinates.length, corners);
}

type Stood = Terms & { suspended_at?: string | null; suspended_reason?: string; ended_reason?: string };
const MINUTE_MS = 60_000;
/** A form knows minutes; what the registry keeps to the microsecond is the same term. */
const sameTime = (a: string | null, b: string | null) => (a && b ? Math.abs(Date.parse(a) - Date.parse(b)) < MINUTE_MS : a === b);

export function changedTerms(before: Terms, after: Terms): Partial<Terms> {
  const isSame = (name: string, a: unknown, b: unknown) => (name.endsWith("_at") ? sameTime(a as string | null, b as string | null)
    : name === "areas" ? JSON.stringify(a) === JSON.stringify(b) : Array.isArray(a) && Array.isArray(b) ? [...a].sort().join() === [...b].sort().join() : a === b);
  const names = Object.keys(after) as (keyof Terms)[];
  return Object.fromEntries(names.filter((name) => !isSame(name, before[name], after[name])).map((name) => [name, after[name]]));
}

/** One sentence for each difference. */
export function differences(before: Stood, after: Stood, codes: AgreementCodes): string[] {
  const [h, f, d] = [t().history, t().fields, t().detail];
  const out: string[] = [];
  const list = (label: string, a: string[], b: string[], name: (code: string) => string) => {
    const [added, removed] = [b.filter((one) => !a.includes(one)), a.filter((one) => !b.includes(one))];
    if (added.length) out.push(`${label} · ${h.added(added.map(name).join(", "))}`);
    if (removed.length) out.push(`${label} · ${h.removed(removed.map(name).join(", "))}`);
  };
  const line = (label: string, a: string, b: string) => { if (a !== b) out.push(`${label} · ${h.from(a || "—", b || "—")}`); };
  const on = (value: boolean) => (value ? h.on : h.off);
  const days = (n: number) => d.storage(n);
  list(f.triggers, before.triggers, after.triggers, triggerName);
  list(f.bases, before.legal_bases, after.legal_bases, (code) => baseName(code, codes));
  for (const one of SWITCHES) line(t().what[one], on(before[one]), on(after[one]));
  line(f.days, days(before.storage_days), days(after.storage_days));
  line(f.third, before.is_third_party ? d.third : d.notThird, after.is_third_party ? d.third : d.notThird);
  list(f.auto, before.auto_triggers ?? [], after.auto_triggers ?? [], triggerName);
  line(f.verify, String(before.verify_s ?? ""), String(after.verify_s ?? ""));
  line(f.longest, String(before.max_minutes ?? ""), String(after.max_minutes ?? ""));
  line(f.areas, areaWords(before.areas), areaWords(after.areas));
  line(f.quiet, String(before.plate_quiet_s ?? ""), String(after.plate_quiet_s ?? ""));
  line(f.document, before.document, after.document);
  line(f.notice, String(before.notice_days), String(after.notice_days));
  if (!sameTime(before.starts_at, after.starts_at)) line(f.starts, dayAndTime(before.starts_at), dayAndTime(after.starts_at));
  if (!sameTime(before.ends_at, after.ends_at)) line(f.ends, endWords(before.ends_at), endWords(after.ends_at));
  if (!before.suspended_at && after.suspended_at) out.push(`${h.suspended} · ${h.reason(after.suspended_reason ?? "")}`);
  if (before.suspended_at && !after.suspended_at) out.push(h.resumed);
  if (!before.ended_reason && after.ended_reason) out.push(h.reason(after.ended_reason));
  return out;
}
