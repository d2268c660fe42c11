import Feature from "ol/Feature";
import GeoJSON from "ol/format/GeoJSON";
import type Geometry from "ol/geom/Geometry";
import { Fill, Stroke, Style } from "ol/style";
import { FAMILY, type Ink, label } from "./map-ink";

/** Areas of disaster warnings: how grave is told by colour, by how close the stripes are, by the rim and in words. */
export type WarningLook = "Extreme" | "Severe" | "Moderate" | "Minor" | "Unknown";
export interface WarningMark { id: string; look: WarningLook; label: string; isLit: boolean; area: GeoJSON.Geometry }

/** Pixels from stripe to stripe; none for the least. */
const STRIPES: Record<WarningLook, number> = { Extreme: 7, Severe: 11, Moderate: 17, Minor: 0, Unknown: 0 };
const RIM: Record<WarningLook, { width: number; dash?: number[] }> = {
  Extreme: { width: 4 }, Severe: { width: 3 }, Moderate: { width: 2.5, dash: [12, 5] }, Minor: { width: 2, dash: [5, 5] }, Unknown: { width: 2, dash: [2, 5] },
};
const colorOf = (look: WarningLook, ink: Ink) => (look === "Extreme" || look === "Severe" ? ink.caller : look === "Moderate" ? ink.chosen : ink.dot);

function fill(look: WarningLook, color: string, isLit: boolean): CanvasPattern | string {
  const wide = STRIPES[look];
  const ground = `${color}${isLit ? "40" : "1a"}`;
  const tile = document.createElement("canvas");
  tile.width = tile.height = wide;
  const pen = wide > 0 ? tile.getContext("2d") : null;
  if (!pen) return ground;
  pen.fillStyle = ground;
  pen.fillRect(0, 0, wide, wide);
  pen.strokeStyle = `${color}99`;
  pen.lineWidth = 1.5;
  pen.beginPath();
  for (const shift of [-wide, 0, wide]) { pen.moveTo(shift, wide); pen.lineTo(shift + wide, 0); }
  pen.stroke();
  return pen.createPattern(tile, "repeat") ?? ground;
}

const ORDER: WarningLook[] = ["Unknown", "Minor", "Moderate", "Severe", "Extreme"];
const read = new GeoJSON({ featureProjection: "EPSG:3857" });
export const shapeOf = (area: GeoJSON.Geometry) => read.readGeometry(area) as Geometry;

/** The gravest on top. */
export function warningFeatures(warnings: WarningMark[], ink: Ink): Feature[] {
  return warnings.map((one) => {
    const color = colorOf(one.look, ink);
    const feature = new Feature({ geometry: shapeOf(one.area), warning: one.id });
    feature.setStyle(new Style({
      fill: new Fill({ color: fill(one.look, color, one.isLit) }), stroke: new Stroke({ color, width: RIM[one.look].width + (one.isLit ? 2 : 0), lineDash: RIM[one.look].dash }),
      text: one.label ? label(ink, one.label, 0, `700 14px ${FAMILY}`, color) : undefined, zIndex: ORDER.indexOf(one.look),
    }));
    return feature;
  });
}
