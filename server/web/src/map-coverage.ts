import { effect } from "@preact/signals";
import Feature, { type FeatureLike } from "ol/Feature";
import OlMap from "ol/Map";
import View from "ol/View";
import Point from "ol/geom/Point";
import { fromExtent } from "ol/geom/Polygon";
import VectorLayer from "ol/layer/Vector";
import VectorImageLayer from "ol/layer/VectorImage";
import { fromLonLat } from "ol/proj";
import VectorSource from "ol/source/Vector";
import { Circle, Fill, Stroke, Style, Text } from "ol/style";
import "ol/ol.css";
import type { CellState, Covered } from "./admin/cameras/coverage";
import { createGround, mapControls } from "./map-basemap";
import { around, at, FONT, type Ink, inkOf, motionMs } from "./map-ink";
import { theme } from "./theme";

/** Cells of a jurisdiction by what reaches them, and the largest gaps as numbered circles. Told by pattern and colour. */
export interface CoverageMap {
  show(of: Covered): void;
  layers(shown: ReadonlySet<CellState>): void;
  goTo(gap: { lat: number; lon: number; radius_m: number }): void;
  close(): void;
}

export function createCoverageMap(element: HTMLElement, options: { attribution: string; layers: ReadonlySet<CellState> }): CoverageMap {
  const cells = new VectorSource();
  const gaps = new VectorSource();
  const ground = createGround({ attribution: options.attribution });
  const layer = new VectorImageLayer({ className: "marks", source: cells, imageRatio: 1.5 });
  const circles = new VectorLayer({ className: "marks", source: gaps });
  const view = new View({ center: at({ lat: 36.5, lon: 127.8 }), zoom: 7, minZoom: 6, maxZoom: 18 });
  const map = new OlMap({
    target: element, view, layers: [...ground.layers, layer, circles], controls: mapControls(),
  });
  element.tabIndex = 0;
  let held: Covered | null = null;
  let shown = options.layers;
  let drawnCenter = "";
  const dress = (ink: Ink) => {
    layer.setStyle(cellStyle(ink, shown));
    gaps.clear(true);
    if (held && (shown.has("o") || shown.has("l"))) gaps.addFeatures(held.gaps.flatMap((gap, n) => gapFeatures(gap, n + 1, ink)));
    element.dataset.drawnGaps = String(gaps.getFeatures().length / 2);
  };
  const undress = effect(() => dress(inkOf(theme.value)));
  return {
    show: (of) => {
      held = of;
      cells.clear(true);
      cells.addFeatures(of.rows.flatMap((row, y) => row.map(([x, state, n]) => {
        const [west, south] = fromLonLat([of.west + x * of.cell_lon, of.south + y * of.cell_lat]);
        const [east, north] = fromLonLat([of.west + (x + n) * of.cell_lon, of.south + (y + 1) * of.cell_lat]);
        return new Feature({ geometry: fromExtent([west, south, east, north]), state });
      })));
      element.dataset.drawnRuns = String(cells.getFeatures().length);
      dress(inkOf(theme.peek()));
      if (drawnCenter !== of.center && cells.getFeatures().length > 0) view.fit(cells.getExtent()!, { padding: [30, 30, 30, 30] });
      drawnCenter = of.center;
    },
    layers: (next) => { shown = next; dress(inkOf(theme.peek())); },
    goTo: (gap) => view.fit(ring(gap).getExtent(), { padding: [80, 80, 80, 80], maxZoom: 16, duration: motionMs(250) }),
    close: () => { undress(); ground.close(); map.setTarget(undefined); },
  };
}

const ring = (gap: { lat: number; lon: number; radius_m: number }) => around(gap, gap.radius_m);

function gapFeatures(gap: Covered["gaps"][number], number: number, ink: Ink): Feature[] {
  const round = new Feature(ring(gap));
  round.setStyle(new Style({ stroke: new Stroke({ color: ink.caller, width: 2, lineDash: [6, 5] }) }));
  const badge = new Feature(new Point(at(gap)));
  badge.setStyle(new Style({
    image: new Circle({ radius: 13, fill: new Fill({ color: ink.caller }), stroke: new Stroke({ color: ink.halo, width: 2 }) }),
    text: new Text({ text: String(number), font: FONT, fill: new Fill({ color: ink.halo }) }), zIndex: 3,
  }));
  return [round, badge];
}

/** Stripes for what was lost: without colours, too, it is something else than never reached. */
function stripes(color: string): CanvasPattern | string {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  if (!pen) return color;
  pen.strokeStyle = color;
  pen.lineWidth = 2.5;
  for (const x of [-8, 0, 8]) { pen.moveTo(x, 8); pen.lineTo(x + 8, 0); }
  pen.stroke();
  return pen.createPattern(tile, "repeat") ?? color;
}

function cellStyle(ink: Ink, shown: ReadonlySet<CellState>) {
  const looks: Record<CellState, Style> = {
    c: new Style({ fill: new Fill({ color: `${ink.own}40` }) }),
    l: new Style({ fill: new Fill({ color: stripes(ink.chosen) }) }),
    o: new Style({ fill: new Fill({ color: `${ink.caller}38` }) }),
  };
  return (feature: FeatureLike) => { const state = feature.get("state") as CellState; return shown.has(state) ? looks[state] : undefined; };
}
