import OlMap from "ol/Map";
import View from "ol/View";
import Feature from "ol/Feature";
import GeoJSON from "ol/format/GeoJSON";
import Attribution from "ol/control/Attribution";
import ScaleLine from "ol/control/ScaleLine";
import Zoom from "ol/control/Zoom";
import { createEmpty, extend, isEmpty } from "ol/extent";
import Graticule from "ol/layer/Graticule";
import VectorLayer from "ol/layer/Vector";
import VectorImageLayer from "ol/layer/VectorImage";
import LineString from "ol/geom/LineString";
import Point from "ol/geom/Point";
import Polygon, { circular } from "ol/geom/Polygon";
import { fromLonLat, toLonLat } from "ol/proj";
import VectorSource from "ol/source/Vector";
import { Circle, Fill, RegularShape, Stroke, Style, Text } from "ol/style";
import "ol/ol.css";
import { distanceM, offset } from "./geo";
import { trailFeatures } from "./map-trail";
import type { Camera, CameraChoice, Position, Trail } from "./wire";

/** With map-trail.ts and map-pair.ts the only files that know the map library. Everything it draws is also said in words by its caller. */
export interface MapOptions {
  center: { lat: number; lon: number; zoom: number };
  theme: "dark" | "light";
  attribution: string;
  /** The user took hold of the map, or gave it back. */
  onFollowing?: (following: boolean) => void;
  /** The visible box at a zoom where single cameras make sense, else null. */
  onView?: (box: { west: number; south: number; east: number; north: number } | null) => void;
  onHover?: (cameraNumber: number | null) => void;
  /** The map was pressed with the right button, or long: a place somebody means. */
  onPoint?: (place: { lat: number; lon: number }) => void;
}

export interface SeatMap {
  showCaller(position: Position | null, isStale: boolean, label: string): void;
  showTrack(track: Position[]): void;
  showChosen(cameras: CameraChoice[], lit: number | null): void;
  showCameras(cameras: Camera[]): void;
  showTrail(trail: Trail | null, timeOf: (at: string) => string): void;
  showJurisdictions(own: GeoJSON.Feature | null, neighbours: GeoJSON.FeatureCollection | null, language: "ko" | "en"): void;
  follow(): void;
  fit(): void;
  close(): void;
}

const CAMERA_ZOOM = 14.5;
const FOLLOW_ZOOM = 17;
const INK = {
  dark: { own: "#86aff9", neighbour: "#58616a", text: "#f4f5f6", halo: "#000", caller: "#f48771", dot: "#8a949e", chosen: "#ffb114", ground: "#131416", grid: "#33363d" },
  light: { own: "#0b50d0", neighbour: "#8a949e", text: "#1e2124", halo: "#fff", caller: "#bd2c0f", dot: "#6d7882", chosen: "#8a5c00", ground: "#f4f5f6", grid: "#cdd1d5" },
};
const FONT = '700 14px "Pretendard GOV", "Noto Sans CJK KR", sans-serif';
const at = (p: { lat: number; lon: number }) => fromLonLat([p.lon, p.lat]);

type Ink = (typeof INK)["dark"];

function label(ink: Ink, text: string, offsetY = 0, font = FONT): Text {
  return new Text({ text, font, offsetY, fill: new Fill({ color: ink.text }), stroke: new Stroke({ color: ink.halo, width: 4 }) });
}

function wedge(camera: CameraChoice, ink: Ink, isLit: boolean): Feature {
  const isDome = camera.heading_deg === null || camera.field_of_view_deg >= 360;
  const half = isDome ? 180 : camera.field_of_view_deg / 2;
  const ring = isDome ? [] : [at(camera)];
  for (let i = 0; i <= 32; i++) ring.push(at(offset(camera, (camera.heading_deg ?? 0) - half + (half * 2 * i) / 32, camera.range_m)));
  ring.push(ring[0]);
  const feature = new Feature({ geometry: new Polygon([ring]), number: camera.number });
  feature.setStyle(new Style({
    fill: new Fill({ color: `${ink.chosen}${isLit ? "66" : "26"}` }),
    stroke: new Stroke({ color: ink.chosen, width: isLit ? 3 : 1.5, lineDash: camera.healthy ? undefined : [4, 4] }),
    zIndex: isLit ? 2 : 1,
  }));
  return feature;
}

/** Several cameras share a pole: each number then stands a little out in its camera's direction. */
const POLE_M = 8;
const OUT_PX = 24;

function badge(camera: CameraChoice, all: CameraChoice[], ink: Ink, isLit: boolean): Feature {
  const isShared = all.some((other) => other !== camera && distanceM(other, camera) < POLE_M);
  const heading = ((camera.heading_deg ?? 0) * Math.PI) / 180;
  const [right, up] = isShared ? [Math.sin(heading) * OUT_PX, Math.cos(heading) * OUT_PX] : [0, 0];
  const feature = new Feature({ geometry: new Point(at(camera)), number: camera.number });
  feature.setStyle(new Style({
    image: new Circle({
      displacement: [right, up], radius: isLit ? 15 : 12, fill: new Fill({ color: ink.chosen }), stroke: new Stroke({ color: ink.halo, width: 2 }),
    }),
    text: new Text({ text: String(camera.number), font: FONT, offsetX: right, offsetY: -up, fill: new Fill({ color: ink.halo }) }),
    zIndex: 3,
  }));
  return feature;
}

/** Older pieces are fainter, and each full minute has a tick. */
function trackFeatures(track: Position[], ink: Ink): Feature[] {
  const newest = Date.parse(track.at(-1)?.fixed_at ?? "");
  const features: Feature[] = [];
  for (let i = 1; i < track.length; i++) {
    const ageS = (newest - Date.parse(track[i].fixed_at)) / 1000;
    const strength = Math.max(0.15, 1 - ageS / 600);
    const alpha = Math.round(strength * 255).toString(16).padStart(2, "0");
    const piece = new Feature(new LineString([at(track[i - 1]), at(track[i])]));
    piece.setStyle(new Style({ stroke: new Stroke({ color: ink.caller + alpha, width: 2 + strength * 3 }) }));
    features.push(piece);
    if (minute(track[i]) !== minute(track[i - 1])) {
      const tick = new Feature(new Point(at(track[i])));
      tick.setStyle(new Style({ image: new Circle({ radius: 3, fill: new Fill({ color: ink.caller + alpha }) }) }));
      features.push(tick);
    }
  }
  return features;
}

const minute = (p: Position) => Math.floor(Date.parse(p.fixed_at) / 60_000);

function callerFeatures(position: Position, isStale: boolean, text: string, ink: Ink): Feature[] {
  const ring = new Feature(circular([position.lon, position.lat], Math.max(3, position.accuracy_m), 64).transform("EPSG:4326", "EPSG:3857"));
  ring.setStyle(new Style({
    fill: new Fill({ color: `${ink.caller}${isStale ? "0d" : "26"}` }),
    stroke: new Stroke({ color: ink.caller, width: 2, lineDash: isStale ? [6, 6] : undefined }),
  }));
  const point = new Feature(new Point(at(position)));
  point.setStyle(new Style({
    image: new RegularShape({
      points: 4, radius: 13, angle: 0,
      fill: new Fill({ color: isStale ? `${ink.ground}cc` : ink.caller }),
      stroke: new Stroke({ color: isStale ? ink.caller : ink.halo, width: isStale ? 3 : 2 }),
    }),
    text: text ? label(ink, text, 26) : undefined,
    zIndex: 5,
  }));
  return [ring, point];
}

class Layers {
  readonly borders = new VectorSource();
  readonly dots = new VectorSource();
  readonly chosen = new VectorSource();
  readonly track = new VectorSource();
  readonly caller = new VectorSource();
  readonly trail = new VectorSource();

  constructor(readonly ink: Ink, attribution: string) {
    this.borders.setAttributions(attribution);
  }

  all() {
    const dot = new Style({
      image: new Circle({ radius: 4, fill: new Fill({ color: this.ink.dot }), stroke: new Stroke({ color: this.ink.halo, width: 1 }) }),
    });
    const vector = (source: VectorSource) => new VectorLayer({ source, updateWhileAnimating: true, updateWhileInteracting: true });
    return [
      new VectorLayer({ source: this.borders, declutter: true }),
      new Graticule({
        strokeStyle: new Stroke({ color: this.ink.grid, width: 1 }), showLabels: false, wrapX: false,
      }),
      new VectorImageLayer({ source: this.dots, style: dot, imageRatio: 1.5, minZoom: CAMERA_ZOOM }),
      vector(this.chosen), vector(this.track), vector(this.trail), vector(this.caller),
    ];
  }
}

function borderStyle(ink: Ink, isOwn: boolean, name: string): Style {
  return new Style({
    fill: new Fill({ color: isOwn ? `${ink.own}12` : "#00000001" }),
    stroke: new Stroke({ color: isOwn ? ink.own : ink.neighbour, width: isOwn ? 2.5 : 1, lineDash: isOwn ? undefined : [6, 4] }),
    text: label(ink, name, 0, isOwn ? FONT : '400 13px "Pretendard GOV", "Noto Sans CJK KR", sans-serif'),
    zIndex: isOwn ? 2 : 1,
  });
}

function showBorders(layers: Layers, own: GeoJSON.Feature | null, others: GeoJSON.FeatureCollection | null, language: "ko" | "en"): void {
  const read = new GeoJSON({ featureProjection: "EPSG:3857" });
  const features: Feature[] = [];
  const ownCode = own?.properties?.code as string | undefined;
  for (const raw of [...(others?.features ?? []), ...(own ? [own] : [])]) {
    const isOwn = raw === own;
    if (!isOwn && raw.properties?.code === ownCode) continue;
    const feature = read.readFeature(raw) as Feature;
    const name = (language === "ko" ? raw.properties?.name_ko : raw.properties?.name_en) as string | undefined;
    feature.setStyle(borderStyle(layers.ink, isOwn, name ?? ""));
    features.push(feature);
  }
  layers.borders.clear(true);
  layers.borders.addFeatures(features);
}

function replace(source: VectorSource, features: Feature[]): void {
  source.clear(true);
  source.addFeatures(features);
}

/** Counters for tests and for whoever inspects the page: what is on the canvas right now. */
function count(element: HTMLElement, layers: Layers): void {
  element.dataset.drawnCaller = String(layers.caller.getFeatures().length > 0 ? 1 : 0);
  element.dataset.drawnTrack = String(layers.track.getFeatures().length);
  element.dataset.drawnChosen = String(layers.chosen.getFeatures().length / 2);
  element.dataset.drawnTrail = String(layers.trail.getFeatures().length);
  element.dataset.drawnCameras = String(layers.dots.getFeatures().length);
  element.dataset.drawnBorders = String(layers.borders.getFeatures().length);
}

export function createMap(element: HTMLElement, options: MapOptions): SeatMap {
  const layers = new Layers(INK[options.theme], options.attribution);
  const view = new View({ center: at(options.center), zoom: options.center.zoom, maxZoom: 20, minZoom: 6 });
  const map = new OlMap({
    target: element, view, layers: layers.all(),
    controls: [new Zoom(), new ScaleLine({ minWidth: 90 }), new Attribution({ collapsible: false })],
  });
  let following = true;
  let last: Position | null = null;
  const setFollowing = (next: boolean) => {
    if (next !== following) options.onFollowing?.(next);
    following = next;
  };
  const center = (zoom?: number) => {
    if (last) view.animate({ center: at(last), ...(zoom ? { zoom } : {}), duration: 250 });
  };
  element.addEventListener("contextmenu", (event) => {
    if (!options.onPoint) return;
    event.preventDefault();
    const [lon, lat] = toLonLat(map.getEventCoordinate(event));
    options.onPoint({ lat, lon });
  });
  map.on("pointerdrag", () => setFollowing(false));
  element.addEventListener("wheel", () => setFollowing(false), { passive: true });
  map.on("moveend", () => {
    if ((view.getZoom() ?? 0) < CAMERA_ZOOM) return options.onView?.(null);
    const [left, bottom, right, top] = view.calculateExtent(map.getSize());
    const [west, south] = toLonLat([left, bottom]);
    const [east, north] = toLonLat([right, top]);
    options.onView?.({ west, south, east, north });
  });
  map.on("pointermove", (event) => {
    if (event.dragging) return;
    const hit = map.forEachFeatureAtPixel(event.pixel, (feature) => feature.get("number") as number | undefined, { hitTolerance: 4 });
    options.onHover?.(hit ?? null);
  });
  const counted = <A extends unknown[]>(draw: (...args: A) => void) => (...args: A) => { draw(...args); count(element, layers); };
  return {
    showCaller: counted((position: Position | null, isStale: boolean, text: string) => {
      const isFirst = last === null;
      const moved = position && (last?.lat !== position.lat || last?.lon !== position.lon);
      last = position;
      replace(layers.caller, position ? callerFeatures(position, isStale, text, layers.ink) : []);
      if (following && moved) center(isFirst ? FOLLOW_ZOOM : undefined);
    }),
    showTrack: counted((track: Position[]) => replace(layers.track, trackFeatures(track, layers.ink))),
    showChosen: counted((cameras: CameraChoice[], lit: number | null) => replace(layers.chosen, [
      ...cameras.map((camera) => wedge(camera, layers.ink, camera.number === lit)),
      ...cameras.map((camera) => badge(camera, cameras, layers.ink, camera.number === lit)),
    ])),
    showCameras: counted((cameras: Camera[]) => replace(layers.dots, cameras.map((camera) => new Feature(new Point(at(camera)))))),
    showTrail: counted((trail: Trail | null, timeOf: (at: string) => string) => replace(layers.trail, trailFeatures(trail, layers.ink, timeOf))),
    showJurisdictions: counted((own: GeoJSON.Feature | null, others: GeoJSON.FeatureCollection | null, language: "ko" | "en") =>
      showBorders(layers, own, others, language)),
    follow: () => { setFollowing(true); center(FOLLOW_ZOOM); },
    fit: () => {
      const extent = createEmpty();
      for (const source of [layers.caller, layers.track, layers.chosen, layers.trail]) extend(extent, source.getExtent() ?? createEmpty());
      if (isEmpty(extent)) return;
      setFollowing(false);
      view.fit(extent, { padding: [50, 50, 50, 50], maxZoom: 18, duration: 250 });
    },
    close: () => map.setTarget(undefined),
  };
}
