import { effect } from "@preact/signals";
import Feature, { type FeatureLike } from "ol/Feature";
import OlMap from "ol/Map";
import View from "ol/View";
import { boundingExtent } from "ol/extent";
import Point from "ol/geom/Point";
import VectorLayer from "ol/layer/Vector";
import VectorImageLayer from "ol/layer/VectorImage";
import { toLonLat } from "ol/proj";
import VectorSource from "ol/source/Vector";
import { Circle, Fill, RegularShape, Stroke, Style } from "ol/style";
import "ol/ol.css";
import type { Dot } from "./admin/cameras/wire";
import { createGround, mapControls } from "./map-basemap";
import { at, type Ink, inkOf, motionMs } from "./map-ink";
import { theme } from "./theme";

/** The registry's cameras as dots by the thousand; told apart by shape as well as by colour. */
export interface Box { west: number; south: number; east: number; north: number }
export interface RegistryMap {
  show(dots: readonly Dot[]): void;
  /** Rings around the cameras that a list shows. */
  mark(ids: ReadonlySet<string>): void;
  box(): Box;
  close(): void;
}

const HIT_PX = 12;
const NEAR_M = 9;

export function createRegistryMap(element: HTMLElement, options: { attribution: string; onCamera: (id: string) => void }): RegistryMap {
  const source = new VectorSource();
  const marked = new VectorSource();
  const ground = createGround({ attribution: options.attribution });
  const layer = new VectorImageLayer({ className: "marks", source, imageRatio: 1.5 });
  const rings = new VectorLayer({ className: "marks", source: marked });
  const view = new View({ center: at({ lat: 36.5, lon: 127.8 }), zoom: 7, minZoom: 6, maxZoom: 19 });
  const map = new OlMap({
    target: element, view, layers: [...ground.layers, layer, rings], controls: mapControls(),
  });
  element.tabIndex = 0;
  let isFitted = false;
  const byId = new Map<string, Feature<Point>>();
  const nearest = (coordinate: number[]) => {
    const found = source.getClosestFeatureToCoordinate(coordinate) as Feature<Point> | null;
    const [x, y] = found?.getGeometry()?.getCoordinates() ?? [Infinity, Infinity];
    return Math.hypot(x - coordinate[0], y - coordinate[1]) <= HIT_PX * (view.getResolution() ?? 1) ? found : null;
  };
  map.on("singleclick", (event) => { const found = nearest(event.coordinate); if (found) options.onCamera(String(found.getId())); });
  map.on("pointermove", (event) => { if (!event.dragging) element.style.cursor = nearest(event.coordinate) ? "pointer" : ""; });
  const undress = effect(() => {
    const ink = inkOf(theme.value);
    layer.setStyle(dotStyle(ink));
    rings.setStyle(new Style({ image: new Circle({ radius: 9, stroke: new Stroke({ color: ink.chosen, width: 3 }) }) }));
  });
  return {
    show: (dots) => {
      source.clear(true);
      byId.clear();
      for (const [id, lat, lon, health, hasStream] of dots) {
        const feature = new Feature(new Point(at({ lat, lon })));
        feature.setId(id);
        feature.set("look", health === "working" ? "good" : health === "unknown" ? (hasStream ? "unknown" : "bare") : health === "down" ? "down" : "poor", true);
        byId.set(id, feature);
      }
      source.addFeatures([...byId.values()]);
      element.dataset.drawnCameras = String(dots.length);
      if (!isFitted && dots.length > 0) {
        isFitted = true;
        view.fit(boundingExtent([...byId.values()].map((one) => one.getGeometry()!.getCoordinates())), { padding: [40, 40, 40, 40], maxZoom: 16, duration: motionMs(0) });
      }
    },
    mark: (ids) => {
      marked.clear(true);
      marked.addFeatures([...ids].flatMap((id) => { const one = byId.get(id); return one ? [new Feature(one.getGeometry()!.clone())] : []; }));
    },
    box: () => {
      const [left, bottom, right, top] = view.calculateExtent(map.getSize());
      const [[west, south], [east, north]] = [toLonLat([left, bottom]), toLonLat([right, top])];
      return { west, south, east, north };
    },
    close: () => { undress(); ground.close(); map.setTarget(undefined); },
  };
}

/** Filled: working. Hollow: not looked at yet. Small: known to exist only. Triangle: a poor picture. Cross: no connection. */
function dotStyle(ink: Ink) {
  const rim = new Stroke({ color: ink.halo, width: 1 });
  const looks = (scale: number): Record<string, Style> => ({
    good: new Style({ image: new Circle({ radius: 5 * scale, fill: new Fill({ color: ink.own }), stroke: rim }), zIndex: 2 }),
    unknown: new Style({ image: new Circle({ radius: 4.5 * scale, fill: new Fill({ color: ink.halo }), stroke: new Stroke({ color: ink.own, width: 2 }) }), zIndex: 1 }),
    bare: new Style({ image: new Circle({ radius: 3 * scale, fill: new Fill({ color: ink.dot }), stroke: rim }) }),
    poor: new Style({ image: new RegularShape({ points: 3, radius: 7.5 * scale, fill: new Fill({ color: ink.chosen }), stroke: rim }), zIndex: 3 }),
    down: new Style({ image: new RegularShape({ points: 4, radius: 7 * scale, radius2: 1.5, angle: Math.PI / 4, fill: new Fill({ color: ink.caller }), stroke: new Stroke({ color: ink.caller, width: 2 }) }), zIndex: 4 }),
  });
  const [near, far] = [looks(1.25), looks(0.75)];
  return (feature: FeatureLike, resolution: number) => (resolution < NEAR_M ? near : far)[feature.get("look") as string];
}
