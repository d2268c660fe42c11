/** Periods in Korean days; pure. */
const DAY_MS = 24 * 3600_000;
const KOREA_MS = 9 * 3600_000;

export interface Period { from: string; to: string }

/** The first moment of a Korean day, `2026-11-22`. */
export const startOf = (day: string): number => Date.parse(`${day}T00:00:00Z`) - KOREA_MS;
export const dayOf = (at: number): string => new Date(at + KOREA_MS).toISOString().slice(0, 10);
const instant = (at: number): string => new Date(at).toISOString();

function half(year: number, second: boolean): [string, string] {
  return second ? [`${year}-07-01`, `${year + 1}-01-01`] : [`${year}-01-01`, `${year}-07-01`];
}

/** The period of a preset; "own" from the first to the last day given. null: not a period. */
export function periodOf(range: string, now: number, own: Period): Period | null {
  const today = dayOf(now);
  const [year, isSecond] = [Number(today.slice(0, 4)), Number(today.slice(5, 7)) > 6];
  if (range === "own") {
    const [from, to] = [startOf(own.from), startOf(own.to) + DAY_MS];
    return from < to && to - from <= 5 * 366 * DAY_MS ? { from: instant(from), to: instant(to) } : null;
  }
  if (range === "half") return { from: instant(startOf(half(year, isSecond)[0])), to: instant(now) };
  if (range === "lastHalf") {
    const [from, to] = isSecond ? half(year, false) : half(year - 1, true);
    return { from: instant(startOf(from)), to: instant(startOf(to)) };
  }
  return { from: instant(now - Number(range) * DAY_MS), to: instant(now) };
}

/** The same length, just before. */
export function beforeOf(period: Period): Period {
  const [from, to] = [Date.parse(period.from), Date.parse(period.to)];
  return { from: instant(from - (to - from)), to: period.from };
}

/** The last day that is in it. */
export const lastDay = (to: string): string => dayOf(Date.parse(to) - 1);
