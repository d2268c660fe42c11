import Feature from "ol/Feature";
import GeoJSON from "ol/format/GeoJSON";
import Point from "ol/geom/Point";
import { Circle, Fill, RegularShape, Stroke, Style } from "ol/style";
import { at, FAMILY, type Ink, label } from "./map-ink";

/** Who is on the way, how the traffic runs, and what crews should know: plain facts in, shapes and words out. */
export interface UnitMark { id: string; kind: "police" | "fire" | "other"; lat: number; lon: number; label: string; isStale: boolean }
export interface NoteMark { id: string; lat: number; lon: number; label: string }

/** A pentagon with a rim: no other thing on the map has five corners. */
export function unitFeatures(units: UnitMark[], ink: Ink): Feature[] {
  return units.map((unit) => {
    const feature = new Feature({ geometry: new Point(at(unit)), unit: unit.id });
    const color = ink[unit.kind];
    feature.setStyle(new Style({
      image: new RegularShape({
        points: 5, radius: 13, fill: new Fill({ color: unit.isStale ? `${ink.ground}cc` : color }), stroke: new Stroke({ color: unit.isStale ? color : ink.halo, width: 2.5 }),
      }),
      text: label(ink, unit.label, 24, `700 13px ${FAMILY}`), zIndex: 5,
    }));
    return feature;
  });
}

/** Roads by `level` (free, slow, jammed, closed): width and dash say it, colour only repeats it. None of it is red. */
function roadStyles(level: string, ink: Ink): Style[] {
  const line = (color: string, width: number, lineDash?: number[], zIndex = 2) => new Style({ stroke: new Stroke({ color, width, lineDash, lineCap: lineDash?.[0] === 0.5 ? "round" : "butt" }), zIndex });
  switch (level) {
    case "free": return [line(`${ink.other}b3`, 2.5, undefined, 1)];
    case "jammed": return [line(ink.halo, 10), line(ink.traffic, 7)];
    case "closed": return [line(ink.halo, 9), line(ink.text, 5, [0.5, 9])];
    default: return [line(ink.traffic, 4, [10, 6])];
  }
}

export function trafficFeatures(traffic: GeoJSON.FeatureCollection | null, ink: Ink): Feature[] {
  if (!traffic) return [];
  const features = new GeoJSON({ featureProjection: "EPSG:3857" }).readFeatures(traffic) as Feature[];
  for (const feature of features) feature.setStyle(roadStyles(String(feature.get("level") ?? "slow"), ink));
  return features;
}

export function noteFeatures(notes: NoteMark[], ink: Ink): Feature[] {
  return notes.map((note) => {
    const feature = new Feature({ geometry: new Point(at(note)), note: note.id });
    feature.setStyle(new Style({
      image: new Circle({ radius: 9, fill: new Fill({ color: ink.note }), stroke: new Stroke({ color: ink.halo, width: 2 }) }),
      text: label(ink, note.label, -18, `400 13px ${FAMILY}`), zIndex: 4,
    }));
    return feature;
  });
}
