import type { FeatureLike } from "ol/Feature";
import { Fill, Stroke, Style, Text } from "ol/style";
import { FAMILY, type Ink } from "./map-ink";

/**
 * Vector street tiles of the two layouts that are around (Protomaps and OpenMapTiles): water, parks, buildings, roads by
 * width, and the names of roads. What a file has beside these is not drawn.
 */
const WIDE = /motorway|trunk|primary|highway|major_road/;
const NARROW = /path|track|service|footway|other/;

export function streetStyle(ink: Ink, language: "ko" | "en") {
  const fill = (color: string, zIndex: number) => new Style({ fill: new Fill({ color }), zIndex });
  const fills: Record<string, Style> = {
    earth: fill(ink.land, 0), landcover: fill(ink.land, 0), landuse: fill(ink.park, 1), park: fill(ink.park, 1),
    water: fill(ink.water, 2), waterway: fill(ink.water, 2), buildings: fill(ink.building, 3), building: fill(ink.building, 3),
  };
  const line = (color: string, width: number, zIndex: number) => new Style({ stroke: new Stroke({ color, width, lineCap: "round" }), zIndex });
  return (feature: FeatureLike, resolution: number): Style | Style[] | undefined => {
    const layer = feature.get("layer") as string;
    if (layer in fills) return fills[layer];
    if (layer === "transportation_name") return roadName(feature, ink, language);
    if (layer !== "roads" && layer !== "transportation") return undefined;
    const kind = String(feature.get("kind") ?? feature.get("class") ?? "");
    const per = Math.max(0.5, Math.min(4, 4 / resolution));
    const drawn = WIDE.test(kind) ? line(ink.roadWide, 3 * per, 6) : NARROW.test(kind) ? line(ink.road, 0.8 * per, 4) : line(ink.road, 1.8 * per, 5);
    return layer === "roads" && resolution < 5 ? [drawn, roadName(feature, ink, language)] : drawn;
  };
}

function roadName(feature: FeatureLike, ink: Ink, language: "ko" | "en"): Style {
  const text = String(feature.get(`name:${language}`) ?? feature.get("name") ?? "");
  return new Style({
    zIndex: 12,
    text: new Text({ text, placement: "line", font: `400 13px ${FAMILY}`, fill: new Fill({ color: ink.name }), stroke: new Stroke({ color: ink.land, width: 3 }) }),
  });
}
