import { effect } from "@preact/signals";
import MVT from "ol/format/MVT";
import Attribution from "ol/control/Attribution";
import ScaleLine from "ol/control/ScaleLine";
import Zoom from "ol/control/Zoom";
import type BaseLayer from "ol/layer/Base";
import TileLayer from "ol/layer/Tile";
import VectorTileLayer from "ol/layer/VectorTile";
import { transformExtent } from "ol/proj";
import VectorTile from "ol/source/VectorTile";
import XYZ from "ol/source/XYZ";
import { Fill, Stroke, Style, Text } from "ol/style";
import type { FeatureLike } from "ol/Feature";
import { call } from "./api";
import { lang } from "./lang";
import { FAMILY, type Ink, inkOf } from "./map-ink";
import { streetStyle } from "./map-streets";
import { theme } from "./theme";

/**
 * What lies under everything: the built-in tiles of borders and names, and street tiles where the center has them, both
 * from our own server. Dressed anew when the page's theme or language changes.
 */
export type GroundState = "loading" | "streets" | "borders" | "missing" | "away";
export interface About {
  boundaries: { version: string; min_zoom: number; max_zoom: number; source_date: string } | null;
  streets: { kind: "raster" | "vector"; version: string; min_zoom: number; max_zoom: number; attribution: string; has_dark: boolean } | null;
}
export interface Ground { layers: BaseLayer[]; close(): void }

/** On every map: nearer and farther, how long a stretch is (`least` pixels of the scale), and whose map it is. */
export const mapControls = (least = 90) => [new Zoom(), new ScaleLine({ minWidth: least }), new Attribution({ collapsible: false })];

const KOREA = transformExtent([123.5, 32.0, 132.6, 39.2], "EPSG:4326", "EPSG:3857");
/** OpenLayers draws vector tiles 512 wide: at the zoom of the view they come from one zoom above. */
const TILE = 512;

let asked: Promise<About> | null = null;

/** Asked once a page; a failure is asked again by the next map. */
function about(): Promise<About> {
  asked ??= call<About>("GET", "/api/basemap").catch((error: unknown) => { asked = null; throw error; });
  return asked;
}

export function createGround(options: { attribution: string | (() => string); onState?: (state: GroundState) => void }): Ground {
  const borders = new VectorTileLayer({ className: "ground", declutter: true, extent: KOREA, preload: 1 });
  const light = new TileLayer({ className: "ground", visible: false });
  const dark = new TileLayer({ className: "ground", visible: false });
  const vector = new VectorTileLayer({ className: "ground", visible: false, declutter: true });
  let told: About | null = null;
  let isAway = false;
  const say = () => options.onState?.(told === null ? "missing" : isAway ? "away" : told.streets ? "streets" : told.boundaries ? "borders" : "missing");
  void about().then((got) => {
    told = got;
    if (got.boundaries) borders.setSource(borderTiles(got.boundaries, options.attribution));
    if (got.streets) setStreets(got.streets, { light, dark, vector }, (away) => { isAway = away; say(); });
    say();
    dress();
  }, say);
  const dress = () => {
    const ink = inkOf(theme.value);
    const streets = told?.streets;
    const isDark = theme.value === "dark" && streets?.has_dark === true;
    light.setVisible(streets?.kind === "raster" && !isDark);
    light.setOpacity(theme.value === "dark" ? 0.55 : 1); // a map made for daylight must not dazzle a dark room
    dark.setVisible(streets?.kind === "raster" && isDark);
    vector.setVisible(streets?.kind === "vector");
    vector.setStyle(streetStyle(ink, lang.value));
    borders.setBackground(ink.sea);
    borders.setStyle(borderStyle(ink, lang.value, streets ? streets.min_zoom : Infinity, streets?.kind));
  };
  const stop = effect(dress);
  return { layers: [borders, light, dark, vector], close: stop };
}

function borderTiles(of: NonNullable<About["boundaries"]>, attribution: string | (() => string)): VectorTile {
  return new VectorTile({
    attributions: attribution, format: new MVT(), tileSize: TILE, minZoom: of.min_zoom, maxZoom: of.max_zoom,
    url: `/basemap/{z}/{x}/{y}?v=${encodeURIComponent(of.version)}`, transition: 0, overlaps: false,
  });
}

function setStreets(
  of: NonNullable<About["streets"]>, layers: { light: TileLayer; dark: TileLayer; vector: VectorTileLayer }, tellAway: (away: boolean) => void,
): void {
  const given = { attributions: of.attribution, minZoom: of.min_zoom, maxZoom: of.max_zoom };
  const url = (look: string) => `/basemap/streets/${look}/{z}/{x}/{y}?v=${encodeURIComponent(of.version)}`;
  if (of.kind === "vector") return layers.vector.setSource(new VectorTile({ ...given, format: new MVT(), tileSize: TILE, url: url("light") }));
  for (const look of of.has_dark ? (["light", "dark"] as const) : (["light"] as const)) {
    const source = new XYZ({ ...given, url: url(look), transition: 0 });
    source.on("tileloaderror", () => tellAway(true));
    source.on("tileloadend", () => tellAway(false));
    layers[look].setSource(source);
  }
}

/** At which zooms of the view a level's name stands on the map. */
const NAMED: Record<string, [number, number]> = { province: [0, 8.4], municipality: [8, 13.6], district: [11.2, 14.4], dong: [12, 30] };
const WEIGHT: Record<string, string> = { province: "700 16px", municipality: "700 15px", district: "700 14px", dong: "400 13px" };
const RANK: Record<string, number> = { province: 4, municipality: 3, district: 2, dong: 1 };
const zoomOf = (resolution: number) => Math.log2(156543.03392804097 / resolution);

function borderStyle(ink: Ink, language: "ko" | "en", streetsFrom: number, kind: "raster" | "vector" | undefined) {
  const land = new Style({ fill: new Fill({ color: ink.land }), stroke: new Stroke({ color: ink.province, width: 1.6 }), zIndex: 1 });
  const bare = new Style({ stroke: new Stroke({ color: ink.province, width: 1.6 }), zIndex: 1 });
  const lines: Record<string, Style> = {
    municipality: new Style({ stroke: new Stroke({ color: ink.municipality, width: 1.3 }), zIndex: 4 }),
    district: new Style({ stroke: new Stroke({ color: ink.district, width: 1.1, lineDash: [8, 4] }), zIndex: 3 }),
    dong: new Style({ stroke: new Stroke({ color: ink.dong, width: 1 }), zIndex: 2 }),
  };
  const names = new Map<string, Style>();
  return (feature: FeatureLike, resolution: number): Style | undefined => {
    const layer = feature.get("layer") as string;
    const zoom = zoomOf(resolution);
    const hasStreets = kind !== undefined && zoom >= streetsFrom;
    if (layer === "province") return hasStreets ? bare : land;
    if (layer !== "name") return lines[layer];
    const level = feature.get("level") as string;
    const [from, until] = NAMED[level];
    if (zoom < from || zoom > until || (hasStreets && level === "dong")) return undefined;
    const text = String(feature.get(language) ?? feature.get("ko") ?? "");
    let style = names.get(level + text);
    if (!style) names.set(level + text, style = nameStyle(ink, level, text));
    return style;
  };
}

function nameStyle(ink: Ink, level: string, text: string): Style {
  return new Style({
    zIndex: 10 + RANK[level],
    text: new Text({
      text, font: `${WEIGHT[level]} ${FAMILY}`, padding: [4, 6, 4, 6], overflow: true,
      fill: new Fill({ color: level === "dong" ? ink.name : ink.nameStrong }), stroke: new Stroke({ color: ink.land, width: 4 }),
    }),
  });
}
