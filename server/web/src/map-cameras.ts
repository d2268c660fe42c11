import Feature from "ol/Feature";
import Point from "ol/geom/Point";
import Polygon from "ol/geom/Polygon";
import VectorSource from "ol/source/Vector";
import { Circle, Fill, Stroke, Style, Text } from "ol/style";
import type { FeatureLike } from "ol/Feature";
import { distanceM, offset } from "./geo";
import { at, FONT, type Ink, label } from "./map-ink";
import type { Camera, CameraChoice } from "./wire";

/** Dots by the thousand, and wedges for the five that were chosen and the one that is pointed at. */
const NEAR_ZOOM_M = 9; // metres a pixel: closer than about zoom 14 dots are larger
/** Several cameras share a pole: each number then stands a little out in its camera's direction. */
const POLE_M = 8;
const OUT_PX = 24;

export function dotStyle(ink: Ink) {
  const dot = (radius: number, color: string) => new Style({
    image: new Circle({ radius, fill: new Fill({ color }), stroke: new Stroke({ color: ink.halo, width: 1 }) }),
  });
  const styles = { near: dot(5, ink.dot), far: dot(2.5, ink.dot), nearBad: dot(4, ink.dotBad), farBad: dot(2, ink.dotBad) };
  return (feature: FeatureLike, resolution: number) => {
    const isNear = resolution < NEAR_ZOOM_M;
    const isBad = (feature.get("camera") as Camera).healthy === false;
    return isBad ? (isNear ? styles.nearBad : styles.farBad) : isNear ? styles.near : styles.far;
  };
}

export function dotFeatures(cameras: Camera[]): Feature[] {
  return cameras.map((camera) => new Feature({ geometry: new Point(at(camera)), camera }));
}

/** The camera within `px` pixels of the pointer; the source's own tree finds it among thousands. */
export function dotAt(source: VectorSource, coordinate: number[], resolution: number, px = 10): Camera | null {
  const nearest = source.getClosestFeatureToCoordinate(coordinate);
  const [x, y] = nearest?.getGeometry()?.getExtent() ?? [Infinity, Infinity];
  return nearest && Math.hypot(x - coordinate[0], y - coordinate[1]) <= px * resolution ? (nearest.get("camera") as Camera) : null;
}

function view(camera: Camera): Polygon {
  const isDome = camera.heading_deg === null || camera.field_of_view_deg >= 360;
  const half = isDome ? 180 : camera.field_of_view_deg / 2;
  const ring = isDome ? [] : [at(camera)];
  for (let i = 0; i <= 32; i++) ring.push(at(offset(camera, (camera.heading_deg ?? 0) - half + (half * 2 * i) / 32, camera.range_m)));
  return new Polygon([[...ring, ring[0]]]);
}

export function wedge(camera: CameraChoice, ink: Ink, isLit: boolean): Feature {
  const feature = new Feature({ geometry: view(camera), number: camera.number });
  feature.setStyle(new Style({
    fill: new Fill({ color: `${ink.chosen}${isLit ? "66" : "26"}` }),
    stroke: new Stroke({ color: ink.chosen, width: isLit ? 3 : 1.5, lineDash: camera.healthy ? undefined : [4, 4] }), zIndex: isLit ? 2 : 1,
  }));
  return feature;
}

export function badge(camera: CameraChoice, all: CameraChoice[], ink: Ink, isLit: boolean): Feature {
  const isShared = all.some((other) => other !== camera && distanceM(other, camera) < POLE_M);
  const heading = ((camera.heading_deg ?? 0) * Math.PI) / 180;
  const [right, up] = isShared ? [Math.sin(heading) * OUT_PX, Math.cos(heading) * OUT_PX] : [0, 0];
  const feature = new Feature({ geometry: new Point(at(camera)), number: camera.number });
  feature.setStyle(new Style({
    image: new Circle({ displacement: [right, up], radius: isLit ? 15 : 12, fill: new Fill({ color: ink.chosen }), stroke: new Stroke({ color: ink.halo, width: 2 }) }),
    text: new Text({ text: String(camera.number), font: FONT, offsetX: right, offsetY: -up, fill: new Fill({ color: ink.halo }) }), zIndex: 3,
  }));
  return feature;
}

/** The camera that is pointed at or has the keyboard: its view, a ring around its dot, and its name. */
export function pointedFeatures(camera: Camera | null, ink: Ink): Feature[] {
  if (!camera) return [];
  const wide = new Feature(view(camera));
  wide.setStyle(new Style({ fill: new Fill({ color: `${ink.own}2e` }), stroke: new Stroke({ color: ink.own, width: 1.5 }), zIndex: 1 }));
  const dot = new Feature(new Point(at(camera)));
  dot.setStyle(new Style({
    image: new Circle({ radius: 8, fill: new Fill({ color: ink.own }), stroke: new Stroke({ color: ink.halo, width: 2 }) }), text: label(ink, camera.name, -20), zIndex: 7,
  }));
  return [wide, dot];
}
