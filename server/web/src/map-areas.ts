import { effect } from "@preact/signals";
import type { FeatureLike } from "ol/Feature";
import Feature from "ol/Feature";
import OlMap from "ol/Map";
import View from "ol/View";
import { createEmpty, extend, isEmpty } from "ol/extent";
import GeoJSON from "ol/format/GeoJSON";
import Point from "ol/geom/Point";
import VectorImageLayer from "ol/layer/VectorImage";
import VectorLayer from "ol/layer/Vector";
import { toLonLat, transformExtent } from "ol/proj";
import VectorSource from "ol/source/Vector";
import { Circle, Fill, Stroke, Style } from "ol/style";
import "ol/ol.css";
import { lang } from "./lang";
import { createGround, type GroundState, mapControls } from "./map-basemap";
import { at, FONT, inkOf, label, motionMs, type Ink } from "./map-ink";
import { theme } from "./theme";

/** Jurisdictions by how they stand, and two versions of them with the land between. All of it also stands in words. */
export type AreaTone = "online" | "degraded" | "draining" | "closed" | "offline" | "none" | "faint";
export interface AreaMapHandle {
  showAreas(shapes: GeoJSON.FeatureCollection, toneOf: (code: string) => AreaTone): void;
  /** How it was (dashed) and how it will be (solid); either may be missing. */
  showVersions(before: GeoJSON.FeatureCollection | null, after: GeoJSON.FeatureCollection | null): void;
  /** Land that changes hands, by its number; the lit one stands out. */
  showChanges(changes: GeoJSON.FeatureCollection | null, lit: number | null): void;
  showPlaces(from: { lat: number; lon: number } | null, to: { lat: number; lon: number; name: string }[]): void;
  zoomTo(box: readonly [number, number, number, number]): void;
  zoomToAll(): void;
  close(): void;
}

const KOREA: [number, number, number, number] = [125.8, 33.0, 130.0, 38.6];
/** Fills that differ in lightness and in pattern, so that colour is not all that tells them apart. */
const FILL: Record<"light" | "dark", Record<AreaTone, string>> = {
  light: { online: "#217a3766", degraded: "#c2790099", draining: "#8a5c0099", closed: "#6d788266", offline: "#bd2c0fb3", none: "#8a949e33", faint: "#8a949e14" },
  dark: { online: "#7ec88e77", degraded: "#ffb11499", draining: "#ffb114bb", closed: "#9aa5b066", offline: "#f48771b3", none: "#76808a33", faint: "#76808a14" },
};
const STRIPED: readonly AreaTone[] = ["draining", "offline"];

function stripes(color: string, isSteep: boolean): CanvasPattern | string {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  if (!pen) return color;
  pen.strokeStyle = color;
  pen.lineWidth = isSteep ? 4 : 2.5;
  pen.beginPath();
  for (const shift of [-8, 0, 8]) { pen.moveTo(shift, 8); pen.lineTo(shift + 8, 0); }
  pen.stroke();
  return pen.createPattern(tile, "repeat") ?? color;
}

function toneStyles(ink: Ink): Record<AreaTone, Style> {
  const mode = theme.value;
  const made = Object.entries(FILL[mode]).map(([tone, color]) => {
    const fill = STRIPED.includes(tone as AreaTone) ? stripes(color, tone === "offline") : color;
    return [tone, new Style({ fill: new Fill({ color: fill }), stroke: new Stroke({ color: ink.municipality, width: 0.8 }) })];
  });
  return Object.fromEntries(made) as Record<AreaTone, Style>;
}

/** What goes to another center, what nobody has any more, what is new, and what only changed its code. */
function changeStyle(ink: Ink, kind: string, isLit: boolean): Style {
  const color = kind === "lost" ? ink.caller : kind === "gained" ? ink.note : kind === "recoded" ? ink.predicted : ink.chosen;
  return new Style({ fill: new Fill({ color: `${color}${isLit ? "cc" : "80"}` }), stroke: new Stroke({ color: isLit ? ink.text : color, width: isLit ? 3 : 1.5 }), zIndex: isLit ? 2 : 1 });
}

const read = new GeoJSON({ dataProjection: "EPSG:4326", featureProjection: "EPSG:3857" });
const featuresOf = (of: GeoJSON.FeatureCollection | null): Feature[] => (of ? (read.readFeatures(of) as Feature[]) : []);

export function createAreaMap(element: HTMLElement, options: {
  attribution: string; onPick?: (code: string) => void; onOver?: (code: string | null) => void; onPoint?: (place: { lat: number; lon: number }) => void; onChange?: (number: number) => void;
  onGround?: (state: GroundState) => void;
}): AreaMapHandle {
  const source = () => new VectorSource();
  const [areas, before, after, changed, places] = [source(), source(), source(), source(), source()];
  const layers = [
    new VectorImageLayer({ source: areas, imageRatio: 1.5 }), new VectorLayer({ source: changed }), new VectorLayer({ source: after }), new VectorLayer({ source: before }), new VectorLayer({ source: places, declutter: true }),
  ];
  const [areaLayer, changeLayer, afterLayer, beforeLayer, placeLayer] = layers;
  const ground = createGround({ attribution: options.attribution, onState: options.onGround });
  const view = new View({ minZoom: 5, maxZoom: 19, center: at({ lat: 36.2, lon: 127.8 }), zoom: 6.6 });
  const map = new OlMap({ target: element, view, layers: [...ground.layers, ...layers], controls: mapControls(80) });
  map.on("moveend", () => { element.dataset.zoom = (view.getZoom() ?? 0).toFixed(1); });
  let toneOf: (code: string) => AreaTone = () => "none";
  let lit: number | null = null;
  const fit = (extent: number[], most = 15) => view.fit(extent, { padding: [40, 40, 56, 40], duration: motionMs(250), maxZoom: most });
  const korea = transformExtent(KOREA, "EPSG:4326", "EPSG:3857");
  fit(korea);
  const dress = () => {
    const ink = inkOf(theme.value);
    const tones = toneStyles(ink);
    void lang.value;
    areaLayer.setStyle((feature: FeatureLike) => tones[toneOf(String(feature.get("code")))]);
    changeLayer.setStyle((feature: FeatureLike) => changeStyle(ink, String(feature.get("kind")), feature.get("number") === lit));
    afterLayer.setStyle(new Style({ stroke: new Stroke({ color: ink.own, width: 2.5 }) }));
    beforeLayer.setStyle(new Style({ stroke: new Stroke({ color: ink.text, width: 2, lineDash: [7, 7] }) }));
    placeLayer.setStyle((feature: FeatureLike) => placeStyle(ink, feature));
  };
  const stop = effect(dress);
  const pickAt = (pixel: number[], layer: unknown, name: string) => map.forEachFeatureAtPixel(pixel, (feature) => feature.get(name) as unknown, { layerFilter: (one) => one === layer, hitTolerance: 3 });
  map.on("singleclick", (event) => {
    const number = pickAt(event.pixel, changeLayer, "number");
    if (typeof number === "number" && options.onChange) return options.onChange(number);
    const code = pickAt(event.pixel, areaLayer, "code");
    if (typeof code === "string") options.onPick?.(code);
    const [lon, lat] = toLonLat(event.coordinate);
    options.onPoint?.({ lat: Number(lat.toFixed(6)), lon: Number(lon.toFixed(6)) });
  });
  map.on("pointermove", (event) => {
    if (event.dragging || !options.onOver) return;
    const code = pickAt(event.pixel, areaLayer, "code");
    element.classList.toggle("over-area", typeof code === "string");
    options.onOver(typeof code === "string" ? code : null);
  });
  const put = (into: VectorSource, features: Feature[], name: string) => {
    into.clear(true);
    into.addFeatures(features);
    element.dataset[name] = String(features.length);
  };
  let held: GeoJSON.FeatureCollection | null = null;
  return {
    showAreas: (shapes, tone) => {
      toneOf = tone;
      if (shapes !== held) put(areas, featuresOf(shapes), "drawnAreas");
      held = shapes;
      areaLayer.changed();
    },
    showVersions: (old, next) => { put(before, featuresOf(old), "drawnBefore"); put(after, featuresOf(next), "drawnAfter"); },
    showChanges: (changes, which) => {
      lit = which;
      put(changed, featuresOf(changes).map((feature, number) => { feature.set("number", number, true); return feature; }), "drawnChanges");
      changeLayer.changed();
    },
    showPlaces: (from, to) => {
      const place = (p: { lat: number; lon: number }, name: string) => new Feature({ geometry: new Point(at(p)), name });
      put(places, [...to.map((one) => place(one, one.name)), ...(from ? [place(from, "")] : [])], "drawnPlaces");
    },
    zoomTo: (box) => fit(transformExtent([...box], "EPSG:4326", "EPSG:3857"), 18), // a strip of some metres, too
    zoomToAll: () => {
      const all = createEmpty();
      for (const one of [changed, before, after]) if (one.getFeatures().length > 0) extend(all, one.getExtent()!);
      fit(isEmpty(all) ? korea : all);
    },
    close: () => { stop(); ground.close(); map.setTarget(undefined); },
  };
}

/** A named place is a center; the nameless one is what was asked about. */
function placeStyle(ink: Ink, feature: FeatureLike): Style {
  const name = String(feature.get("name") ?? "");
  return new Style({
    image: new Circle({ radius: name ? 6 : 9, fill: new Fill({ color: name ? ink.own : ink.caller }), stroke: new Stroke({ color: ink.halo, width: 3 }) }),
    text: name ? label(ink, name, 18, FONT) : undefined, zIndex: name ? 1 : 2,
  });
}
