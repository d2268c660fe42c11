import { effect } from "@preact/signals";
import Feature from "ol/Feature";
import OlMap from "ol/Map";
import View from "ol/View";
import Attribution from "ol/control/Attribution";
import ScaleLine from "ol/control/ScaleLine";
import Zoom from "ol/control/Zoom";
import GeoJSON from "ol/format/GeoJSON";
import MultiPolygon from "ol/geom/MultiPolygon";
import Draw from "ol/interaction/Draw";
import VectorLayer from "ol/layer/Vector";
import { fromLonLat } from "ol/proj";
import VectorSource from "ol/source/Vector";
import { Fill, Stroke, Style } from "ol/style";
import "ol/ol.css";
import "./styles/map.css";
import { createGround } from "./map-basemap";
import { inkOf } from "./map-ink";
import { theme } from "./theme";

/** Several polygons as one area, drawn one after the other (WGS84, x = longitude), or only shown. */
type Areas = GeoJSON.MultiPolygon;
export interface AreaDrawing { show(areas: Areas | null): void; close(): void }

const read = new GeoJSON({ dataProjection: "EPSG:4326", featureProjection: "EPSG:3857", });
const KOREA = fromLonLat([127.8, 36.4]);
const PAD = [32, 32, 32, 32];
const DIGITS = 6;

export function createAreaDrawing(element: HTMLElement, options: { outlineOf: string; onDrawn: ((areas: Areas | null) => void) | null }): AreaDrawing {
  const [source, border] = [new VectorSource(), new VectorSource()];
  const ground = createGround({ attribution: "행정경계: 국토지리정보원(NGII), 기준일 2023-09-15" });
  const [layer, borderLayer] = [new VectorLayer({ source }), new VectorLayer({ source: border })];
  const view = new View({ center: KOREA, zoom: 7, minZoom: 6, maxZoom: 19 });
  const map = new OlMap({
    target: element, view, layers: [...ground.layers, borderLayer, layer],
    controls: [new Zoom(), new ScaleLine({ minWidth: 80 }), new Attribution({ collapsible: false })],
  });
  const stop = effect(() => {
    const ink = inkOf(theme.value);
    layer.setStyle(new Style({ stroke: new Stroke({ color: ink.chosen, width: 3 }), fill: new Fill({ color: `${ink.chosen}33` }) }));
    borderLayer.setStyle(new Style({ stroke: new Stroke({ color: ink.own, width: 2, lineDash: [6, 5] }) }));
  });
  let held: MultiPolygon | null = null;
  let own = ""; // what this map has drawn itself does not move it
  const put = (shape: MultiPolygon | null) => {
    held = shape;
    source.clear(true);
    if (shape) source.addFeature(new Feature(shape));
    element.dataset.drawnAreas = String(shape?.getPolygons().length ?? 0);
  };
  const toAll = () => {
    const extent = held ? source.getExtent() : border.getFeatures().length > 0 ? border.getExtent() : null;
    if (extent) view.fit(extent, { padding: PAD, maxZoom: 16 });
  };
  if (options.onDrawn) {
    const draw = new Draw({ type: "Polygon" });
    draw.on("drawend", (event) => {
      const next = new MultiPolygon([...(held?.getPolygons() ?? []), event.feature.getGeometry() as never]);
      put(next);
      const told = read.writeGeometryObject(next, { decimals: DIGITS, rightHanded: true }) as Areas;
      own = JSON.stringify(told);
      options.onDrawn?.(told);
    });
    map.addInteraction(draw);
  }
  let isGone = false;
  if (options.outlineOf) {
    void fetch(`/api/jurisdictions/${encodeURIComponent(options.outlineOf)}`).then((answer) => (answer.ok ? answer.json() : null)).then((shape: unknown) => {
      if (!shape || isGone) return;
      border.addFeatures(read.readFeatures(shape) as Feature[]);
      if (!held) toAll();
    }, () => undefined);
  }
  return {
    show: (areas) => {
      if (areas && JSON.stringify(areas) === own) return;
      own = "";
      let shape: MultiPolygon | null = null;
      try {
        shape = areas ? (read.readGeometry(areas) as MultiPolygon) : null;
      } catch {
        shape = null; // not a shape: the form and the server say so
      }
      put(shape);
      toAll();
    },
    close: () => { isGone = true; stop(); ground.close(); map.setTarget(undefined); },
  };
}
