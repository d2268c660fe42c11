import { effect } from "@preact/signals";
import Feature, { type FeatureLike } from "ol/Feature";
import OlMap from "ol/Map";
import View from "ol/View";
import Point from "ol/geom/Point";
import VectorImageLayer from "ol/layer/VectorImage";
import VectorSource from "ol/source/Vector";
import { Circle, Fill, RegularShape, Stroke, Style } from "ol/style";
import "ol/ol.css";
import { createGround, mapControls } from "./map-basemap";
import { at, type Ink, inkOf } from "./map-ink";
import { theme } from "./theme";

/** Places of one import; told apart by shape as well as by colour (the legend beside the map has the same signs). */
export type FacilityDot = [kind: string, lat: number, lon: number, name: string];
interface FacilityMap { show(dots: readonly FacilityDot[]): void; close(): void }

const NOWHERE = { lat: 36.5, lon: 127.8 };

export function createFacilityMap(element: HTMLElement, attribution: string): FacilityMap {
  const source = new VectorSource();
  const ground = createGround({ attribution });
  const layer = new VectorImageLayer({ className: "marks", source, imageRatio: 1.5 });
  const view = new View({ center: at(NOWHERE), zoom: 7, minZoom: 6, maxZoom: 19 });
  const map = new OlMap({
    target: element, view, layers: [...ground.layers, layer], controls: mapControls(),
  });
  element.tabIndex = 0;
  const undress = effect(() => layer.setStyle(styleOf(inkOf(theme.value))));
  return {
    show: (dots) => {
      source.clear(true);
      source.addFeatures(dots.map(([kind, lat, lon]) => new Feature({ geometry: new Point(at({ lat, lon })), kind })));
      element.dataset.drawnFacilities = String(dots.length);
      if (dots.length > 0) view.fit(source.getExtent()!, { padding: [40, 40, 40, 40], maxZoom: 16 });
    },
    close: () => { undress(); ground.close(); map.setTarget(undefined); },
  };
}

/** Of the legend: the same shape and colour as on the map. */
export function signOf(kind: string, ink: Ink): [glyph: string, color: string] {
  const signs: Record<string, [string, string]> = {
    police_box: ["■", ink.police], emergency_bell: ["▲", ink.fire], light: ["●", ink.traffic], safe_store: ["◆", ink.other], camera_sign: ["▪", ink.dot], shelter: ["⬟", ink.predicted],
  };
  return signs[kind] ?? ["•", ink.dot];
}

/** A light is a small dot (there are thousands), all others are larger and of a shape of their own. */
function styleOf(ink: Ink): (feature: FeatureLike) => Style {
  const rim = new Stroke({ color: ink.halo, width: 1.5 });
  const shape = (color: string, points: number, radius: number, angle = 0) => new Style({ image: new RegularShape({ points, radius, angle, fill: new Fill({ color }), stroke: rim }), zIndex: 2 });
  const styles: Record<string, Style> = {
    police_box: shape(ink.police, 4, 9, Math.PI / 4),
    emergency_bell: shape(ink.fire, 3, 9),
    light: new Style({ image: new Circle({ radius: 3.5, fill: new Fill({ color: ink.traffic }), stroke: new Stroke({ color: ink.halo, width: 1 }) }), zIndex: 1 }),
    safe_store: shape(ink.other, 4, 9),
    camera_sign: shape(ink.dot, 4, 7, Math.PI / 4),
    shelter: shape(ink.predicted, 5, 9),
    other: new Style({ image: new Circle({ radius: 5.5, fill: new Fill({ color: ink.dot }), stroke: rim }), zIndex: 2 }),
  };
  return (feature) => styles[String(feature.get("kind"))] ?? styles.other;
}
