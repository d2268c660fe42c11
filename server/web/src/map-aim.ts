import { effect } from "@preact/signals";
import Feature from "ol/Feature";
import OlMap from "ol/Map";
import type MapBrowserEvent from "ol/MapBrowserEvent";
import View from "ol/View";
import Point from "ol/geom/Point";
import Polygon from "ol/geom/Polygon";
import Pointer from "ol/interaction/Pointer";
import { defaults } from "ol/interaction/defaults";
import VectorLayer from "ol/layer/Vector";
import { toLonLat } from "ol/proj";
import VectorSource from "ol/source/Vector";
import { Circle, Fill, RegularShape, Stroke, Style } from "ol/style";
import "ol/ol.css";
import { bearingDeg, distanceM, offset } from "./geo";
import { createGround, mapControls } from "./map-basemap";
import { at, type Ink, inkOf } from "./map-ink";
import { theme } from "./theme";

/** Where a camera stands and looks, changed by handles: the dot moves it, the tip turns it and sets its range, the sides
 *  its width. The same numbers stand in fields beside the map, for who has no mouse. */
export interface Aim { lat: number; lon: number; heading_deg: number | null; field_of_view_deg: number; range_m: number }
export interface AimMap { show(aim: Aim): void; close(): void }
type Handle = "place" | "tip" | "left" | "right";

const HIT_PX = 16;
const [LEAST_M, MOST_M] = [5, 2000];
const turn = (deg: number) => ((Math.round(deg) % 360) + 360) % 360;

/** What the aim becomes when a handle is at this place. */
export function dragged(aim: Aim, handle: Handle, to: { lat: number; lon: number }): Aim {
  if (handle === "place") return { ...aim, lat: Number(to.lat.toFixed(6)), lon: Number(to.lon.toFixed(6)) };
  const toward = bearingDeg(aim, to);
  const range_m = Math.round(Math.min(MOST_M, Math.max(LEAST_M, distanceM(aim, to))));
  if (handle === "tip") return { ...aim, range_m, heading_deg: aim.heading_deg === null ? null : turn(toward) };
  const off = Math.abs(((toward - (aim.heading_deg ?? 0) + 540) % 360) - 180);
  return { ...aim, field_of_view_deg: Math.min(359, Math.max(5, Math.round(off * 2))) };
}

function handles(aim: Aim): [Handle, { lat: number; lon: number }][] {
  const { heading_deg: heading, range_m: range } = aim;
  if (heading === null) return [["place", aim], ["tip", offset(aim, 90, range)]];
  const half = aim.field_of_view_deg / 2;
  return [["place", aim], ["tip", offset(aim, heading, range)], ["left", offset(aim, heading - half, range * 0.7)], ["right", offset(aim, heading + half, range * 0.7)]];
}

function wedge(aim: Aim): Polygon {
  const half = aim.heading_deg === null ? 180 : aim.field_of_view_deg / 2;
  const ring = aim.heading_deg === null ? [] : [at(aim)];
  for (let i = 0; i <= 48; i++) ring.push(at(offset(aim, (aim.heading_deg ?? 0) - half + (half * i) / 24, aim.range_m)));
  return new Polygon([[...ring, ring[0]]]);
}

export function createAimMap(element: HTMLElement, first: Aim, options: { attribution: string; onAim: (aim: Aim) => void }): AimMap {
  const source = new VectorSource();
  const ground = createGround({ attribution: options.attribution });
  const view = new View({ center: at(first), zoom: 17.5, minZoom: 8, maxZoom: 20 });
  let aim = first;
  let held: Handle | null = null;
  const handleAt = (event: MapBrowserEvent): Handle | null => {
    const [x, y] = event.pixel;
    const near = handles(aim).map(([name, place]) => {
      const [px, py] = event.map.getPixelFromCoordinate(at(place)) ?? [Infinity, Infinity];
      return [name, Math.hypot(px - x, py - y)] as const;
    }).filter(([, far]) => far <= HIT_PX).sort((one, other) => one[1] - other[1]);
    return near[0]?.[0] ?? null;
  };
  const hand = new Pointer({
    handleDownEvent: (event) => (held = handleAt(event)) !== null,
    handleDragEvent: (event) => {
      const [lon, lat] = toLonLat(event.coordinate);
      if (held) options.onAim(dragged(aim, held, { lat, lon }));
    },
    handleMoveEvent: (event) => { element.style.cursor = handleAt(event) ? "grab" : ""; },
    handleUpEvent: () => { held = null; return false; },
  });
  const map = new OlMap({
    target: element, view, layers: [...ground.layers, new VectorLayer({ className: "marks", source, updateWhileInteracting: true })],
    controls: mapControls(), interactions: defaults().extend([hand]),
  });
  element.tabIndex = 0;
  const draw = (ink: Ink) => {
    source.clear(true);
    source.addFeatures(features(aim, ink));
    element.dataset.aim = `${aim.lat.toFixed(6)} ${aim.lon.toFixed(6)} ${aim.heading_deg ?? "all"} ${aim.field_of_view_deg} ${aim.range_m}`;
    const [x, y] = map.getPixelFromCoordinate(at(aim)) ?? [];
    if (x !== undefined) element.dataset.place = `${Math.round(x)} ${Math.round(y)}`;
  };
  map.on("postrender", () => {
    const [x, y] = map.getPixelFromCoordinate(at(aim)) ?? [];
    if (x !== undefined) element.dataset.place = `${Math.round(x)} ${Math.round(y)}`;
  });
  const undress = effect(() => draw(inkOf(theme.value)));
  return {
    show: (next) => {
      const isFar = distanceM(aim, next) > 400 && held === null;
      aim = next;
      draw(inkOf(theme.peek()));
      if (isFar) view.setCenter(at(next));
    },
    close: () => { undress(); ground.close(); map.setTarget(undefined); },
  };
}

function features(aim: Aim, ink: Ink): Feature[] {
  const view = new Feature(wedge(aim));
  view.setStyle(new Style({ fill: new Fill({ color: `${ink.own}33` }), stroke: new Stroke({ color: ink.own, width: 2 }) }));
  const fill = new Fill({ color: ink.halo });
  const stroke = new Stroke({ color: ink.own, width: 3 });
  return [view, ...handles(aim).map(([name, place]) => {
    const feature = new Feature(new Point(at(place)));
    feature.setStyle(new Style({
      image: name === "place" ? new Circle({ radius: 10, fill: new Fill({ color: ink.own }), stroke: new Stroke({ color: ink.halo, width: 3 }) })
        : name === "tip" ? new RegularShape({ points: 3, radius: 11, fill, stroke, rotation: ((aim.heading_deg ?? 90) * Math.PI) / 180 })
          : new RegularShape({ points: 4, radius: 9, fill, stroke }),
      zIndex: name === "place" ? 3 : 2,
    }));
    return feature;
  })];
}
