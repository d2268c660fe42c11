import { computed, effect, signal } from "@preact/signals";
import { call } from "../api";
import { now, secondsSince, timeOfDay, toMinute } from "../clock";
import { distanceM } from "../geo";
import { named } from "../lang";
import type { CallerMark, UnitMark } from "../map";
import { freshness, isNetwork, predict } from "../predict";
import { m } from "../texts/map";
import { t } from "../texts/console";
import { arrivals } from "../traffic/arrivals";
import type { IncidentCard, Position } from "../wire";
import { detail, selected } from "./seat";

/** What the console's map and the words beside it both tell; each fact is worked out once, here. */
export interface AddressWords {
  ko: string; en: string; road: string; lot: string;
  beside: { ko: string; en: string; distance_m: number; is_other_center: boolean }[];
}

const NETWORK_S = 600;
const newest = (track: Position[]) => track.reduce<Position | null>((best, one) => (!best || Date.parse(one.fixed_at) >= Date.parse(best.fixed_at) ? one : best), null);
const track = computed<Position[]>(() => (detail.value?.incidentId === selected.value?.incident_id ? detail.value?.track ?? [] : []));
/** Of phones; what a telco or another outside source says is never part of somebody's way. */
const measured = computed(() => track.value.filter((one) => !isNetwork(one) && (!one.alert_id || selected.value?.alert_ids.includes(one.alert_id))));

/** Whose diamond is the large one where an incident has several alerts: the earliest whose phone still tells where it is,
 * so that the map does not jump from one person to another with each position. */
const OF_NOW_MS = 15_000;
const own = computed<string | null>(() => {
  const last = new Map<string, number>();
  for (const one of measured.value) if (one.alert_id) last.set(one.alert_id, Math.max(last.get(one.alert_id) ?? 0, Date.parse(one.fixed_at)));
  const newestAt = Math.max(...last.values());
  const earliest = selected.value?.alert_ids.find((id) => newestAt - (last.get(id) ?? 0) <= OF_NOW_MS);
  return earliest ?? newest(measured.value)?.alert_id ?? null;
});
const isOwn = (one: Position) => !one.alert_id || one.alert_id === own.value;

/** Her own newest position: what the phone measured, and only without one what somebody else did. */
export const caller = computed<Position | null>(() => {
  const shown = selected.value?.position ?? null;
  if (!shown) return null;
  return newest([...measured.value, ...(isNetwork(shown) ? [] : [shown])].filter(isOwn)) ?? shown;
});

/** The newest position of another source, while it is not too old. */
export const network = computed<Position | null>(() => {
  const shown: Position | null = selected.value?.position ?? null;
  const found = newest([...track.value, ...(shown ? [shown] : [])].filter(isNetwork));
  return found && found !== caller.value && secondsSince(found.fixed_at) <= NETWORK_S ? found : null;
});

/** Where the incident's other alerts were last. */
export const others = computed<Position[]>(() => {
  const by = new Map<string, Position[]>();
  for (const one of measured.value) if (one.alert_id && !isOwn(one)) by.set(one.alert_id, [...(by.get(one.alert_id) ?? []), one]);
  return [...by.values()].map((list) => newest(list)!);
});

/** Her way: of her alert and her phone only, so that no line jumps to another person or to a mast. */
export const way = computed<Position[]>(() => measured.value.filter(isOwn));

export const guess = computed(() => predict(caller.value && !isNetwork(caller.value) ? caller.value : null, now.value));

/** Not how old it is to the second, but what that means: only that redraws the map. */
export const fresh = computed(() => {
  const held = caller.value ? freshness(caller.value, now.value) : "fresh";
  return held === "lost" && isSite.value ? "stale" : held;
});
/** A place that an agency named once and that does not walk away: a shop, a camera, an area. Nobody has lost it. */
const FOLLOWED = /^(anklet_|missing_)/;
const isSite = computed(() => {
  const card = selected.value;
  return card?.origin === "agency" && way.value.length <= 1 && card.requests.every((one) => !FOLLOWED.test(one.trigger));
});

export function callerMark(position: Position): string {
  if (fresh.value === "lost") return m().lost(timeOfDay(position.fixed_at));
  return fresh.value === "stale" ? m().staleMark(t().age(secondsSince(position.fixed_at))) : "";
}

export function otherMarks(): CallerMark[] {
  const marks: CallerMark[] = others.value.map((position) => ({
    position, isStale: freshness(position, now.peek()) !== "fresh", label: m().otherMark(toMinute(position.fixed_at)), kind: "other",
  }));
  const mast = network.value;
  if (mast) marks.push({ position: mast, isStale: false, label: m().networkMark(toMinute(mast.fixed_at)), kind: "network" });
  return marks;
}

const STILL_COMING = ["accepted", "en_route", "on_scene", "delivered", "requested"];
const UNIT_STALE_S = 60;

/** Units on the way, where their agency says where they are; minutes change a mark, seconds do not. */
export interface UnitFact extends UnitMark { at: string; name: string; etaMin: number | null }
export function unitFacts(card: IncidentCard | null): UnitFact[] {
  return (card?.dispatches ?? []).filter((one) => STILL_COMING.includes(one.state)).flatMap((one) => {
    const place = one.unit_position;
    if (!place || place.lat == null || place.lon == null) return [];
    const etaAt = one.eta_at ?? arrivals.value.etas.find((eta) => eta.dispatch_id === one.dispatch_id)?.eta_at;
    const etaMin = etaAt ? Math.max(0, Math.ceil((Date.parse(etaAt) - now.value) / 60_000)) : null;
    const name = [named(one.agency), one.unit].filter(Boolean).join(" ");
    const kind = one.agency.kind === "112" || one.agency.kind === "police" ? "police" as const : one.agency.kind === "119" || one.agency.kind === "fire" ? "fire" as const : "other" as const;
    const age = secondsSince(place.at);
    return [{
      id: one.dispatch_id, kind, lat: place.lat, lon: place.lon, at: place.at, name, etaMin, isStale: age > UNIT_STALE_S,
      label: [one.unit || named(one.agency), one.state === "on_scene" || etaMin === null ? "" : m().eta(etaMin)].filter(Boolean).join(" · "),
    }];
  });
}

/** The address in words of the open incident's place: asked again when she has moved on, and never by coordinates. */
export const address = signal<{ incidentId: string; state: "asking" | "ready" | "none"; words: AddressWords | null }>({ incidentId: "", state: "none", words: null });
const MOVED_M = 15;
let askedFor: { incidentId: string; lat: number; lon: number } | null = null;

async function ask(incidentId: string): Promise<void> {
  const got = await call<{ address: AddressWords | null }>("GET", `/api/incidents/${incidentId}/address`).catch(() => null);
  if (selected.peek()?.incident_id !== incidentId) return;
  if (!got) askedFor = null; // with her next position
  address.value = { incidentId, state: got?.address ? "ready" : "none", words: got?.address ?? null };
}

effect(() => {
  const id = selected.value?.incident_id;
  const place = caller.value;
  if (!id || !place) return;
  if (askedFor?.incidentId === id && distanceM(askedFor, place) < MOVED_M) return;
  if (askedFor?.incidentId !== id) address.value = { incidentId: id, state: "asking", words: null };
  askedFor = { incidentId: id, lat: place.lat, lon: place.lon };
  void ask(id);
});
