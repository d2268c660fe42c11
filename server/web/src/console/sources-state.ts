import { computed, effect, signal } from "@preact/signals";
import { call } from "../api";
import { now, toMinute } from "../clock";
import type { SourceMark } from "../map";
import { so } from "../texts/sources";
import { t } from "../texts/console";
import type { SecondSource } from "../wire";
import { detail, me, selected } from "./seat";

/** Places that others give for the open incident: apart from her own, from the choice of cameras and from her way. */
interface Held { incidentId: string; list: SecondSource[] | null; isFailed: boolean }
const NONE: Held = { incidentId: "", list: null, isFailed: false };
export const sources = signal<Held>(NONE);
/** While one is entered: where it would stand; and whether the next press on the map says so. */
export const draft = signal<{ lat: number; lon: number; radius_m: number } | null>(null);
export const picking = signal<((place: { lat: number; lon: number }) => void) | null>(null);

export async function loadSources(incidentId: string): Promise<void> {
  const got = await call<{ sources: SecondSource[] }>("GET", `/api/incidents/${incidentId}/sources`).catch(() => null);
  if (selected.peek()?.incident_id !== incidentId) return;
  const before = sources.peek().incidentId === incidentId ? sources.peek().list : null;
  sources.value = { incidentId, list: got?.sources ?? before, isFailed: got === null };
}

/** With the incident, and with each line of its record that says that somebody told or withdrew one. */
let held = "";
effect(() => {
  const card = selected.value;
  const mayRead = card && !card.closed_at && card.phase !== "pre" && me.value?.permissions.includes("incidents.work");
  const told = detail.value?.incidentId === card?.incident_id ? (detail.value?.timeline ?? []).filter((line) => line.tag.startsWith("source:")).length : 0;
  const key = mayRead ? `${card.incident_id} ${told}` : "";
  if (key === held) return;
  held = key;
  if (!card || !key) { sources.value = NONE; draft.value = null; picking.value = null; return; }
  if (sources.peek().incidentId !== card.incident_id) {
    sources.value = { ...NONE, incidentId: card.incident_id };
    draft.value = null;
    picking.value = null;
  }
  void loadSources(card.incident_id);
});

/** One source's places, oldest first; the newest is where it says that she is. */
export interface Track { id: string; newest: SecondSource; entries: SecondSource[] }
export const tracks = computed<Track[]>(() => {
  const by = new Map<string, SecondSource[]>();
  for (const one of sources.value.list ?? []) by.set(one.source_id, [...(by.get(one.source_id) ?? []), one]);
  return [...by].map(([id, entries]) => ({ id, entries, newest: entries.at(-1)! }));
});

export const nameOf = (one: SecondSource) => [so().kinds[one.kind], one.label].filter(Boolean).join(" · ");

/** In whole minutes: a mark is not drawn anew each second. */
export function ageOf(one: SecondSource): string {
  const minutes = Math.max(0, Math.floor((now.value - Date.parse(one.fixed_at)) / 60_000));
  return minutes === 0 ? so().now : minutes < 60 ? so().minutes(minutes) : t().age(minutes * 60);
}

export function sourceMarks(): SourceMark[] {
  const marks: SourceMark[] = tracks.value.map(({ id, newest, entries }) => ({
    id, lat: newest.lat, lon: newest.lon, radius_m: newest.radius_m, way: entries,
    label: `${nameOf(newest)} ${toMinute(newest.fixed_at)} · ${ageOf(newest)}`,
  }));
  if (draft.value) marks.push({ id: "draft", ...draft.value, label: so().draft, isDraft: true, way: [] });
  return marks;
}
