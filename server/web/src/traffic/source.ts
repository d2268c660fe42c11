import { signal } from "@preact/signals";
import { call } from "../api";

/** How the roads in view run: asked for by box (0.01° steps: an address in a log tells no place), anew every half minute. */
export type Level = "free" | "slow" | "jammed" | "closed";
export interface Road { id: string; name_ko: string; name_en: string; level: Level; speed_kph: number | null }
export interface Told {
  state: "ready" | "none" | "away"; kind: "none" | "console" | "http"; at: string | null; source: string; is_stale: boolean;
  links: GeoJSON.FeatureCollection<GeoJSON.LineString, Road> | null;
}
export interface Box { west: number; south: number; east: number; north: number }

const EVERY_MS = 30_000;
const WAIT_MS = 400;
const STEP_DEG = 0.01;
const MOST_DEG = 0.6;

function query(box: Box): string | null {
  if (box.east - box.west > MOST_DEG - 2 * STEP_DEG || box.north - box.south > MOST_DEG - 2 * STEP_DEG) return null;
  const down = (deg: number) => (Math.floor(deg / STEP_DEG) * STEP_DEG).toFixed(2);
  const up = (deg: number) => (Math.ceil(deg / STEP_DEG) * STEP_DEG).toFixed(2);
  return new URLSearchParams({ west: down(box.west), south: down(box.south), east: up(box.east), north: up(box.north) }).toString();
}

/** One map's roads. `path`: whom this page may ask. */
export class Roads {
  readonly isOn = signal(false);
  /** null while nothing has been heard. */
  readonly told = signal<Told | null>(null);
  /** Whether single roads make sense at this zoom. */
  readonly isNear = signal(true);
  private box: string | null = null;
  private shown: string | null = null;
  private timer = 0;

  constructor(private readonly path: string) {}

  look(box: Box | null): void {
    const next = box && query(box);
    this.isNear.value = Boolean(next);
    if (next === this.box) return;
    this.box = next;
    this.again(WAIT_MS);
  }

  turn(on: boolean): void {
    this.isOn.value = on;
    this.again(0);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.isOn.value = false;
  }

  private again(inMs: number): void {
    clearTimeout(this.timer);
    if (this.isOn.peek()) this.timer = window.setTimeout(() => void this.fetch(), inMs);
  }

  private async fetch(): Promise<void> {
    const asked = this.box;
    if (asked && document.visibilityState === "visible") {
      const got = await call<Told>("GET", `${this.path}?${asked}`).catch(() => null);
      if (asked !== this.box) return;
      // what could not be asked again for the same streets stays, with its time; of other streets it would be a lie
      if (got) { this.told.value = got; this.shown = asked; }
      else if (this.shown !== asked || !this.told.peek()?.links) this.told.value = { state: "away", kind: "http", at: null, source: "", is_stale: false, links: null };
      else this.told.value = { ...this.told.peek()!, is_stale: true };
    }
    this.again(EVERY_MS);
  }
}

/** What is drawn now. */
export function drawn(roads: Roads): GeoJSON.FeatureCollection | null {
  return roads.isOn.value && roads.isNear.value ? roads.told.value?.links ?? null : null;
}
