import { effect, signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { call } from "../api";
import { secondsSince, timeOfDay } from "../clock";
import { bearingDeg, distanceM, wind } from "../geo";
import { lang, named } from "../lang";
import { createMap, type SeatMap } from "../map";
import { t } from "../texts/console";
import type { Camera, IncidentCard } from "../wire";
import { accuracyWords, isStale, PositionAge } from "./facts";
import { setMap } from "./keys";
import { detail, hovered, me, selected, sheet } from "./seat";
import { trail } from "./sightings";
import { pointed } from "./work/observed";

/** The map, kept in step with the seat, and the same facts in words beneath it. */
const own = signal<GeoJSON.Feature | null>(null);
const neighbours = signal<GeoJSON.FeatureCollection | null>(null);
const VIEW_WAIT_MS = 300;

/** Outlines of the open incident's center and its neighbours; before any incident, of the desk's surroundings. */
async function fetchOutlines(card: IncidentCard | null): Promise<void> {
  const home = me.peek()?.map;
  const where = card ? `center=${encodeURIComponent(card.center.code)}` : `lat=${home?.lat ?? 36.35}&lon=${home?.lon ?? 127.8}`;
  const [mine, around] = await Promise.allSettled([
    card ? call<GeoJSON.Feature>("GET", `/api/jurisdictions/${encodeURIComponent(card.center.code)}`) : Promise.resolve(null),
    call<GeoJSON.FeatureCollection>("GET", `/api/jurisdictions?${where}&limit=9`), // a person's place is not for addresses
  ]);
  if (card && selected.peek()?.incident_id !== card.incident_id) return;
  own.value = mine.status === "fulfilled" ? mine.value : null;
  neighbours.value = around.status === "fulfilled" ? around.value : null;
}

function keepInStep(map: SeatMap): () => void {
  let outlined: string | null = "";
  const stops = [
    effect(() => {
      const card = selected.value;
      const id = card ? `${card.incident_id}${card.position ? "+" : ""}` : null;
      if (id !== outlined && me.value) {
        outlined = id;
        void fetchOutlines(card);
      }
    }),
    effect(() => {
      const card = selected.value;
      const stale = card ? isStale(card) : false;
      const age = card?.position && stale ? t().map.stale(t().age(secondsSince(card.position.fixed_at))) : "";
      map.showCaller(card?.position ?? null, stale, age);
    }),
    effect(() => map.showTrack(detail.value?.track ?? [])),
    effect(() => map.showChosen(detail.value?.cameras ?? [], hovered.value)),
    effect(() => map.showTrail(trail.value, timeOfDay)),
    effect(() => map.showJurisdictions(own.value, neighbours.value, lang.value)),
  ];
  return () => stops.forEach((stop) => stop());
}

function useMap(onFollowing: (following: boolean) => void) {
  const element = useRef<HTMLDivElement>(null);
  const map = useRef<SeatMap | null>(null);
  useEffect(() => {
    let timer = 0;
    const made = createMap(element.current!, {
      center: me.peek()?.map ?? { lat: 37.39, lon: 126.95, zoom: 11 },
      theme: "dark",
      attribution: t().map.attribution,
      onFollowing,
      onPoint: (place) => {
        if (!me.peek()?.permissions.includes("incidents.work") || sheet.peek()) return;
        pointed.value = place;
        sheet.value = { kind: "observed" };
      },
      onHover: (number) => { if (hovered.peek() !== number) hovered.value = number; },
      onView: (box) => {
        clearTimeout(timer);
        if (!box) return made.showCameras([]);
        timer = window.setTimeout(async () => {
          const query = new URLSearchParams(Object.entries(box).map(([side, deg]) => [side, deg.toFixed(5)]));
          const got = await call<{ cameras: Camera[] }>("GET", `/api/cameras?${query}`).catch(() => null);
          if (got) made.showCameras(got.cameras);
        }, VIEW_WAIT_MS);
      },
    });
    map.current = made;
    setMap(made);
    const stop = keepInStep(made);
    return () => { stop(); setMap(null); made.close(); };
  }, []);
  return { element, map };
}

/** Distance, bearing, coordinates: what the canvas shows, for who cannot see it. */
function InWords({ card }: { card: IncidentCard }) {
  const p = card.position;
  if (!p) return <p class="in-words warn">{t().noPosition}</p>;
  const nearest = [...(detail.value?.cameras ?? [])].sort((a, b) => distanceM(p, a) - distanceM(p, b))[0];
  return (
    <p class="in-words">
      <span>{named(card.center)}</span>
      <span class="timer" data-fact="coordinates">{p.lat.toFixed(5)}, {p.lon.toFixed(5)}</span>
      <span>{accuracyWords(card)}</span>
      <span><PositionAge card={card} /> ({timeOfDay(p.fixed_at)})</span>
      {nearest && <span>{t().map.nearest(nearest.name, t().winds[wind(bearingDeg(p, nearest))], t().metres(Math.round(distanceM(p, nearest))))}</span>}
    </p>
  );
}

/** The map opens where this desk works, so it waits for who sits here. */
export function MapRegion() {
  return me.value ? <DeskMap /> : <section class="map-region" aria-label={t().regions.map} />;
}

function DeskMap() {
  const following = useSignal(true);
  const { element, map } = useMap((next) => { following.value = next; });
  const card = selected.value;
  return (
    <section class="map-region" aria-label={t().regions.map}>
      <div class="map">
        <div class="canvas" ref={element} role="group" aria-label={t().map.label} />
        <p class="over no-streets">{t().map.noStreets}</p>
        <div class="over map-buttons">
          {!following.value && card?.position && (
            <button type="button" class="primary" onClick={() => map.current?.follow()}>{t().map.follow} <kbd aria-hidden="true">F</kbd></button>
          )}
          <button type="button" disabled={!card?.position} onClick={() => map.current?.fit()}>{t().map.fit} <kbd aria-hidden="true">L</kbd></button>
        </div>
      </div>
      {card ? <InWords card={card} /> : <p class="in-words">{t().map.wedge} · {t().map.dot} · {t().map.caller}</p>}
    </section>
  );
}
