import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { call } from "../api";
import type { DrawMap, DrawTool, Where } from "../map-draw";
import { t } from "../texts/agency";
import { q } from "../texts/requests";
import { theme } from "../theme";
import type { CameraChoice } from "../wire";
import { me, selected } from "./desk";
import { Icon } from "./icons";

/** Where to look: drawn by mouse or finger, or without either by the middle of the map or by coordinates. */
const TOOLS: DrawTool[] = ["point", "circle", "box", "polygon"];
const RADII_M = [0, 200, 500, 1000];
export const MOST_KM2 = 25;
const KOREA = { south: 33, north: 39, west: 124, east: 132 };

interface Found { count: number; cameras: CameraChoice[] }

/** A disaster room is told what stands there before it asks; others are not. */
function useCameras(where: Where | null, map: { value: DrawMap | null }) {
  const found = useSignal<Found | null | "looking">(null);
  const mayLook = me.value?.agency?.kind === "disaster";
  useEffect(() => {
    found.value = null;
    if (!mayLook || !where?.area || where.km2 > MOST_KM2) return;
    let isGone = false;
    found.value = "looking";
    void call<Found>("POST", "/api/agency/areas", { polygon: where.area, limit: 20 }).then(
      (got) => { if (!isGone) { found.value = got; map.value?.showCameras(got.cameras); } },
      () => { if (!isGone) found.value = null; }, // the request itself says what is wrong
    );
    return () => { isGone = true; };
  }, [where]);
  return found.value;
}

function Fields({ onPut }: { onPut: (place: { lat: number; lon: number }) => void }) {
  const bad = useSignal(false);
  const lat = useSignal("");
  const lon = useSignal("");
  const use = () => {
    const place = { lat: Number(lat.value), lon: Number(lon.value) };
    const fits = place.lat >= KOREA.south && place.lat <= KOREA.north && place.lon >= KOREA.west && place.lon <= KOREA.east;
    bad.value = !fits;
    if (fits) onPut(place);
  };
  return (
    <details class="fields">
      <summary>{q().fields}</summary>
      <div>
        <p><label for="ask-lat">{q().lat}</label><input id="ask-lat" inputMode="decimal" autocomplete="off" onInput={(event) => { lat.value = event.currentTarget.value; }} /></p>
        <p><label for="ask-lon">{q().lon}</label><input id="ask-lon" inputMode="decimal" autocomplete="off" onInput={(event) => { lon.value = event.currentTarget.value; }} /></p>
        <button type="button" onClick={use}>{q().useFields}</button>
      </div>
      {bad.value && <p class="trouble" role="alert">{q().badPlace}</p>}
    </details>
  );
}

function said(where: Where | null): string {
  if (!where) return q().nothing;
  return where.place ? q().point(where.place.lat.toFixed(5), where.place.lon.toFixed(5)) : q().area(where.km2.toFixed(where.km2 < 1 ? 3 : 1));
}

export function AreaMap({ where }: { where: { value: Where | null } }) {
  const element = useRef<HTMLDivElement>(null);
  const map = useSignal<DrawMap | null>(null);
  const tool = useSignal<DrawTool>(me.peek()?.agency?.kind === "disaster" ? "box" : "point");
  const radiusM = useSignal(tool.peek() === "box" ? 500 : 0);
  const found = useCameras(where.value, map);
  useEffect(() => {
    let isGone = false;
    const here = selected.peek()?.position ?? me.peek()?.map ?? { lat: 37.39, lon: 126.95 };
    void import("../map-draw").then(({ createDrawMap }) => {
      if (isGone || !element.current) return;
      map.value = createDrawMap(element.current, {
        center: { lat: here.lat, lon: here.lon, zoom: 15 }, theme: theme.peek(), attribution: t().attribution, onWhere: (next) => { where.value = next; },
      });
      map.value.use(tool.peek());
    });
    return () => { isGone = true; map.peek()?.close(); };
  }, []);
  const choose = (next: DrawTool) => { tool.value = next; map.value?.use(next); };
  const put = (place: { lat: number; lon: number }) => map.value?.put(place, radiusM.value);
  return (
    <fieldset class="where">
      <legend>{q().where}</legend>
      <div class="draw-tools" role="radiogroup" aria-label={q().toolsLabel}>
        {TOOLS.map((one) => (
          <button key={one} type="button" role="radio" aria-checked={tool.value === one} data-tool={one} onClick={() => choose(one)}><Icon name={one} /> {q().tools[one]}</button>
        ))}
        <button type="button" class="quiet" disabled={!where.value} onClick={() => map.value?.clear()}>{q().clear}</button>
      </div>
      <div class="map"><div class="canvas" ref={element} tabIndex={0} role="group" aria-label={q().mapLabel} /><p class="over draw-hint">{q().hints[tool.value]}</p></div>
      <p class="chosen-where" role="status" data-where={where.value ? (where.value.place ? "place" : "area") : "none"}>
        <strong>{said(where.value)}</strong>
        {where.value && where.value.km2 > MOST_KM2 && <span class="trouble"> {q().tooBig}</span>}
        {found === "looking" ? ` · ${q().looking}` : found ? ` · ${found.count === 0 ? q().noCameras : q().cameras(found.count, found.cameras.length)}` : ""}
      </p>
      <div class="without-mouse">
        <p class="short"><label for="ask-radius">{q().radius}</label>
          <select id="ask-radius" onChange={(event) => { radiusM.value = Number(event.currentTarget.value); }}>
            {RADII_M.map((m) => <option key={m} value={m} selected={m === radiusM.value}>{m === 0 ? q().tools.point : t().metres(m)}</option>)}
          </select></p>
        <button type="button" title={q().byCenterHint} onClick={() => map.value && put(map.value.middle())}>{q().byCenter}</button>
        <Fields onPut={put} />
      </div>
      {found && found !== "looking" && found.cameras.length > 0 && (
        <ol class="area-cameras">{found.cameras.map((one) => <li key={one.camera_id}><span class="number">{one.number}</span> {one.name}</li>)}</ol>
      )}
    </fieldset>
  );
}
