import Feature from "ol/Feature";
import LineString from "ol/geom/LineString";
import Point from "ol/geom/Point";
import { Circle, Fill, RegularShape, Stroke, Style, Text } from "ol/style";
import { at } from "./map-ink";
import type { Trail } from "./wire";

/** The trail of sightings as the map draws it: numbered squares joined in order, and lightly what may come next. */
const FONT = '700 13px "Pretendard GOV", "Noto Sans CJK KR", sans-serif';
const NEXT = 8;

export interface TrailInk { own: string; halo: string; text: string }

export function trailFeatures(trail: Trail | null, ink: TrailInk, timeOf: (at: string) => string): Feature[] {
  if (!trail || trail.sightings.length === 0) return [];
  const seen = trail.sightings;
  const last = seen[seen.length - 1];
  return [
    ...trail.next.slice(0, NEXT).flatMap((one) => ahead(last, one, ink, timeOf(one.likely_at))),
    ...(["person", "vehicle"] as const).flatMap((subject) => way(seen.filter((one) => one.subject === subject), ink)),
    ...seen.map((one) => stop(one, ink, `${one.number} · ${timeOf(one.seen_at)}`)),
  ];
}

function way(seen: Trail["sightings"], ink: TrailInk): Feature[] {
  if (seen.length < 2) return [];
  const line = new Feature(new LineString(seen.map(at)));
  line.setStyle(new Style({ stroke: new Stroke({ color: ink.own, width: 4 }), zIndex: 4 }));
  return [line];
}

/** Told by shape too: a square is a sighting, a diamond is the caller, a circle is a camera. */
function stop(one: Trail["sightings"][number], ink: TrailInk, text: string): Feature {
  const feature = new Feature(new Point(at(one)));
  feature.setStyle(new Style({
    image: new RegularShape({ points: 4, radius: 11, angle: Math.PI / 4, fill: new Fill({ color: ink.own }), stroke: new Stroke({ color: ink.halo, width: 2 }) }),
    text: new Text({ text, font: FONT, offsetY: -22, fill: new Fill({ color: ink.text }), stroke: new Stroke({ color: ink.halo, width: 4 }) }),
    zIndex: 6,
  }));
  return feature;
}

function ahead(from: { lat: number; lon: number }, one: Trail["next"][number], ink: TrailInk, text: string): Feature[] {
  const line = new Feature(new LineString([at(from), at(one)]));
  line.setStyle(new Style({ stroke: new Stroke({ color: `${ink.own}66`, width: 1.5, lineDash: [3, 7] }) }));
  const point = new Feature(new Point(at(one)));
  point.setStyle(new Style({
    image: new Circle({ radius: 6, stroke: new Stroke({ color: `${ink.own}aa`, width: 2 }), fill: new Fill({ color: "#ffffff22" }) }),
    text: new Text({ text, font: FONT.replace("700 13px", "400 12px"), offsetY: 16, fill: new Fill({ color: ink.text }), stroke: new Stroke({ color: ink.halo, width: 3 }) }),
  }));
  return [line, point];
}
