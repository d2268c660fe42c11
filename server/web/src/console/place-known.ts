/**
 * What may be said of a place that is not on the card; pure, so that node can run it: tests/pages/place_known.test.ts.
 *
 * An alert's card comes first and its place a moment later, when the release row is on disk. Until then nobody may read
 * that there is none: she who reads it asks the caller for what the center already has.
 */
import type { IncidentCard } from "../wire";

export const COMING_S = 10;

type Told = Pick<IncidentCard, "position" | "flags" | "opened_at" | "active_at">;

/** `isRead`: the incident itself was asked for, and its answer is on the card. */
export function placeOf(card: Told, { nowMs, isRead }: { nowMs: number; isRead: boolean }): "known" | "coming" | "none" {
  if (card.position) return "known";
  if (isRead || card.flags.includes("no_position")) return "none";
  return nowMs - Date.parse(card.active_at ?? card.opened_at) < COMING_S * 1000 ? "coming" : "none";
}
