import { effect } from "@preact/signals";
import OlMap from "ol/Map";
import View from "ol/View";
import Feature from "ol/Feature";
import GeoJSON from "ol/format/GeoJSON";
import { createEmpty, extend, isEmpty } from "ol/extent";
import VectorLayer from "ol/layer/Vector";
import LineString from "ol/geom/LineString";
import Point from "ol/geom/Point";
import { fromLonLat, toLonLat } from "ol/proj";
import VectorSource from "ol/source/Vector";
import { Circle, Fill, RegularShape, Stroke, Style } from "ol/style";
import "ol/ol.css";
import { createGround, mapControls } from "./map-basemap";
import { at, inkOf, label, type Ink } from "./map-ink";
import { theme } from "./theme";

/** A small map of places that are compared: where a row says a camera stands, where it is suggested, where one pressed. */
export interface Spot { lat: number; lon: number; label: string; kind: "old" | "new" | "picked" }
export interface PairMap {
  show(spots: Spot[]): void;
  outline(shape: GeoJSON.FeatureCollection): void;
  close(): void;
}

const colorOf = (ink: Ink) => ({ old: ink.dot, new: ink.own, picked: ink.caller });

/** Told by shape and word, not only by colour. */
function mark(spot: Spot, ink: Ink): Feature {
  const color = colorOf(ink);
  const fill = new Fill({ color: spot.kind === "old" ? ink.halo : color[spot.kind] });
  const stroke = new Stroke({ color: spot.kind === "old" ? color.old : ink.halo, width: 3 });
  const image = spot.kind === "picked" ? new RegularShape({ points: 4, radius: 11, angle: 0, fill, stroke }) : new Circle({ radius: 9, fill, stroke });
  const feature = new Feature(new Point(at(spot)));
  feature.setStyle(new Style({
    image,
    text: label(ink, spot.label, 22),
    zIndex: 3,
  }));
  return feature;
}

/** Whose area it is, over the ground, which has the names. */
const border = (ink: Ink) => new Style({ stroke: new Stroke({ color: ink.own, width: 2 }), fill: new Fill({ color: `${ink.own}0d` }) });

export function createPairMap(element: HTMLElement, attribution: string, onPress: (place: { lat: number; lon: number }) => void): PairMap {
  const spots = new VectorSource();
  const borders = new VectorSource();
  const ground = createGround({ attribution });
  const view = new View({ center: fromLonLat([127.5, 36.5]), zoom: 7, maxZoom: 18, minZoom: 3 });
  const outlined = new VectorLayer({ source: borders, style: () => border(inkOf(theme.peek())) });
  const map = new OlMap({
    target: element, view, layers: [...ground.layers, outlined, new VectorLayer({ source: spots })],
    controls: mapControls(),
  });
  map.on("singleclick", (event) => {
    const [lon, lat] = toLonLat(event.coordinate);
    onPress({ lat, lon });
  });
  let held: Spot[] = [];
  const draw = () => {
    const ink = inkOf(theme.value);
    spots.clear(true);
    const marks = held.map((one) => mark(one, ink));
    const [first, second] = held;
    if (first && second && first.kind === "old" && second.kind === "new") {
      const way = new Feature(new LineString([at(first), at(second)]));
      way.setStyle(new Style({ stroke: new Stroke({ color: ink.own, width: 2, lineDash: [6, 6] }) }));
      marks.push(way);
    }
    spots.addFeatures(marks);
    outlined.changed();
    return marks;
  };
  const stop = effect(() => { draw(); });
  return {
    show: (list) => {
      held = list;
      const marks = draw();
      element.dataset.spots = String(list.length);
      if (list.some((one) => one.kind === "picked")) return; // the map stays where one has just pressed
      const extent = createEmpty();
      for (const one of marks) extend(extent, one.getGeometry()!.getExtent());
      if (!isEmpty(extent)) view.fit(extent, { padding: [60, 60, 60, 60], maxZoom: marks.length > 1 ? 15 : 11.5 });
    },
    outline: (shape) => {
      borders.clear(true);
      borders.addFeatures(new GeoJSON({ featureProjection: "EPSG:3857" }).readFeatures(shape) as Feature[]);
    },
    close: () => { stop(); ground.close(); map.setTarget(undefined); },
  };
}
