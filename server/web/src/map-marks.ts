import Feature from "ol/Feature";
import GeoJSON from "ol/format/GeoJSON";
import MultiPolygon from "ol/geom/MultiPolygon";
import Polygon from "ol/geom/Polygon";
import VectorLayer from "ol/layer/Vector";
import VectorImageLayer from "ol/layer/VectorImage";
import VectorSource from "ol/source/Vector";
import { Fill, Stroke, Style } from "ol/style";
import { type CallerMark, callerFeatures, predictionFeatures, trackFeatures } from "./map-caller";
import { badge, dotFeatures, dotStyle, pointedFeatures, wedge } from "./map-cameras";
import { askedFeatures, type AskedMark } from "./map-asked";
import { type BeforeMark, beforeFeatures } from "./map-before";
import type { Ink } from "./map-ink";
import { trailFeatures } from "./map-trail";
import { type NoteMark, noteFeatures, trafficFeatures, type UnitMark, unitFeatures } from "./map-units";
import { sourceFeatures, type SourceMark } from "./map-sources";
import { walkFeatures, type WalkMark } from "./map-walks";
import { warningFeatures, type WarningMark } from "./map-warnings";
import type { Prediction } from "./predict";
import type { Camera, CameraChoice, Position, Trail } from "./wire";

/** Everything that a map has been told to show; drawn from here again whenever the ink changes. */
export interface Shown {
  caller: CallerMark | null; others: CallerMark[]; prediction: { from: Position; guess: Prediction; label: string } | null;
  track: Position[]; chosen: CameraChoice[]; lit: number | null; cameras: Camera[]; pointed: Camera | null;
  trail: Trail | null; timeOf: (at: string) => string; units: UnitMark[]; traffic: GeoJSON.FeatureCollection | null; notes: NoteMark[];
  warnings: WarningMark[]; walks: WalkMark[]; sources: SourceMark[]; before: BeforeMark[]; asked: AskedMark[]; own: GeoJSON.Feature | null; neighbours: GeoJSON.FeatureCollection | null;
}

export const NOTHING: Shown = {
  caller: null, others: [], prediction: null, track: [], chosen: [], lit: null, cameras: [], pointed: null, trail: null, timeOf: String,
  units: [], traffic: null, notes: [], warnings: [], walks: [], sources: [], before: [], asked: [], own: null, neighbours: null,
};

/** Told again the same in other objects. */
export const SMALL: ReadonlySet<keyof Shown> = new Set(["caller", "others", "prediction", "chosen", "units", "notes", "warnings", "walks", "sources", "before", "asked"]);

/** A canvas of their own above the ground's: names of places never cover what is happening. */
const CLASS = "marks";
const NAMES = ["borders", "warnings", "asked", "dots", "traffic", "walks", "chosen", "pointed", "track", "trail", "sources", "before", "notes", "units", "prediction", "caller"] as const;
type Name = (typeof NAMES)[number];

/** By layer: what of `Shown` it draws, and how. A change redraws only the layers it concerns. */
const DRAW: Record<Name, { of: (keyof Shown)[]; features: (shown: Shown, ink: Ink) => Feature[] }> = {
  borders: { of: ["own", "neighbours"], features: borderFeatures },
  warnings: { of: ["warnings"], features: (shown, ink) => warningFeatures(shown.warnings, ink) },
  asked: { of: ["asked"], features: (shown, ink) => askedFeatures(shown.asked, ink) },
  dots: { of: ["cameras"], features: (shown) => dotFeatures(shown.cameras) },
  traffic: { of: ["traffic"], features: (shown, ink) => trafficFeatures(shown.traffic, ink) },
  sources: { of: ["sources"], features: (shown, ink) => sourceFeatures(shown.sources, ink) },
  before: { of: ["before"], features: (shown, ink) => beforeFeatures(shown.before, ink) },
  walks: { of: ["walks"], features: (shown, ink) => walkFeatures(shown.walks, ink) },
  chosen: {
    of: ["chosen", "lit"], features: ({ chosen, lit }, ink) => [
      ...chosen.map((camera) => wedge(camera, ink, camera.number === lit)), ...chosen.map((camera) => badge(camera, chosen, ink, camera.number === lit)),
    ],
  },
  pointed: { of: ["pointed"], features: (shown, ink) => pointedFeatures(shown.pointed, ink) },
  track: { of: ["track"], features: (shown, ink) => trackFeatures(shown.track, ink) },
  trail: { of: ["trail", "timeOf"], features: (shown, ink) => trailFeatures(shown.trail, ink, shown.timeOf) },
  notes: { of: ["notes"], features: (shown, ink) => noteFeatures(shown.notes, ink) },
  units: { of: ["units"], features: (shown, ink) => unitFeatures(shown.units, ink) },
  prediction: {
    of: ["prediction"],
    features: ({ prediction: p }, ink) => (p ? predictionFeatures(p.from, p.guess, p.label, ink) : []),
  },
  caller: { of: ["caller", "others"], features: (shown, ink) => [...shown.others, ...(shown.caller ? [shown.caller] : [])].flatMap((mark) => callerFeatures(mark, ink)) },
};

export class Marks {
  readonly sources = Object.fromEntries(NAMES.map((name) => [name, new VectorSource()])) as Record<Name, VectorSource>;
  private readonly dots: VectorImageLayer<VectorSource>;
  readonly layers;

  constructor(private ink: Ink, cameraZoom: number) {
    this.dots = new VectorImageLayer({ className: CLASS, source: this.sources.dots, style: dotStyle(ink), imageRatio: 1.5, minZoom: cameraZoom });
    this.layers = NAMES.map((name) => name === "dots" ? this.dots
      : new VectorLayer({ className: CLASS, source: this.sources[name], updateWhileAnimating: true, updateWhileInteracting: true }));
  }

  draw(shown: Shown, changed: Partial<Shown>): void {
    for (const name of NAMES) {
      if (!DRAW[name].of.some((key) => key in changed)) continue;
      this.sources[name].clear(true);
      this.sources[name].addFeatures(DRAW[name].features(shown, this.ink));
    }
  }

  dress(ink: Ink, shown: Shown): void {
    this.ink = ink;
    this.dots.setStyle(dotStyle(ink));
    const { cameras: _, ...rest } = shown;
    this.draw(shown, rest);
  }
}

/** The own jurisdiction stands out by a strong line and by everything else being a little dimmed. */
function borderFeatures(shown: Shown, ink: Ink): Feature[] {
  const read = new GeoJSON({ featureProjection: "EPSG:3857" });
  const own = shown.own ? (read.readFeature(shown.own) as Feature) : null;
  const ownCode = shown.own?.properties?.code as string | undefined;
  const found = (shown.neighbours?.features ?? []).filter((raw) => raw.properties?.code !== ownCode).map((raw) => {
    const feature = read.readFeature(raw) as Feature;
    feature.setStyle(new Style({ stroke: new Stroke({ color: ink.neighbour, width: 1.25, lineDash: [6, 4] }), zIndex: 1 }));
    return feature;
  });
  if (!own) return found;
  const outside = new Feature(everythingBut(own));
  outside.setStyle(new Style({ fill: new Fill({ color: ink.outside }), zIndex: 0 }));
  own.setStyle(new Style({ stroke: new Stroke({ color: ink.own, width: 3 }), zIndex: 2 }));
  return [outside, ...found, own];
}

const WORLD = [[1.2e7, 3.0e6], [1.6e7, 3.0e6], [1.6e7, 6.0e6], [1.2e7, 6.0e6], [1.2e7, 3.0e6]];

function everythingBut(own: Feature): Polygon {
  const shape = own.getGeometry() as MultiPolygon | Polygon;
  const parts = shape instanceof MultiPolygon ? shape.getCoordinates() : [shape.getCoordinates()];
  return new Polygon([WORLD, ...parts.map((part) => part[0])]);
}
