import OlMap from "ol/Map";
import View from "ol/View";
import Feature, { type FeatureLike } from "ol/Feature";
import GeoJSON from "ol/format/GeoJSON";
import Attribution from "ol/control/Attribution";
import ScaleLine from "ol/control/ScaleLine";
import Zoom from "ol/control/Zoom";
import { createEmpty, extend, isEmpty } from "ol/extent";
import VectorLayer from "ol/layer/Vector";
import LineString from "ol/geom/LineString";
import Point from "ol/geom/Point";
import { fromLonLat, toLonLat } from "ol/proj";
import VectorSource from "ol/source/Vector";
import { Circle, Fill, RegularShape, Stroke, Style, Text } from "ol/style";
import "ol/ol.css";

/** A small map of places that are compared: where a row says a camera stands, where it is suggested, where one pressed. */
export interface Spot { lat: number; lon: number; label: string; kind: "old" | "new" | "picked" }
export interface PairMap {
  show(spots: Spot[]): void;
  outline(shape: GeoJSON.FeatureCollection): void;
  close(): void;
}

const COLOR = { old: "#6d7882", new: "#0b50d0", picked: "#bd2c0f" };
const at = (p: { lat: number; lon: number }) => fromLonLat([p.lon, p.lat]);

/** Told by shape and word, not only by colour. */
function mark(spot: Spot): Feature {
  const fill = new Fill({ color: spot.kind === "old" ? "#fff" : COLOR[spot.kind] });
  const stroke = new Stroke({ color: spot.kind === "old" ? COLOR.old : "#fff", width: 3 });
  const image = spot.kind === "picked" ? new RegularShape({ points: 4, radius: 11, angle: 0, fill, stroke }) : new Circle({ radius: 9, fill, stroke });
  const feature = new Feature(new Point(at(spot)));
  feature.setStyle(new Style({
    image,
    text: new Text({ text: spot.label, font: '700 14px "Pretendard GOV", "Noto Sans CJK KR", sans-serif', offsetY: 22, fill: new Fill({ color: "#1e2124" }), stroke: new Stroke({ color: "#fff", width: 4 }) }),
    zIndex: 3,
  }));
  return feature;
}

function border(feature: FeatureLike): Style {
  const name = document.documentElement.lang === "en" ? feature.get("name_en") : feature.get("name_ko");
  return new Style({
    stroke: new Stroke({ color: "#58616a", width: 1.5 }), fill: new Fill({ color: "#0b50d00d" }),
    text: new Text({ text: String(name ?? ""), font: '400 14px "Pretendard GOV", "Noto Sans CJK KR", sans-serif', fill: new Fill({ color: "#464c53" }), stroke: new Stroke({ color: "#fff", width: 3 }) }),
  });
}

export function createPairMap(element: HTMLElement, attribution: string, onPress: (place: { lat: number; lon: number }) => void): PairMap {
  const spots = new VectorSource();
  const borders = new VectorSource();
  borders.setAttributions(attribution);
  const view = new View({ center: fromLonLat([127.5, 36.5]), zoom: 7, maxZoom: 18, minZoom: 3 });
  const map = new OlMap({
    target: element, view, layers: [new VectorLayer({ source: borders, style: border, declutter: true }), new VectorLayer({ source: spots })],
    controls: [new Zoom(), new ScaleLine({ minWidth: 90 }), new Attribution({ collapsible: false })],
  });
  map.on("singleclick", (event) => {
    const [lon, lat] = toLonLat(event.coordinate);
    onPress({ lat, lon });
  });
  return {
    show: (list) => {
      spots.clear(true);
      const marks = list.map(mark);
      const [first, second] = list;
      if (first && second && first.kind === "old" && second.kind === "new") {
        const way = new Feature(new LineString([at(first), at(second)]));
        way.setStyle(new Style({ stroke: new Stroke({ color: COLOR.new, width: 2, lineDash: [6, 6] }) }));
        marks.push(way);
      }
      spots.addFeatures(marks);
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
    close: () => map.setTarget(undefined),
  };
}
