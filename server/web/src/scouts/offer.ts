/** What a center offers, as it is written in the form and as the server keeps it; pure. */
export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Day = (typeof DAYS)[number];
export const SLOTS = [5, 10, 15, 20, 30, 60] as const;
export interface Hub { hub_id: string; name_ko: string; name_en: string; lat: number; lon: number }
export interface Body {
  hours: Partial<Record<Day, string[]>>; lead_min: number; ahead_days: number; slot_min: number; trip_min: number; return_min: number; pairs: number;
  hubs: Hub[]; radius_m: number | null; blackout: string[]; ends_on: string | null;
}
export interface Kept { center: string; starts_on: string; offer: Body }
export interface Offers { offers: Kept[]; centers: { code: string; name_ko: string; name_en: string }[]; tonight: string }
export interface Night { night: string; slots: { at: string; left: number }[] }

/** As two clock times: until is next morning's when it is not after from. */
export interface Span { from: string; until: string }
export interface Draft extends Omit<Body, "hours"> { starts_on: string; hours: Record<Day, Span[]>; isAround: boolean }

const DAY_MIN = 24 * 60;
const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
const two = (n: number) => String(n).padStart(2, "0");
export const isNextMorning = (span: Span) => span.from !== "" && span.until !== "" && minutes(span.until) <= minutes(span.from);

/** "22:00-25:00" of "22:00" and "01:00". */
export function written(span: Span): string {
  const until = minutes(span.until) + (isNextMorning(span) ? DAY_MIN : 0);
  return `${span.from}-${two(Math.floor(until / 60))}:${two(until % 60)}`;
}

export function read(text: string): Span {
  const [from = "", until = ""] = text.split("-");
  const ends = minutes(until) % DAY_MIN;
  return { from, until: `${two(Math.floor(ends / 60))}:${two(ends % 60)}` };
}

const EMPTY: Body = { hours: {}, lead_min: 30, ahead_days: 7, slot_min: 15, trip_min: 40, return_min: 30, pairs: 1, hubs: [], radius_m: null, blackout: [], ends_on: null };

/** A new one begins as a copy of what counts now. */
export function draftOf(body: Body | null, startsOn: string): Draft {
  const from = body ?? EMPTY;
  const hours = Object.fromEntries(DAYS.map((day) => [day, (from.hours[day] ?? []).map(read)])) as Record<Day, Span[]>;
  return { ...EMPTY, ...from, hours, starts_on: startsOn, isAround: from.radius_m !== null, radius_m: from.radius_m ?? 2000 };
}

export function bodyOf(draft: Draft): Body {
  const hours = Object.fromEntries(DAYS.filter((day) => draft.hours[day].length > 0).map((day) => [day, draft.hours[day].map(written)]));
  const { lead_min, ahead_days, slot_min, trip_min, return_min, pairs, hubs, blackout, ends_on } = draft;
  return { hours, lead_min, ahead_days, slot_min, trip_min, return_min, pairs, hubs, blackout, ends_on: ends_on || null, radius_m: draft.isAround ? draft.radius_m : null };
}

export type Field = "starts_on" | "ends_on" | "hours" | "lead_min" | "ahead_days" | "slot_min" | "trip_min" | "return_min" | "pairs" | "hubs" | "radius_m" | "blackout";
const BOUNDS: [Field & keyof Draft, number, number][] = [["lead_min", 0, 1440], ["ahead_days", 1, 31], ["trip_min", 5, 180], ["return_min", 5, 180], ["pairs", 0, 200]];

/** What is wrong before it is sent: the field, and the bounds where it has some. */
export function faults(draft: Draft): Map<Field, [number, number] | null> {
  const found = new Map<Field, [number, number] | null>();
  if (!draft.starts_on) found.set("starts_on", null);
  if (draft.ends_on && draft.ends_on < draft.starts_on) found.set("ends_on", null);
  const days = DAYS.map((day) => draft.hours[day]);
  if (days.some((spans) => spans.some((span) => !span.from || !span.until) || clash(spans))) found.set("hours", null);
  for (const [name, least, most] of BOUNDS) {
    const value = draft[name] as number;
    if (!Number.isInteger(value) || value < least || value > most) found.set(name, [least, most]);
  }
  if (draft.hubs.some((hub) => !hub.name_ko.trim())) found.set("hubs", null);
  if (draft.isAround && draft.hubs.length === 0) found.set("hubs", null);
  if (draft.isAround && !(draft.radius_m !== null && draft.radius_m >= 100 && draft.radius_m <= 20_000)) found.set("radius_m", [100, 20_000]);
  return found;
}

/** In order and apart, until six the next morning at most. */
function clash(spans: Span[]): boolean {
  let before = 0;
  for (const span of spans) {
    const [from, until] = written(span).split("-").map(minutes) as [number, number];
    if (from < before || until > DAY_MIN + 360) return true;
    before = until;
  }
  return false;
}
