import Feature from "ol/Feature";
import LineString from "ol/geom/LineString";
import Point from "ol/geom/Point";
import { Fill, RegularShape, Stroke, Style } from "ol/style";
import { around, at, FAMILY, type Ink, label } from "./map-ink";

/** The last place that was known before a device was tampered with: a hollow cross in a dashed ring of its uncertainty,
 * and a thin line to where it is told to be now. Never the reported place, and never filled like it. */
export interface BeforeMark { id: string; lat: number; lon: number; accuracy_m: number; label: string; now?: { lat: number; lon: number } }

export function beforeFeatures(marks: BeforeMark[], ink: Ink): Feature[] {
  return marks.flatMap((mark) => {
    const ring = new Feature(around(mark, Math.max(4, mark.accuracy_m), 96));
    ring.setStyle(new Style({ fill: new Fill({ color: `${ink.predicted}0d` }), stroke: new Stroke({ color: ink.predicted, width: 2, lineDash: [6, 6] }), zIndex: 1 }));
    const point = new Feature(new Point(at(mark)));
    point.setStyle([
      new Style({ image: new RegularShape({ points: 4, radius: 11, radius2: 0, angle: Math.PI / 4, stroke: new Stroke({ color: ink.halo, width: 6 }) }), zIndex: 2 }),
      new Style({
        image: new RegularShape({ points: 4, radius: 11, radius2: 0, angle: Math.PI / 4, stroke: new Stroke({ color: ink.predicted, width: 3 }) }),
        text: label(ink, mark.label, 24, `700 13px ${FAMILY}`, ink.predicted), zIndex: 3,
      }),
    ]);
    if (!mark.now) return [ring, point];
    const line = new Feature(new LineString([at(mark), at(mark.now)]));
    line.setStyle(new Style({ stroke: new Stroke({ color: `${ink.predicted}99`, width: 2, lineDash: [1, 6], lineCap: "round" }), zIndex: 1 }));
    return [ring, line, point];
  });
}
