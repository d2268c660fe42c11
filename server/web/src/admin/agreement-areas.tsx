import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { AreaDrawing } from "../map-area-draw";
import { t } from "../texts/agreements";
import { centers } from "./house";
import { Area } from "./kit/form";

/** Where an agency may ask: drawn on a map or pasted as GeoJSON, and shown as it is. */
type Areas = GeoJSON.MultiPolygon;

/** What somebody pastes: a geometry, a feature, a collection of them; null where there is no area in it. */
export function areasIn(said: unknown): Areas | null {
  const of = (one: unknown): number[][][][] => {
    const thing = one as { type?: string; coordinates?: unknown; geometry?: unknown; features?: unknown[]; geometries?: unknown[] } | null;
    if (thing?.type === "MultiPolygon") return thing.coordinates as number[][][][];
    if (thing?.type === "Polygon") return [thing.coordinates as number[][][]];
    if (thing?.type === "Feature") return of(thing.geometry);
    return [...(thing?.features ?? []), ...(thing?.geometries ?? [])].flatMap(of);
  };
  const coordinates = of(said).filter((polygon) => Array.isArray(polygon) && polygon.every(Array.isArray));
  return coordinates.length > 0 ? { type: "MultiPolygon", coordinates } : null;
}

function AreaMap({ areas, onDrawn }: { areas: Areas | null; onDrawn?: (areas: Areas | null) => void }) {
  const element = useRef<HTMLDivElement>(null);
  const map = useSignal<AreaDrawing | null>(null);
  const drawn = useRef(onDrawn);
  drawn.current = onDrawn;
  useEffect(() => {
    let isGone = false;
    void import("../map-area-draw").then(({ createAreaDrawing }) => {
      if (isGone || !element.current) return;
      map.value = createAreaDrawing(element.current, { outlineOf: centers.peek()[0]?.code ?? "", onDrawn: drawn.current ? (next) => drawn.current?.(next) : null });
    });
    return () => { isGone = true; map.peek()?.close(); };
  }, []);
  useEffect(() => map.value?.show(areas), [areas, map.value]);
  return <div class="map agreed-map"><div class="canvas" ref={element} tabIndex={0} role="group" aria-label={t().fields.areaMap} /></div>;
}

export function AreaMapOf({ areas }: { areas: Areas }) {
  return <AreaMap areas={areas} />;
}

export function AreaField({ of }: { of: Areas | null }) {
  const f = t().fields;
  const areas = useSignal<Areas | null>(of);
  const isBad = useSignal(false);
  const isDrawing = useSignal(of !== null);
  const box = useRef<HTMLDivElement>(null);
  const write = (next: Areas | null) => {
    areas.value = next;
    isBad.value = false;
    const text = box.current?.querySelector("textarea");
    if (text) text.value = next ? JSON.stringify(next) : "";
  };
  const read = (text: string) => {
    if (!text.trim()) return write(null);
    try {
      const found = areasIn(JSON.parse(text));
      if (found) return write(found);
    } catch {
      // said below
    }
    isBad.value = true;
  };
  return (
    <div class="area-field" ref={box} onChange={(event) => { if (event.target instanceof HTMLTextAreaElement) read(event.target.value); }}>
      <Area name="areas" label={f.areas} help={f.areasHelp} value={of ? JSON.stringify(of) : ""} rows={3} most={200_000} />
      {isBad.value && <p class="trouble" role="alert">{f.badGeo}</p>}
      <p class="row-buttons">
        {!isDrawing.value && <button type="button" onClick={() => { isDrawing.value = true; }}>{f.drawArea}</button>}
        {areas.value && <button type="button" onClick={() => write(null)}>{f.clearAreas}</button>}
        <span class="quiet-text" role="status">{areas.value ? f.pieces(areas.value.coordinates.length, areas.value.coordinates.reduce((n, one) => n + one.reduce((m, ring) => m + ring.length - 1, 0), 0)) : f.everywhere}</span>
      </p>
      {isDrawing.value && <><p class="help">{f.drawHint}</p><AreaMap areas={areas.value} onDrawn={write} /></>}
    </div>
  );
}
