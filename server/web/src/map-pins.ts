import { effect } from "@preact/signals";
import Feature from "ol/Feature";
import OlMap from "ol/Map";
import View from "ol/View";
import { boundingExtent } from "ol/extent";
import GeoJSON from "ol/format/GeoJSON";
import Point from "ol/geom/Point";
import VectorLayer from "ol/layer/Vector";
import { toLonLat } from "ol/proj";
import VectorSource from "ol/source/Vector";
import { Circle, Fill, RegularShape, Stroke, Style } from "ol/style";
import "ol/ol.css";
import { createGround, mapControls } from "./map-basemap";
import { around, at, FONT, type Ink, inkOf, label, motionMs } from "./map-ink";
import { theme } from "./theme";

/** A map to press a place on, with meeting places by number and how far round them it goes. All of it also stands in words. */
export interface Place { lat: number; lon: number }
export interface Pins {
  pins: (Place & { name: string })[];
  radiusM: number | null;
  picked: Place | null;
  /** Where the pair is, as she sees it. */
  pair: Place | null;
}
export interface PinMap {
  show(pins: Pins): void;
  outline(shape: GeoJSON.Feature | GeoJSON.FeatureCollection): void;
  /** To all that is drawn. */
  fit(): void;
  close(): void;
}

const read = new GeoJSON({ dataProjection: "EPSG:4326", featureProjection: "EPSG:3857" });
const PAD = [48, 48, 48, 48];

function drawn(of: Pins, ink: Ink): Feature[] {
  const rings = of.radiusM === null ? [] : of.pins.map((pin) => {
    const ring = new Feature(around(pin, of.radiusM!));
    ring.setStyle(new Style({ fill: new Fill({ color: `${ink.own}1f` }), stroke: new Stroke({ color: ink.own, width: 1.5, lineDash: [6, 5] }) }));
    return ring;
  });
  const marks = of.pins.map((pin, n) => mark(pin, ink, { color: ink.own, text: String(n + 1), name: pin.name, square: true }));
  const picked = of.picked ? [mark(of.picked, ink, { color: ink.caller, text: "", name: "", square: false })] : [];
  const pair = of.pair ? [mark(of.pair, ink, { color: ink.other, text: "", name: "", square: false, isPair: true })] : [];
  return [...rings, ...marks, ...pair, ...picked];
}

function mark(place: Place, ink: Ink, as: { color: string; text: string; name: string; square: boolean; isPair?: boolean }): Feature {
  const feature = new Feature(new Point(at(place)));
  const stroke = new Stroke({ color: ink.halo, width: 3 });
  const fill = new Fill({ color: as.color });
  const image = as.square ? new RegularShape({ points: 4, radius: 16, angle: Math.PI / 4, fill, stroke })
    : as.isPair ? new RegularShape({ points: 3, radius: 15, fill, stroke }) : new Circle({ radius: 11, fill, stroke });
  feature.setStyle([
    new Style({ image, zIndex: as.square ? 1 : 3, ...(as.text ? { text: label({ ...ink, halo: as.color }, as.text, 1, FONT, ink.halo) } : {}) }),
    ...(as.name ? [new Style({ text: label(ink, as.name, 28), zIndex: 2 })] : []),
  ]);
  return feature;
}

export function createPinMap(element: HTMLElement, options: { center: Place; zoom: number; attribution: () => string; onPick?: ((place: Place) => void) | undefined }): PinMap {
  const source = new VectorSource();
  const border = new VectorSource();
  const ground = createGround({ attribution: options.attribution });
  const view = new View({ center: at(options.center), zoom: options.zoom, minZoom: 7, maxZoom: 19 });
  const borderLayer = new VectorLayer({ source: border });
  const map = new OlMap({
    target: element, view, layers: [...ground.layers, borderLayer, new VectorLayer({ source })],
    controls: mapControls(80),
  });
  let held: Pins = { pins: [], radiusM: null, picked: null, pair: null };
  const draw = () => {
    const ink = inkOf(theme.value);
    borderLayer.setStyle(new Style({ stroke: new Stroke({ color: ink.own, width: 3 }) }));
    source.clear(true);
    source.addFeatures(drawn(held, ink));
    element.dataset.drawnPins = String(held.pins.length);
    element.dataset.drawnPicked = held.picked ? "1" : "0";
    element.dataset.drawnPair = held.pair ? "1" : "0";
  };
  const stop = effect(draw);
  map.on("singleclick", (event) => {
    const [lon, lat] = toLonLat(event.coordinate);
    options.onPick?.({ lat: Number(lat!.toFixed(6)), lon: Number(lon!.toFixed(6)) });
  });
  return {
    show: (pins) => { held = pins; draw(); },
    outline: (shape) => {
      border.clear();
      border.addFeatures(read.readFeatures(shape) as Feature[]);
      if (held.pins.length === 0 && !held.picked) view.fit(border.getExtent()!, { padding: PAD, maxZoom: 15 });
    },
    fit: () => {
      const places = [...held.pins, ...[held.picked, held.pair].filter((one) => one !== null)];
      if (places.length > 0) view.fit(boundingExtent(places.map(at)), { padding: PAD, maxZoom: 16.5, duration: motionMs(200) });
    },
    close: () => { stop(); ground.close(); map.setTarget(undefined); },
  };
}
