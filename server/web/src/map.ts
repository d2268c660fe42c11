import { effect } from "@preact/signals";
import OlMap from "ol/Map";
import View from "ol/View";
import { containsCoordinate, createEmpty, extend, getCenter, isEmpty } from "ol/extent";
import { toLonLat } from "ol/proj";
import "ol/ol.css";
import { lang } from "./lang";
import { createGround, type GroundState, mapControls } from "./map-basemap";
import type { CallerMark } from "./map-caller";
import { dotAt } from "./map-cameras";
import { changedIn } from "./map-changed";
import { at, inkOf, motionMs } from "./map-ink";
import { Marks, NOTHING, type Shown, SMALL } from "./map-marks";
import type { NoteMark, UnitMark } from "./map-units";
import type { AskedMark } from "./map-asked";
import type { BeforeMark } from "./map-before";
import type { SourceMark } from "./map-sources";
import type { WalkMark } from "./map-walks";
import { shapeOf, type WarningMark } from "./map-warnings";
import type { Prediction } from "./predict";
import { theme, type Theme } from "./theme";
import type { Camera, CameraChoice, Position, Trail } from "./wire";

export type { CallerMark } from "./map-caller";
export type { GroundState } from "./map-basemap";
export type { NoteMark, UnitMark } from "./map-units";
export type { AskedMark } from "./map-asked";
export type { BeforeMark } from "./map-before";
export type { SourceMark } from "./map-sources";
export type { WalkLook, WalkMark } from "./map-walks";
export type { WarningLook, WarningMark } from "./map-warnings";

/** The files map*.ts are the only ones that know the map library. Everything drawn is also said in words by the caller. */
export interface MapOptions {
  center: { lat: number; lon: number; zoom: number };
  /** Maps follow the page's theme by themselves, also when it is switched. */
  theme?: Theme;
  /** In the page's language of now. */
  attribution: string | (() => string);
  /** The user took hold of the map, or gave it back. */
  onFollowing?: (following: boolean) => void;
  /** The visible box at a zoom where single cameras make sense, else null. */
  onView?: (box: { west: number; south: number; east: number; north: number } | null) => void;
  /** One of the five is pointed at, by its number. */
  onHover?: (cameraNumber: number | null) => void;
  /** The map was pressed with the right button, or long: a place somebody means. */
  onPoint?: (place: { lat: number; lon: number }) => void;
  /** Any camera is pointed at; or pressed. */
  onOver?: (camera: Camera | null) => void;
  onCamera?: (camera: Camera) => void;
  onGround?: (state: GroundState) => void;
  /** A walk home is pointed at. */
  onWalk?: (id: string | null) => void;
  /** The area of a disaster warning was pressed. */
  onWarning?: (id: string) => void;
  /** The map was pressed; true: the place was wanted, and nothing else happens. */
  onPick?: (place: { lat: number; lon: number }) => boolean;
}

export interface SeatMap {
  showCaller(position: Position | null, isStale: boolean, label: string): void;
  /** Further alerts of the incident, and positions of another source: never mixed with the caller's own. */
  showOthers(marks: CallerMark[]): void;
  /** Where she may be by now: a cone and a ghost, never a point. */
  showPrediction(from: Position | null, guess: Prediction | null, label: string): void;
  showTrack(track: Position[]): void;
  showChosen(cameras: CameraChoice[], lit: number | null): void;
  showCameras(cameras: Camera[]): void;
  /** The camera that has the pointer or the keyboard, or none. */
  pointAt(camera: Camera | null): void;
  showTrail(trail: Trail | null, timeOf: (at: string) => string): void;
  showUnits(units: UnitMark[]): void;
  showTraffic(traffic: GeoJSON.FeatureCollection | null): void;
  showNotes(notes: NoteMark[]): void;
  showWalks(walks: WalkMark[]): void;
  /** Areas of disaster warnings, under all else. */
  showWarnings(warnings: WarningMark[]): void;
  /** What others say of her place; never mixed with her own. */
  showSources(sources: SourceMark[]): void;
  /** Where a device was last known to be before it was tampered with; apart from the reported place. */
  showBefore(before: BeforeMark[]): void;
  /** The area that is asked for, as it is now and as it was at first. */
  showAsked(asked: AskedMark[]): void;
  showJurisdictions(own: GeoJSON.Feature | null, neighbours: GeoJSON.FeatureCollection | null, language: "ko" | "en"): void;
  follow(): void;
  fit(): void;
  /** To a place without the user's hand: the list of cameras, a unit. Ends following. `closeEnough`: single cameras are seen. */
  goTo(place: { lat: number; lon: number }, closeEnough?: boolean): void;
  /** The whole of an area. Ends following. */
  fitTo(area: GeoJSON.Geometry): void;
  close(): void;
}

export const CAMERA_ZOOM = 11.5;
const FOLLOW_ZOOM = 17;
const LOOK_ZOOM = 16;
/** While she stays in the middle of the map it stands still; only near an edge does it go after her. */
const MIDDLE = 0.25;

/** Counters for tests and for whoever inspects the page: what is on the canvas right now. */
function count(element: HTMLElement, shown: Shown, marks: Marks): void {
  const told: Record<string, number> = {
    caller: shown.caller ? 1 : 0, others: shown.others.length, prediction: shown.prediction ? 1 : 0, chosen: shown.chosen.length,
    cameras: shown.cameras.length, units: shown.units.length, notes: shown.notes.length, walks: shown.walks.length, warnings: shown.warnings.length, sources: shown.sources.length, before: shown.before.length, asked: shown.asked.length, traffic: marks.sources.traffic.getFeatures().length,
    track: marks.sources.track.getFeatures().length, ticks: marks.sources.track.getFeatures().filter((one) => one.get("tick")).length,
    trail: marks.sources.trail.getFeatures().length, borders: (shown.own ? 1 : 0) + (shown.neighbours?.features.length ?? 0),
  };
  for (const [name, drawn] of Object.entries(told)) element.dataset[`drawn${name[0].toUpperCase()}${name.slice(1)}`] = String(drawn);
  element.dataset.drawnAs = !shown.caller ? "" : shown.caller.isStale ? "hollow" : "solid";
  element.dataset.drawnLit = shown.lit === null ? "" : String(shown.lit);
}

/** Who moves the map: the caller's position, until the user takes hold of it; never while a pointer is down. */
class Follower {
  private following = true;
  private isHeld = false;
  private place: Position | null = null;

  constructor(private readonly map: OlMap, private readonly view: View, element: HTMLElement, private readonly tell?: (following: boolean) => void) {
    map.on("pointerdrag", () => this.set(false));
    element.addEventListener("wheel", () => this.set(false), { passive: true });
    element.addEventListener("keydown", (event) => { if (event.key.startsWith("Arrow")) this.set(false); });
    element.addEventListener("pointerdown", () => { this.isHeld = true; });
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) element.addEventListener(end, () => { this.isHeld = false; });
  }

  set(next: boolean): void {
    if (next !== this.following) this.tell?.(next);
    this.following = next;
  }

  moved(place: Position | null): void {
    const isFirst = this.place === null;
    this.place = place;
    if (!place || !this.following || this.isHeld) return;
    if (isFirst || !this.isInTheMiddle(place)) this.center(isFirst ? FOLLOW_ZOOM : undefined, isFirst);
  }

  resume(): void {
    this.set(true);
    this.center(FOLLOW_ZOOM);
  }

  /** A jump over many zooms would fetch and draw the tiles of each on the way: the first time it stands there at once. */
  private center(zoom?: number, isJump = false): void {
    if (this.place) this.view.animate({ center: at(this.place), ...(zoom ? { zoom } : {}), duration: isJump ? 0 : motionMs(250) });
  }

  private isInTheMiddle(place: Position): boolean {
    const [west, south, east, north] = this.view.calculateExtent(this.map.getSize());
    const [dx, dy] = [(east - west) * MIDDLE, (north - south) * MIDDLE];
    return containsCoordinate([west + dx, south + dy, east - dx, north - dy], at(place));
  }
}

function listen(map: OlMap, view: View, element: HTMLElement, marks: Marks, options: MapOptions): void {
  map.on("moveend", () => {
    element.dataset.zoom = (view.getZoom() ?? 0).toFixed(1);
    element.dataset.middle = (view.getCenter() ?? []).map(Math.round).join(" ");
    if ((view.getZoom() ?? 0) < CAMERA_ZOOM) return options.onView?.(null);
    const [left, bottom, right, top] = view.calculateExtent(map.getSize());
    const [west, south] = toLonLat([left, bottom]);
    const [east, north] = toLonLat([right, top]);
    options.onView?.({ west, south, east, north });
  });
  const told = <Kind>(name: string, pixel: number[]) => map.forEachFeatureAtPixel(pixel, (feature) => feature.get(name) as Kind | undefined, { hitTolerance: 4 }) ?? null;
  const cameraAt = (coordinate: number[]) => {
    const zoom = view.getZoom() ?? 0;
    return zoom < CAMERA_ZOOM ? null : dotAt(marks.sources.dots, coordinate, view.getResolution() ?? 1);
  };
  map.on("pointermove", (event) => {
    if (event.dragging) return;
    options.onHover?.(told<number>("number", event.pixel));
    options.onWalk?.(told<string>("walk", event.pixel));
    const camera = cameraAt(event.coordinate);
    element.style.cursor = camera && options.onCamera ? "pointer" : "";
    options.onOver?.(camera);
  });
  element.addEventListener("pointerleave", () => {
    options.onHover?.(null);
    options.onWalk?.(null);
    options.onOver?.(null);
  });
  element.addEventListener("contextmenu", (event) => {
    if (!options.onPoint) return;
    event.preventDefault();
    const [lon, lat] = toLonLat(map.getEventCoordinate(event));
    options.onPoint({ lat, lon });
  });
  map.on("singleclick", (event) => {
    const [lon, lat] = toLonLat(event.coordinate);
    if (options.onPick?.({ lat, lon })) return;
    const camera = cameraAt(event.coordinate);
    if (camera) return options.onCamera?.(camera);
    const warning = told<string>("warning", event.pixel);
    if (warning) options.onWarning?.(warning);
  });
}

export function createMap(element: HTMLElement, options: MapOptions): SeatMap {
  const marks = new Marks(inkOf(theme.peek()), CAMERA_ZOOM);
  const ground = createGround({ attribution: options.attribution, onState: (state) => { element.dataset.ground = state; options.onGround?.(state); } });
  const view = new View({ center: at(options.center), zoom: options.center.zoom, maxZoom: 20, minZoom: 6 });
  element.tabIndex = 0; // arrows move it, + and − zoom
  const map = new OlMap({
    target: element, view, layers: [...ground.layers, ...marks.layers],
    controls: mapControls(),
  });
  const follower = new Follower(map, view, element, options.onFollowing);
  let shown: Shown = NOTHING;
  const show = (told: Partial<Shown>) => {
    const changed = changedIn(shown, told, SMALL);
    if (Object.keys(changed).length === 0) return;
    shown = { ...shown, ...changed };
    marks.draw(shown, changed);
    count(element, shown, marks);
  };
  count(element, shown, marks);
  listen(map, view, element, marks, options);
  const undress = effect(() => { lang.value; marks.dress(inkOf(theme.value), shown); });
  return {
    showCaller: (position, isStale, label) => {
      show({ caller: position && { position, isStale, label, kind: "caller" } });
      follower.moved(position);
    },
    showOthers: (others) => { if (others.length > 0 || shown.others.length > 0) show({ others }); },
    showPrediction: (from, guess, label) => { if (guess || shown.prediction) show({ prediction: from && guess && { from, guess, label } }); },
    showTrack: (track) => show({ track }),
    showChosen: (chosen, lit) => show({ chosen, lit }),
    showCameras: (cameras) => show({ cameras }),
    pointAt: (pointed) => { if (pointed?.camera_id !== shown.pointed?.camera_id) show({ pointed }); },
    showTrail: (trail, timeOf) => show({ trail, timeOf }),
    showUnits: (units) => { if (units.length > 0 || shown.units.length > 0) show({ units }); },
    showTraffic: (traffic) => show({ traffic }),
    showNotes: (notes) => show({ notes }),
    showSources: (sources) => { if (sources.length > 0 || shown.sources.length > 0) show({ sources }); },
    showBefore: (before) => { if (before.length > 0 || shown.before.length > 0) show({ before }); },
    showAsked: (asked) => { if (asked.length > 0 || shown.asked.length > 0) show({ asked }); },
    showWalks: (walks) => { if (walks.length > 0 || shown.walks.length > 0) show({ walks }); },
    showWarnings: (warnings) => { if (warnings.length > 0 || shown.warnings.length > 0) show({ warnings }); },
    showJurisdictions: (own, neighbours) => show({ own, neighbours }),
    follow: () => follower.resume(),
    fit: () => {
      const extent = createEmpty();
      for (const name of ["caller", "track", "chosen", "trail", "units", "before", "asked"] as const) extend(extent, marks.sources[name].getExtent() ?? createEmpty());
      if (isEmpty(extent)) return;
      follower.set(false);
      view.fit(extent, { padding: [50, 50, 50, 50], maxZoom: 18, duration: motionMs(250) });
    },
    goTo: (place, closeEnough = false) => {
      follower.set(false);
      const isFar = closeEnough && (view.getZoom() ?? 0) < LOOK_ZOOM;
      view.animate({ center: getCenter([...at(place), ...at(place)]), ...(isFar ? { zoom: LOOK_ZOOM, duration: 0 } : { duration: motionMs(250) }) });
    },
    fitTo: (area) => {
      follower.set(false);
      view.fit(shapeOf(area).getExtent(), { padding: [50, 50, 50, 50], maxZoom: 17, duration: motionMs(250) });
    },
    close: () => { undress(); ground.close(); map.setTarget(undefined); },
  };
}
