import Feature from "ol/Feature";
import LineString from "ol/geom/LineString";
import Point from "ol/geom/Point";
import { Fill, RegularShape, Stroke, Style } from "ol/style";
import { around, at, FAMILY, type Ink, label } from "./map-ink";

/** What somebody else says of her place: a hollow hexagon in the ring that it means, and the dotted way of that source
 * alone. Never filled, so that nobody takes it for a measurement of her phone. */
export interface SourceMark { id: string; lat: number; lon: number; radius_m: number; label: string; isDraft?: boolean; way: { lat: number; lon: number }[] }

export function sourceFeatures(sources: SourceMark[], ink: Ink): Feature[] {
  return sources.flatMap((source) => {
    const dash = source.isDraft ? [3, 5] : [8, 5];
    const ring = new Feature(around(source, Math.max(3, source.radius_m), 96));
    ring.setStyle(new Style({ fill: new Fill({ color: `${ink.source}0d` }), stroke: new Stroke({ color: ink.source, width: 2, lineDash: dash }), zIndex: 1 }));
    const way = new Feature(new LineString(source.way.map(at)));
    way.setStyle(new Style({ stroke: new Stroke({ color: `${ink.source}b3`, width: 2, lineDash: [1, 6], lineCap: "round" }), zIndex: 1 }));
    const point = new Feature({ geometry: new Point(at(source)), source: source.id });
    point.setStyle(new Style({
      image: new RegularShape({ points: 6, radius: 10, fill: new Fill({ color: `${ink.ground}cc` }), stroke: new Stroke({ color: ink.source, width: 3 }) }),
      text: label(ink, source.label, -22, `700 13px ${FAMILY}`, ink.source), zIndex: 3,
    }));
    return source.way.length > 1 ? [ring, way, point] : [ring, point];
  });
}
