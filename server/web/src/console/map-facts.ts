import { computed, effect, signal } from "@preact/signals";
import { call } from "../api";
import { now, secondsSince, timeOfDay } from "../clock";
import { distanceM } from "../geo";
import { named } from "../lang";
import type { CallerMark, UnitMark } from "../map";
import { freshness, isNetwork, predict } from "../predict";
import { m } from "../texts/map";
import { t } from "../texts/console";
import type { IncidentCard, Position } from "../wire";
import { detail, selected } from "./seat";

/** What the console's map and the words beside it both tell; each fact is worked out once, here. */
type Placed = Position & { alert_id?: string | null };
export interface AddressWords {
  ko: string; en: string; road: string; lot: string;
  beside: { ko: string; en: string; distance_m: number; is_other_center: boolean }[];
}

const NETWORK_S = 600;
const newest = (track: Placed[]) => track.reduce<Placed | null>((best, one) => (!best || Date.parse(one.fixed_at) >= Date.parse(best.fixed_at) ? one : best), null);
const track = computed<Placed[]>(() => (detail.value?.incidentId === selected.value?.incident_id ? detail.value?.track ?? [] : []));

/** Her own newest position: what the phone measured, and only without one what somebody else did. */
export const caller = computed<Placed | null>(() => {
  const shown: Placed | null = selected.value?.position ?? null;
  if (!shown || !isNetwork(shown)) return shown;
  return newest(track.value.filter((one) => !isNetwork(one))) ?? shown;
});

/** The newest position of another source, while it is not too old. */
export const network = computed<Placed | null>(() => {
  const shown: Placed | null = selected.value?.position ?? null;
  const found = newest([...track.value, ...(shown ? [shown] : [])].filter(isNetwork));
  return found && found !== caller.value && secondsSince(found.fixed_at) <= NETWORK_S ? found : null;
});

/** Where the incident's other alerts were last. */
export const others = computed<Placed[]>(() => {
  const own = caller.value?.alert_id ?? newest(track.value.filter((one) => !isNetwork(one)))?.alert_id;
  const by = new Map<string, Placed[]>();
  for (const one of track.value) if (one.alert_id && one.alert_id !== own && !isNetwork(one)) by.set(one.alert_id, [...(by.get(one.alert_id) ?? []), one]);
  return [...by.values()].map((list) => newest(list)!);
});

/** Her way: of her alert and her phone only, so that no line jumps to another person or to a mast. */
export const way = computed<Placed[]>(() => {
  const away = new Set(others.value.map((one) => one.alert_id));
  return track.value.filter((one) => !isNetwork(one) && !away.has(one.alert_id));
});

export const guess = computed(() => predict(caller.value && !isNetwork(caller.value) ? caller.value : null, now.value));

/** Not how old it is to the second, but what that means: only that redraws the map. */
export const fresh = computed(() => (caller.value ? freshness(caller.value, now.value) : "fresh"));

export function callerMark(position: Position): string {
  if (fresh.value === "lost") return m().lost(timeOfDay(position.fixed_at));
  return fresh.value === "stale" ? m().staleMark(t().age(secondsSince(position.fixed_at))) : "";
}

export function otherMarks(): CallerMark[] {
  const marks: CallerMark[] = others.value.map((position) => ({
    position, isStale: freshness(position, now.peek()) !== "fresh", label: m().otherMark(timeOfDay(position.fixed_at).slice(0, 5)), kind: "other",
  }));
  const mast = network.value;
  if (mast) marks.push({ position: mast, isStale: false, label: m().networkMark(timeOfDay(mast.fixed_at).slice(0, 5)), kind: "network" });
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
    const etaMin = one.eta_at ? Math.max(0, Math.ceil((Date.parse(one.eta_at) - now.value) / 60_000)) : null;
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
