import Feature from "ol/Feature";
import Polygon from "ol/geom/Polygon";
import { Fill, Stroke, Style } from "ol/style";
import { around, at, FAMILY, type Ink, label } from "./map-ink";

/** The area that a disaster room asks for: as it is now by a whole rim, and as it was raised with by a dashed one. */
export interface AskedMark { id: string; lat: number; lon: number; radius_m?: number; ring?: [number, number][]; label: string; isFirst: boolean }

export function askedFeatures(marks: AskedMark[], ink: Ink): Feature[] {
  return marks.map((mark) => {
    const shape = mark.ring ? new Polygon([[...mark.ring, mark.ring[0]].map(([lat, lon]) => at({ lat, lon }))]) : around(mark, mark.radius_m ?? 0, 96);
    const feature = new Feature(shape);
    const color = mark.isFirst ? ink.neighbour : ink.network;
    feature.setStyle(new Style({
      fill: new Fill({ color: `${color}${mark.isFirst ? "00" : "14"}` }), stroke: new Stroke({ color, width: mark.isFirst ? 2 : 3, lineDash: mark.isFirst ? [3, 6] : undefined }),
      text: label(ink, mark.label, 0, `700 13px ${FAMILY}`, mark.isFirst ? ink.name : color), zIndex: mark.isFirst ? 0 : 1,
    }));
    return feature;
  });
}
