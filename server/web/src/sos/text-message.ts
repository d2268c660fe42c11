/**
 * The text message for when nothing else gets through: the router's compact line (docs/intake.md) with the alert's own
 * id, so that both ways are one alert. It is not signed: a key in a page would outlive the cookie. Pure.
 */
import type { Cry } from "./cry";
import { bytesOf } from "./ids";

function letters(bytes: number[]): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", ":").replaceAll("/", ".").replaceAll("=", "");
}

function degrees(value: number): string {
  return `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(5)}`;
}

/** `ANSIM1;…`, at most 160 characters of GSM-7. */
export function compactText(cry: Cry, battery: number | null): string {
  const mode = `AOS${cry.is_drill ? "X" : "R"}${cry.language === "en" ? "E" : "K"}`;
  const place = cry.fix ? degrees(cry.fix.lat) + degrees(cry.fix.lon) : "-";
  const radius = Math.min(Math.round(cry.fix?.accuracy_m ?? 50), 999_999);
  const offset = cry.fix ? Math.round((Date.parse(cry.fix.fixed_at) - Date.parse(cry.raised_at)) / 1000) : 0;
  return ["ANSIM1", letters(bytesOf(cry.alert_id)), mode, place, `r${radius}`, `t${Math.max(Math.min(offset, 999_999), -999_999)}`,
    `b${battery ?? ""}`, "", ""].join(";");
}

/** To 112 people read it: words first, our line behind. To the router's own number the line alone. */
export function messageFor(number: string, cry: Cry, words: string, battery: number | null): string {
  const line = compactText(cry, battery);
  return number.startsWith("112") ? `${words}\n${line}` : line;
}

/** iOS wants `&body`, everybody else takes both. */
export function textLink(number: string, body: string): string {
  return `sms:${number}?&body=${encodeURIComponent(body)}`;
}
