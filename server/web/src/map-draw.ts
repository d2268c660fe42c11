import Feature from "ol/Feature";
import Draw, { createBox } from "ol/interaction/Draw";
import VectorLayer from "ol/layer/Vector";
import OlMap from "ol/Map";
import OlCircle from "ol/geom/Circle";
import Point from "ol/geom/Point";
import Polygon, { circular } from "ol/geom/Polygon";
import { toLonLat } from "ol/proj";
import VectorSource from "ol/source/Vector";
import { getArea } from "ol/sphere";
import { Circle, Fill, Stroke, Style, Text } from "ol/style";
import View from "ol/View";
import "ol/ol.css";
import { createGround, mapControls } from "./map-basemap";
import { around, at } from "./map-ink";
import type { Theme } from "./theme";

/** Drawing a place or an area on the map. Beside map.ts the only files that know the map library. */
export type DrawTool = "point" | "circle" | "box" | "polygon";
export interface Where { place?: { lat: number; lon: number }; area?: { type: "Polygon"; coordinates: number[][][] }; km2: number }
export interface DrawMap {
  use(tool: DrawTool): void;
  /** The place, or the circle of `radiusM` round it, without a mouse. */
  put(place: { lat: number; lon: number }, radiusM: number): void;
  middle(): { lat: number; lon: number };
  /** Only looked at: what was asked for. */
  show(where: Where): void;
  showCameras(cameras: { number: number; lat: number; lon: number }[]): void;
  clear(): void;
  close(): void;
}

const CORNERS = 48;
const INK = {
  dark: { line: "#ffb114", fill: "#ffb11433", text: "#000", camera: "#86aff9" },
  light: { line: "#8a5c00", fill: "#8a5c0026", text: "#fff", camera: "#0b50d0" },
};

/** WGS84 degrees, six decimals (a tenth of a metre), counter-clockwise and closed. */
function ringOf(shape: Polygon): number[][] {
  const degrees = (shape.clone() as Polygon).transform("EPSG:3857", "EPSG:4326").getCoordinates(true)[0];
  return degrees.map(([lon, lat]) => [Number(lon.toFixed(6)), Number(lat.toFixed(6))]);
}

function polygonOf(geometry: unknown): Polygon | null {
  if (geometry instanceof Polygon) return geometry;
  if (!(geometry instanceof OlCircle)) return null;
  const center = toLonLat(geometry.getCenter());
  const edge = toLonLat([geometry.getCenter()[0] + geometry.getRadius(), geometry.getCenter()[1]]);
  const metres = (edge[0] - center[0]) * 111_320 * Math.cos((center[1] * Math.PI) / 180);
  return circular(center, Math.max(5, metres), CORNERS).transform("EPSG:4326", "EPSG:3857") as Polygon;
}

export function createDrawMap(element: HTMLElement, options: {
  center: { lat: number; lon: number; zoom: number }; theme: Theme; attribution: string; onWhere: (where: Where | null) => void;
}): DrawMap {
  const ink = INK[options.theme];
  const drawn = new VectorSource();
  const cameras = new VectorSource();
  const ground = createGround({ attribution: options.attribution });
  const look = new Style({
    stroke: new Stroke({ color: ink.line, width: 3 }), fill: new Fill({ color: ink.fill }),
    image: new Circle({ radius: 10, fill: new Fill({ color: ink.line }), stroke: new Stroke({ color: ink.text, width: 2 }) }),
  });
  const view = new View({ center: at(options.center), zoom: options.center.zoom, minZoom: 8, maxZoom: 19 });
  const map = new OlMap({
    target: element, view,
    layers: [
      ...ground.layers, new VectorLayer({ source: drawn, style: look }), new VectorLayer({ source: cameras }),
    ],
    controls: mapControls(),
  });
  let draw: Draw | null = null;
  const tell = (geometry: unknown) => {
    if (geometry instanceof Point) {
      const [lon, lat] = toLonLat(geometry.getCoordinates());
      return options.onWhere({ place: { lat: Number(lat.toFixed(6)), lon: Number(lon.toFixed(6)) }, km2: 0 });
    }
    const shape = polygonOf(geometry);
    if (shape) options.onWhere({ area: { type: "Polygon", coordinates: [ringOf(shape)] }, km2: getArea(shape) / 1e6 });
  };
  const clear = () => { drawn.clear(); cameras.clear(); options.onWhere(null); };
  const keep = (geometry: Point | Polygon) => {
    drawn.clear();
    drawn.addFeature(new Feature(geometry));
    tell(geometry);
    element.dataset.drawnShape = geometry.getType();
  };
  return {
    use: (tool) => {
      if (draw) map.removeInteraction(draw);
      draw = new Draw({
        type: tool === "point" ? "Point" : tool === "polygon" ? "Polygon" : "Circle",
        ...(tool === "box" ? { geometryFunction: createBox() } : {}), style: look,
      });
      draw.on("drawstart", clear);
      draw.on("drawend", (event) => {
        const geometry = event.feature.getGeometry();
        const shape = geometry instanceof Point ? geometry : polygonOf(geometry);
        if (shape) keep(shape);
      });
      map.addInteraction(draw);
      element.dataset.tool = tool;
    },
    put: (place, radiusM) => {
      keep(radiusM === 0 ? new Point(at(place)) : around(place, radiusM, CORNERS));
      view.animate({ center: at(place), duration: 200 });
    },
    show: (where) => {
      drawn.clear();
      const shape = where.place ? new Point(at(where.place)) : new Polygon(where.area?.coordinates ?? []).transform("EPSG:4326", "EPSG:3857") as Polygon;
      drawn.addFeature(new Feature(shape));
      element.dataset.drawnShape = shape.getType();
      map.updateSize();
      view.fit(shape.getExtent(), { size: map.getSize(), padding: [40, 40, 40, 40], maxZoom: 17 });
    },
    middle: () => {
      const [lon, lat] = toLonLat(view.getCenter() ?? at(options.center));
      return { lat: Number(lat.toFixed(6)), lon: Number(lon.toFixed(6)) };
    },
    showCameras: (all) => {
      cameras.clear();
      cameras.addFeatures(all.map((one) => {
        const feature = new Feature(new Point(at(one)));
        feature.setStyle(new Style({
          image: new Circle({ radius: 10, fill: new Fill({ color: ink.camera }), stroke: new Stroke({ color: ink.text, width: 2 }) }),
          text: new Text({ text: String(one.number), font: '700 12px "Pretendard GOV", "Noto Sans CJK KR", sans-serif', fill: new Fill({ color: ink.text }) }),
        }));
        return feature;
      }));
      element.dataset.drawnCameras = String(all.length);
    },
    clear: () => { delete element.dataset.drawnShape; clear(); },
    close: () => { ground.close(); map.setTarget(undefined); },
  };
}
