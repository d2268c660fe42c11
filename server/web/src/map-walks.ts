import Feature from "ol/Feature";
import Point from "ol/geom/Point";
import { Circle, Fill, RegularShape, Stroke, Style } from "ol/style";
import { at, FAMILY, type Ink, label } from "./map-ink";

/** Walks home that their walkers share: small, quiet, in a colour of their own, and nobody's name. */
export type WalkLook = "going" | "slow" | "stopped" | "aside" | "late" | "silent";
export interface WalkMark { id: string; look: WalkLook; lat: number; lon: number; /** Only of the one that is pointed at. */ label: string }

function image(look: WalkLook, ink: Ink): Circle | RegularShape {
  const rim = new Stroke({ color: ink.halo, width: 1.5 });
  const calm = new Fill({ color: ink.walk });
  const heed = new Fill({ color: ink.traffic });
  switch (look) {
    case "going": return new Circle({ radius: 7, fill: calm, stroke: rim });
    case "slow": return new Circle({ radius: 6, fill: new Fill({ color: ink.ground }), stroke: new Stroke({ color: ink.walk, width: 3 }) });
    case "stopped": return new RegularShape({ points: 4, angle: Math.PI / 4, radius: 9, fill: heed, stroke: rim });
    case "aside": return new RegularShape({ points: 4, angle: Math.PI / 4, radius: 10, radius2: 3.5, fill: heed, stroke: rim });
    case "late": return new RegularShape({ points: 3, angle: Math.PI, radius: 10, fill: heed, stroke: rim });
    default: return new Circle({ radius: 6, fill: new Fill({ color: `${ink.ground}cc` }), stroke: new Stroke({ color: ink.dot, width: 2, lineDash: [3, 3] }) });
  }
}

/** Shape and colour say the state; under everything that belongs to a cry for help. */
export function walkFeatures(walks: WalkMark[], ink: Ink): Feature[] {
  return walks.map((walk) => {
    const feature = new Feature({ geometry: new Point(at(walk)), walk: walk.id });
    feature.setStyle(new Style({
      image: image(walk.look, ink), zIndex: walk.label ? 2 : 1,
      text: walk.label ? label(ink, walk.label, -18, `700 13px ${FAMILY}`) : undefined,
    }));
    return feature;
  });
}
