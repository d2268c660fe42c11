import Feature from "ol/Feature";
import LineString from "ol/geom/LineString";
import Point from "ol/geom/Point";
import Polygon from "ol/geom/Polygon";
import { Circle, Fill, RegularShape, Stroke, Style } from "ol/style";
import { offset } from "./geo";
import { around, at, FAMILY, type Ink, label } from "./map-ink";
import { type Prediction, r95 } from "./predict";
import type { Position } from "./wire";

/** The person: where she was measured, how sure that is, where she came from, and apart from it where she may be. */
export interface CallerMark { position: Position; isStale: boolean; label: string; kind: "caller" | "other" | "network" }

const TRACK_S = 600;

function ring(position: Position, radius_m: number, style: Style): Feature {
  const feature = new Feature(around(position, Math.max(3, radius_m)));
  feature.setStyle(style);
  return feature;
}

/** Inner ring 68 %, outer ring 95 %. Old: hollow and dashed. From the network: a square, and never filled. */
export function callerFeatures(mark: CallerMark, ink: Ink): Feature[] {
  const { position, isStale } = mark;
  const color = mark.kind === "network" ? ink.network : ink.caller;
  const rings = [
    ring(position, position.accuracy_m, new Style({
      fill: new Fill({ color: `${color}${isStale || mark.kind === "network" ? "0d" : "2e"}` }),
      stroke: new Stroke({ color, width: 2, lineDash: isStale ? [6, 6] : undefined }), zIndex: 1,
    })),
    ring(position, r95(position.accuracy_m), new Style({ stroke: new Stroke({ color: `${color}b3`, width: 1.25, lineDash: [2, 5] }), zIndex: 1 })),
  ];
  const isHollow = isStale || mark.kind === "network";
  const point = new Feature(new Point(at(position)));
  const size = mark.kind === "caller" ? 13 : 10;
  point.setStyle(new Style({
    image: new RegularShape({
      points: 4, radius: size, angle: mark.kind === "network" ? Math.PI / 4 : 0,
      fill: new Fill({ color: isHollow ? `${ink.ground}cc` : color }), stroke: new Stroke({ color: isHollow ? color : ink.halo, width: isHollow ? 3 : 2 }),
    }),
    text: mark.label ? label(ink, mark.label, 28) : undefined, zIndex: mark.kind === "caller" ? 6 : 5,
  }));
  return [...rings, point];
}

const minute = (p: Position) => Math.floor(Date.parse(p.fixed_at) / 60_000);
/** Few strengths, so that a track of six hundred pieces shares a handful of styles. */
const STEPS = 8;

/** Older pieces are fainter and thinner, and each full minute has a tick across the way with its age in minutes. */
export function trackFeatures(track: Position[], ink: Ink): Feature[] {
  const newest = Date.parse(track.at(-1)?.fixed_at ?? "");
  const strengthAt = (p: Position) => Math.max(1, Math.ceil((1 - (newest - Date.parse(p.fixed_at)) / 1000 / TRACK_S) * STEPS));
  const shared = new Map<number, Style>();
  const styleOf = (step: number) => {
    const alpha = Math.round((step / STEPS) * 255).toString(16).padStart(2, "0");
    if (!shared.has(step)) shared.set(step, new Style({ stroke: new Stroke({ color: ink.caller + alpha, width: 2 + (step / STEPS) * 3, lineCap: "round" }), zIndex: 2 }));
    return shared.get(step)!;
  };
  const features: Feature[] = [];
  for (let from = 0, i = 1; i < track.length; i++) {
    const step = strengthAt(track[i]);
    if (minute(track[i]) !== minute(track[i - 1])) features.push(tick(track[i], Math.round((newest - Date.parse(track[i].fixed_at)) / 60_000), ink));
    if (i === track.length - 1 || strengthAt(track[i + 1]) !== step) {
      const piece = new Feature(new LineString(track.slice(from, i + 1).map(at)));
      piece.setStyle(styleOf(step));
      features.push(piece);
      from = i;
    }
  }
  return features;
}

function tick(position: Position, minutes: number, ink: Ink): Feature {
  const feature = new Feature(new Point(at(position)));
  feature.setStyle(new Style({
    image: new Circle({ radius: 4, fill: new Fill({ color: ink.halo }), stroke: new Stroke({ color: ink.caller, width: 2 }) }),
    text: minutes > 0 ? label(ink, `−${minutes}′`, -14, `400 12px ${FAMILY}`) : undefined, zIndex: 3,
  }));
  feature.set("tick", true);
  return feature;
}

/** A dashed cone and a hollow ghost in a colour of its own: nobody may take it for a measurement. */
export function predictionFeatures(from: Position, guess: Prediction, text: string, ink: Ink): Feature[] {
  const edge = (m: number, turn: number) => at(offset(from, guess.heading_deg + turn, m));
  const ringPoints = [];
  for (let turn = -guess.spread_deg; turn <= guess.spread_deg; turn += 6) ringPoints.push(edge(guess.farthest_m, turn));
  for (let turn = guess.spread_deg; turn >= -guess.spread_deg; turn -= 6) ringPoints.push(edge(guess.nearest_m, turn));
  const cone = new Feature(new Polygon([[...ringPoints, ringPoints[0]]]));
  cone.setStyle(new Style({ fill: new Fill({ color: `${ink.predicted}14` }), stroke: new Stroke({ color: ink.predicted, width: 2, lineDash: [4, 6] }), zIndex: 1 }));
  const ghost = new Feature(new Point(at(guess)));
  ghost.setStyle(new Style({
    image: new Circle({ radius: 8, fill: new Fill({ color: `${ink.ground}99` }), stroke: new Stroke({ color: ink.predicted, width: 2, lineDash: [3, 3] }) }),
    text: label(ink, text, -20, `400 13px ${FAMILY}`, ink.predicted), zIndex: 4,
  }));
  return [cone, ghost];
}
