import { effect, signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { call } from "../api";
import { secondsSince, timeOfDay } from "../clock";
import { lang } from "../lang";
import { createMap, type GroundState, type MapOptions, type SeatMap } from "../map";
import { m } from "../texts/map";
import { a } from "../texts/asks";
import { so } from "../texts/sources";
import { t } from "../texts/console";
import { w } from "../texts/warnings";
import type { Camera, IncidentCard } from "../wire";
import { Key } from "./key-list";
import { setMap } from "./keys";
import { CameraList, choose, inView, listing, lookFrom, OpenedCamera, pointed as pointedCamera } from "./map-cameras";
import { caller, callerMark, fresh, guess, otherMarks, unitFacts, way } from "./map-facts";
import { MapWords } from "./map-words";
import { cameras, hovered, me, selected, selectedId, sheet } from "./seat";
import { trail } from "./sightings";
import { picking, sourceMarks } from "./sources-state";
import { openWarning, WarningPanel, warningMarks, WarningsButton } from "./warnings";
import { pointedWalk, WalkList, walkMarks, WalksButton } from "./walks";
import { pointed } from "./work/observed";
import { askedAreas, beforeMarks } from "./work/requests-state";
import { noteMarks } from "../traffic/crew";
import { notes } from "../traffic/notes";
import { RoadsButton, RoadsPanel } from "../traffic/overlay";
import { drawn, Roads } from "../traffic/source";

/** The map, kept in step with the seat, and the same facts in words beneath it. */
const own = signal<GeoJSON.Feature | null>(null);
const neighbours = signal<GeoJSON.FeatureCollection | null>(null);
const ground = signal<GroundState>("loading");
const roads = new Roads("/api/traffic/links");
const VIEW_WAIT_MS = 300;
/** Boxes are asked for in steps of about a kilometre: an address in a log then says nothing about where somebody is. */
const STEP_DEG = 0.01;
/** A desk that answers for a whole province has no surroundings worth an outline of their own. */
const CITY_ZOOM = 9;

/** Outlines of the open incident's center and its neighbours; before any incident, of the desk's surroundings. */
async function fetchOutlines(card: IncidentCard | null): Promise<void> {
  const desk = me.peek()?.map;
  const around = card ? `center=${encodeURIComponent(card.center.code)}` : desk && desk.zoom >= CITY_ZOOM ? `lat=${desk.lat}&lon=${desk.lon}` : null;
  const [mine, others] = await Promise.allSettled([
    card ? call<GeoJSON.Feature>("GET", `/api/jurisdictions/${encodeURIComponent(card.center.code)}`) : Promise.resolve(null),
    around ? call<GeoJSON.FeatureCollection>("GET", `/api/jurisdictions?${around}&limit=9`) : Promise.resolve(null),
  ]);
  if (card && selected.peek()?.incident_id !== card.incident_id) return;
  own.value = mine.status === "fulfilled" ? mine.value : null;
  neighbours.value = others.status === "fulfilled" ? others.value : null;
}

/** Each effect reads what it draws and nothing else: a ticking second redraws only what is old enough to change by it. */
function keepInStep(map: SeatMap): () => void {
  let outlined: string | null = "";
  const stops = [
    effect(() => {
      const code = selected.value?.center.code ?? null;
      if (code === outlined || !me.value) return;
      outlined = code;
      void fetchOutlines(selected.peek());
    }),
    effect(() => map.showCaller(caller.value, fresh.value !== "fresh", caller.value ? callerMark(caller.value) : "")),
    effect(() => {
      const held = guess.value;
      map.showPrediction(caller.value, held, held ? m().guessMark(t().age(Math.round(held.ageS))) : "");
    }),
    effect(() => map.showOthers(otherMarks())),
    effect(() => map.showTrack(way.value)),
    effect(() => map.showChosen(cameras.value, hovered.value)),
    effect(() => map.showTrail(trail.value, timeOfDay)),
    effect(() => map.showUnits(unitFacts(selected.value))),
    effect(() => map.showTraffic(drawn(roads))),
    effect(() => map.showNotes(noteMarks(notes.value.incidentId === selectedId.value ? notes.value.list ?? [] : []))),
    effect(() => map.showSources(sourceMarks())),
    effect(() => map.showBefore(beforeMarks())),
    effect(() => map.showAsked(askedAreas())),
    effect(() => {
      if (!lookFrom.value) return;
      map.goTo(lookFrom.value, true);
      listing.value = true;
    }),
    effect(() => map.showWalks(walkMarks())),
    effect(() => map.showWarnings(warningMarks())),
    effect(() => map.showJurisdictions(own.value, neighbours.value, lang.value)),
    effect(() => map.pointAt(pointedCamera.value)),
  ];
  return () => stops.forEach((stop) => stop());
}

let all: Camera[] = [];

/** The cameras of the piece of the registry that is in view, asked for when the map has come to rest. */
function cameraLoader(show: (cameras: Camera[]) => void): NonNullable<MapOptions["onView"]> {
  let timer = 0;
  let held = "";
  return (box) => {
    clearTimeout(timer);
    if (!box) {
      held = "";
      inView.value = null;
      return show([]);
    }
    const down = (deg: number) => (Math.floor(deg / STEP_DEG) * STEP_DEG).toFixed(2);
    const up = (deg: number) => (Math.ceil(deg / STEP_DEG) * STEP_DEG).toFixed(2);
    const query = new URLSearchParams({ west: down(box.west), south: down(box.south), east: up(box.east), north: up(box.north) }).toString();
    const isSeen = (camera: Camera) => camera.lon >= box.west && camera.lon <= box.east && camera.lat >= box.south && camera.lat <= box.north;
    timer = window.setTimeout(async () => {
      const got = query === held ? null : await call<{ cameras: Camera[] }>("GET", `/api/cameras?${query}`).catch(() => null);
      if (got) {
        held = query;
        all = got.cameras;
        show(all);
      }
      inView.value = all.filter(isSeen);
    }, VIEW_WAIT_MS);
  };
}

function optionsFor(onFollowing: (following: boolean) => void, made: () => SeatMap): MapOptions {
  const loadCameras = cameraLoader((cameras) => made().showCameras(cameras));
  return {
    center: me.peek()?.map ?? { lat: 37.39, lon: 126.95, zoom: 11 },
    attribution: () => m().attribution,
    onFollowing,
    onGround: (state) => { ground.value = state; },
    onPoint: (place) => {
      if (!me.peek()?.permissions.includes("incidents.work") || sheet.peek()) return;
      pointed.value = place;
      sheet.value = { kind: "observed" };
    },
    onHover: (number) => { if (hovered.peek() !== number) hovered.value = number; },
    onOver: (camera) => { pointedCamera.value = camera; },
    onCamera: choose,
    onPick: (place) => {
      const pick = picking.peek();
      pick?.(place);
      return pick !== null;
    },
    onWarning: openWarning,
    onWalk: (id) => { pointedWalk.value = id; },
    onView: (box) => { loadCameras(box); roads.look(box); },
  };
}

function useMap(onFollowing: (following: boolean) => void) {
  const element = useRef<HTMLDivElement>(null);
  const map = useRef<SeatMap | null>(null);
  useEffect(() => {
    const made = createMap(element.current!, optionsFor(onFollowing, () => made));
    map.current = made;
    setMap(made);
    const stop = keepInStep(made);
    return () => { stop(); setMap(null); made.close(); };
  }, []);
  return { element, map };
}

/** The map opens where this desk works, so it waits for who sits here. */
export function MapRegion() {
  return me.value ? <DeskMap /> : <section class="map-region" aria-label={t().regions.map} />;
}

function Legend() {
  const list = m().legendList;
  return (
    <details class="map-legend">
      <summary>{m().legend}</summary>
      <ul>{Object.entries(list).map(([key, text]) => <li key={key}><span class={`sign sign-${key}`} aria-hidden="true" />{text}</li>)}<li><span class="sign sign-source" aria-hidden="true" />{so().legend}</li><li><span class="sign sign-before" aria-hidden="true" />{a().beforeLegend}</li><li><span class="sign sign-warning" aria-hidden="true" />{w().legend}</li></ul>
    </details>
  );
}

/** Said over the picture too, where nobody can miss it: this is where she was, not where she is. */
function Lost() {
  const held = caller.value;
  if (!held || fresh.value !== "lost") return null;
  return <p class="over lost" data-lost>{m().lost(timeOfDay(held.fixed_at))} <span aria-hidden="true">({t().age(secondsSince(held.fixed_at))})</span></p>;
}

function DeskMap() {
  const following = useSignal(true);
  const { element, map } = useMap((next) => { following.value = next; });
  const card = selected.value;
  return (
    <section class="map-region" aria-label={t().regions.map}>
      <div class={picking.value ? "map is-picking" : "map"}>
        <div class="canvas" ref={element} role="application" aria-label={m().label} />
        {m().ground[ground.value] && <p class={`over no-streets${ground.value === "missing" ? " warn" : ""}`} data-ground={ground.value}>{m().ground[ground.value]}</p>}
        <Lost />
        {picking.value && <p class="over picking-hint" role="status">{so().form.picking}</p>}
        <div class="over map-buttons">
          {!following.value && card?.position && (
            <button type="button" class="primary" onClick={() => map.current?.follow()}>{m().follow} <Key of="follow" /></button>
          )}
          <button type="button" disabled={!card?.position} onClick={() => map.current?.fit()}>{m().fit} <Key of="fit" /></button>
          <button type="button" aria-expanded={listing.value} onClick={() => { lookFrom.value = null; listing.value = !listing.peek(); }}>{m().cameras}</button>
          {me.value?.permissions.includes("traffic.read") && <RoadsButton roads={roads} />}
          <WalksButton />
          <WarningsButton />
        </div>
        {!listing.value && <RoadsPanel roads={roads} />}
        {listing.value && <CameraList map={map.current} onClose={() => { lookFrom.value = null; listing.value = false; }} />}
        <OpenedCamera />
        <WalkList map={map.current} />
        {!listing.value && <WarningPanel map={map.current} />}
        <Legend />
      </div>
      {card && <MapWords card={card} />}
    </section>
  );
}
