import { dayAndTime } from "./clock";
import type { BeforeMark } from "./map-before";
import { a } from "./texts/asks";

/** The subject of an agency's request in words: the fields that its trigger knows, and no other. */
const OF: Record<string, readonly string[]> = {
  dispatch: ["case_kind", "note"],
  help_request: ["event", "site", "contact_name", "contact_phone", "note"],
  anklet_tamper: ["category", "device_ref", "last_known"], anklet_curfew: ["category", "device_ref", "last_known"],
  anklet_zone: ["category", "device_ref", "last_known"], anklet_approach: ["category", "device_ref", "protected_ref", "last_known"],
  missing_child: ["name", "age", "appearance", "method", "radius_m", "guardian_name", "guardian_phone", "consent"],
  missing_dementia: ["name", "age", "appearance", "method", "radius_m", "guardian_name", "guardian_phone", "consent"],
  wanted_vehicle: ["plate", "crime"], disaster: ["title", "category", "radius_m", "description"],
};

export const triggerWords = (trigger: string): string => a().triggers[trigger] ?? trigger;
export const basisWords = (basis: string): string => a().basis[basis] ?? basis;
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

function words(trigger: string, name: string, value: unknown): string {
  const code = String(value);
  if (name === "event") return a().event[code] ?? code;
  if (name === "category" && trigger.startsWith("anklet")) return a().category[code] ?? code;
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

export function subjectRows(trigger: string, subject: Record<string, unknown>): { name: string; label: string; words: string }[] {
  return (OF[trigger] ?? []).filter((name) => subject[name] !== undefined && subject[name] !== null && subject[name] !== "")
    .map((name) => ({ name, label: a().field[name] ?? name, words: words(trigger, name, subject[name]) }));
}
