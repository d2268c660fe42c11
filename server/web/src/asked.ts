import { dayAndTime } from "./clock";
import type { AskedMark } from "./map-asked";
import type { BeforeMark } from "./map-before";
import { a } from "./texts/asks";

/** The subject of an agency's request in words: the fields that its trigger knows, and no other. */
const OF: Record<string, readonly string[]> = {
  dispatch: ["case_kind", "note"],
  help_request: ["event", "site", "contact_name", "contact_phone", "note"],
  anklet_tamper: ["category", "device_ref", "last_known"], anklet_curfew: ["category", "device_ref", "last_known"],
  anklet_zone: ["category", "device_ref", "last_known"], anklet_approach: ["category", "device_ref", "protected_ref", "last_known"],
  missing_child: ["occasion", "zone", "left_at", "name", "age", "appearance", "method", "radius_m", "guardian_name", "guardian_phone", "consent"],
  missing_dementia: ["occasion", "zone", "left_at", "name", "age", "appearance", "method", "radius_m", "guardian_name", "guardian_phone", "consent"],
  wanted_vehicle: ["plate", "crime"], disaster: ["title", "category", "radius_m", "description"],
};

export const triggerWords = (trigger: string): string => a().triggers[trigger] ?? trigger;
export const basisWords = (basis: string): string => a().basis[basis] ?? basis;
/** Why a message did not reach an agency's system: its own words, our code, or the name of an error. */
export function troubleWords(trouble: string): string {
  const known = a().unreached;
  return known[trouble] ?? (/Connect/.test(trouble) ? known.connect : /Timeout/i.test(trouble) ? known.timeout : trouble) ?? trouble;
}
export const reasonWords = (reason: string): string => a().reason[reason] ?? reason;

/** What is assumed of a place without its accuracy. */
const SPOT_M = 50;
interface Spot { lat: number; lon: number; accuracy_m?: number; fixed_at?: string }

/** Where a device was last known before it was tampered with, as a mark of the map; none where that is the very place that
 * is reported. */
export function beforeMark(id: string, trigger: string, subject: Record<string, unknown>, now: { lat: number; lon: number } | null): BeforeMark[] {
  const spot = trigger.startsWith("anklet") ? (subject.last_known as Spot | null | undefined) : null;
  if (!spot || typeof spot.lat !== "number" || typeof spot.lon !== "number") return [];
  if (now && now.lat === spot.lat && now.lon === spot.lon) return [];
  const label = a().before(spot.fixed_at ? dayAndTime(spot.fixed_at) : "—");
  return [{ id, lat: spot.lat, lon: spot.lon, accuracy_m: spot.accuracy_m ?? SPOT_M, label, ...(now ? { now: { lat: now.lat, lon: now.lon } } : {}) }];
}

/** The area of a disaster: as it is now, once it has moved, with the one that it was raised with. */
interface Shape { lat?: number; lon?: number; radius_m?: number; ring?: [number, number][] }
export interface MovedArea extends Shape { at: string; first: Shape }

function areaWords(of: Shape): string {
  const ring = of.ring ?? [];
  const middle = ring.length > 0 ? { lat: ring.reduce((sum, [lat]) => sum + lat, 0) / ring.length, lon: ring.reduce((sum, [, lon]) => sum + lon, 0) / ring.length } : of;
  const place = middle.lat === undefined || middle.lon === undefined ? "" : `${middle.lat.toFixed(5)}, ${middle.lon.toFixed(5)}`;
  return [place, ring.length > 0 ? a().corners(ring.length) : of.radius_m ? a().within(Math.round(of.radius_m)) : ""].filter(Boolean).join(" · ");
}

/** The subject, and where the area has moved, now and at first apart. */
export function askedRows(trigger: string, subject: Record<string, unknown>, area: MovedArea | null | undefined): { name: string; label: string; words: string }[] {
  const rows = subjectRows(trigger, subject);
  if (!area) return rows;
  return [...rows.filter((row) => row.name !== "radius_m"), { name: "area_now", label: a().areaNow(dayAndTime(area.at)), words: areaWords(area) }, { name: "area_first", label: a().areaFirst, words: areaWords(area.first) }];
}

/** On the map: what is asked for now, and at first where that was elsewhere. */
export function areaMarks(id: string, trigger: string, subject: Record<string, unknown>, area: MovedArea | null | undefined, place: { lat: number; lon: number } | null): AskedMark[] {
  if (trigger !== "disaster") return [];
  const told = subject as Shape;
  const first: Shape = area ? area.first : { ring: told.ring, radius_m: told.radius_m, ...(place ?? {}) };
  const drawn: [Shape, boolean][] = area ? [[area, false], [first, true]] : [[first, false]];
  return drawn.flatMap(([of, isFirst]) => {
    const [lat, lon] = of.ring?.[0] ?? [of.lat, of.lon];
    if (lat === undefined || lon === undefined || !(of.ring || of.radius_m)) return [];
    return [{ id, lat, lon, radius_m: of.radius_m, ring: of.ring, isFirst, label: isFirst ? a().areaFirst : area ? a().areaMark : "" }];
  });
}

function words(trigger: string, name: string, value: unknown): string {
  const code = String(value);
  if (name === "event") return a().event[code] ?? code;
  if (name === "category") return (trigger === "disaster" ? a().hazard : a().category)[code] ?? code;
  if (name === "occasion") return a().occasion[code] ?? code;
  if (name === "left_at") return dayAndTime(code);
  if (name === "crime") return a().crime[code] ?? code;
  if (name === "method") return a().method[code] ?? code;
  if (name === "age") return a().ageOf(Number(value));
  if (name === "last_known") {
    const spot = value as Spot;
    return a().console.lastKnown(`${spot.lat.toFixed(5)}, ${spot.lon.toFixed(5)}`, Math.round(spot.accuracy_m ?? SPOT_M), spot.fixed_at ? dayAndTime(spot.fixed_at) : "—");
  }
  if (name === "consent") {
    const said = value as { by: string; at: string };
    return a().consentWords(a().by[said.by] ?? said.by, dayAndTime(said.at));
  }
  return code;
}

/** An offence is a `category`, and so is what a disaster is. */
export function fieldWords(trigger: string, name: string): string {
  return a().field[trigger === "disaster" && name === "category" ? "hazard" : name] ?? name;
}

function subjectRows(trigger: string, subject: Record<string, unknown>): { name: string; label: string; words: string }[] {
  return (OF[trigger] ?? []).filter((name) => subject[name] !== undefined && subject[name] !== null && subject[name] !== "" && subject[name] !== "missing")
    .map((name) => ({ name, label: fieldWords(trigger, name), words: words(trigger, name, subject[name]) }));
}
