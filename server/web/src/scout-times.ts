import { now, toMinute } from "./clock";
import { named } from "./lang";
import { w } from "./texts/scout-times";

/** What can be had from a place, by nights; a night belongs to the day it begins on, until six in the morning. */
export interface Offered {
  center: { code: string; name_ko: string; name_en: string; callback: string } | null; why: string; lead_min: number | null;
  hubs: { hub_id: string; name_ko: string; name_en: string; lat: number; lon: number }[]; slots: { at: string; left: number }[];
}
interface NightOf { night: string; words: string; slots: { at: string; words: string }[] }

const KOREA_MS = 9 * 3600_000;
const MORNING_MS = 6 * 3600_000;

function nightOf(ms: number): string {
  return new Date(ms + KOREA_MS - MORNING_MS).toISOString().slice(0, 10);
}

export function byNight(slots: { at: string }[]): NightOf[] {
  const nights = new Map<string, NightOf>();
  for (const slot of slots) {
    const night = nightOf(Date.parse(slot.at));
    const held = nights.get(night) ?? { night, words: nightWords(night), slots: [] };
    held.slots.push({ at: slot.at, words: toMinute(slot.at) });
    nights.set(night, held);
  }
  return [...nights.values()];
}

function nightWords(night: string): string {
  const day = new Date(`${night}T00:00:00Z`);
  const words = w().night(day.getUTCMonth() + 1, day.getUTCDate(), w().days[day.getUTCDay()]!);
  return night === nightOf(now.peek()) ? w().tonight(words) : words;
}

export function whyNot(of: Offered): string {
  const words = w().why[of.why] ?? of.why;
  return of.center ? `${named(of.center)} · ${words}${of.center.callback ? ` (${of.center.callback})` : ""}` : words;
}
