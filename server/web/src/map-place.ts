import Feature from "ol/Feature";
import OlMap from "ol/Map";
import View from "ol/View";
import LineString from "ol/geom/LineString";
import Point from "ol/geom/Point";
import VectorLayer from "ol/layer/Vector";
import { fromLonLat } from "ol/proj";
import VectorSource from "ol/source/Vector";
import { Circle, Fill, Stroke, Style } from "ol/style";
import "ol/ol.css";
import { createGround, type GroundState, mapControls } from "./map-basemap";
import { around, at, type Ink, inkOf, motionMs } from "./map-ink";
import { theme } from "./theme";
import type { Position } from "./wire";

export type Track = [number, number][];

/** The guardian's map: one place, exact or about, fresh or old. Everything on it also stands in words beside it. */
export interface PlaceMap {
  /** `track`: [lat, lon] of the way so far, as far as it was shown to her. */
  show(position: Position, options: { isStale: boolean; isCoarse: boolean; track?: Track }): void;
  follow(): void;
  close(): void;
}

const EXACT_ZOOM = 16.5;
const COARSE_ZOOM = 14.5;

export function createPlaceMap(element: HTMLElement, options: {
  first: Position; attribution: string; onFollowing: (following: boolean) => void; onGround: (state: GroundState) => void;
}): PlaceMap {
  const source = new VectorSource();
  const ground = createGround({ attribution: options.attribution, onState: options.onGround });
  const view = new View({ center: at(options.first), zoom: EXACT_ZOOM, minZoom: 7, maxZoom: 19 });
  const map = new OlMap({
    target: element, view,
    layers: [...ground.layers, new VectorLayer({ source, updateWhileAnimating: true, updateWhileInteracting: true })],
    controls: mapControls(80),
  });
  let isFollowing = true;
  let held: { position: Position; isStale: boolean; isCoarse: boolean; track: Track } | null = null;
  const setFollowing = (next: boolean) => {
    if (next !== isFollowing) options.onFollowing(next);
    isFollowing = next;
  };
  const center = (isFirst: boolean) => {
    if (!held) return;
    const zoom = isFirst ? { zoom: held.isCoarse ? COARSE_ZOOM : EXACT_ZOOM } : {};
    view.animate({ center: at(held.position), duration: isFirst ? 0 : motionMs(250), ...zoom });
  };
  const draw = () => {
    source.clear(true);
    if (held) source.addFeatures([...way(held.track, inkOf(theme.value)), ...features(held.position, held.isStale, held.isCoarse, inkOf(theme.value))]);
    element.dataset.drawnCaller = held ? "1" : "0";
    element.dataset.drawnAs = held ? `${held.isCoarse ? "area" : "point"} ${held.isStale ? "old" : "fresh"}` : "";
  };
  map.on("pointerdrag", () => setFollowing(false));
  element.addEventListener("wheel", () => setFollowing(false), { passive: true });
  return {
    show: (position, { isStale, isCoarse, track = [] }) => {
      const isFirst = held === null || held.isCoarse !== isCoarse;
      const moved = held?.position.lat !== position.lat || held.position.lon !== position.lon;
      held = { position, isStale, isCoarse, track };
      draw();
      if (isFollowing && (isFirst || moved)) center(isFirst);
    },
    follow: () => { setFollowing(true); center(true); },
    close: () => { ground.close(); map.setTarget(undefined); },
  };
}

function way(track: Track, ink: Ink): Feature[] {
  if (track.length < 2) return [];
  const line = new Feature(new LineString(track.map(([lat, lon]) => at({ lat, lon }))));
  line.setStyle([
    new Style({ stroke: new Stroke({ color: ink.halo, width: 6 }) }),
    new Style({ stroke: new Stroke({ color: `${ink.caller}b0`, width: 3 }) }),
  ]);
  return [line];
}

/** An old place is hollow and dashed; an area has no middle that one could walk to. */
function features(position: Position, isStale: boolean, isCoarse: boolean, ink: Ink): Feature[] {
  const ring = new Feature(around(position, Math.max(4, position.accuracy_m), 72));
  ring.setStyle(new Style({
    fill: new Fill({ color: `${ink.caller}${isStale ? "0d" : "2b"}` }),
    stroke: new Stroke({ color: ink.caller, width: 2.5, lineDash: isStale || isCoarse ? [8, 7] : undefined }),
  }));
  if (isCoarse) return [ring];
  const point = new Feature(new Point(fromLonLat([position.lon, position.lat])));
  point.setStyle(new Style({
    image: new Circle({
      radius: 10, fill: new Fill({ color: isStale ? `${ink.halo}cc` : ink.caller }),
      stroke: new Stroke({ color: isStale ? ink.caller : ink.halo, width: 3 }),
    }),
    zIndex: 2,
  }));
  return [ring, point];
}
