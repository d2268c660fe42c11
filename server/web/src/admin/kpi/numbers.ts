import { lang, named } from "../../lang";
import { t } from "../../texts/kpi";
import { centerName } from "../house";
import { inLanguage } from "../records/words";
import type { By, Few, Measure, Published } from "./wire";

export const TIMES = ["time_to_human", "time_to_video", "time_to_dispatch"] as const;
export const ARRIVALS = ["arrival_police", "arrival_fire"] as const;
export const SHARES = ["false_rate", "escalated_share", "unanswered_share"] as const;

const number = (value: number, digits = 1) => value.toLocaleString(lang.value, { maximumFractionDigits: digits });
export const few = (value: Few | null | undefined): string => (value === null || value === undefined ? "—" : typeof value === "number" ? number(value, 0) : value);

/** Seconds as a person says them: 8.4초, 3분 20초. */
export function seconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return t().noData;
  if (value < 60) return lang.value === "ko" ? `${number(value)}초` : `${number(value)} s`;
  const [minutes, rest] = [Math.floor(Math.round(value) / 60), Math.round(value) % 60];
  return lang.value === "ko" ? `${number(minutes, 0)}분 ${rest}초` : `${number(minutes, 0)} min ${rest} s`;
}

export const percent = (share: number | null | undefined): string => (share === null || share === undefined ? t().noData : `${number(share * 100)}%`);
export const asPercent = (share: number | null | undefined): number | null => (share === null || share === undefined ? null : Math.round(share * 1000) / 10);

export const isTime = (one: Measure): boolean => "median_s" in one;
export const measureName = (name: string, known: Published): string => {
  const found = known.formulae.find((one) => one.name === name);
  return found ? inLanguage(found) : name;
};

export function keyName(by: By, key: string, known: Published): string {
  if (by === "by_center") return centerName(key);
  return by === "by_type" && known.types[key] ? inLanguage(known.types[key]) : key;
}

export function recipientName(to: string, known: Published): string {
  const found = known.agencies.find((one) => one.agency_id === to);
  return found ? named(found) : t().recipients[to] ?? to;
}
