import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { asProblem, call } from "../../api";
import { distanceM } from "../../geo";
import { said } from "../../lang";
import { type Aim, type AimMap, createAimMap } from "../../map-aim";
import { t } from "../../texts/camera-admin";
import { t as cameras } from "../../texts/cameras";
import type { Problem } from "../../wire";
import { Panel } from "../kit/page";
import { tell } from "../kit/told";
import { type Again, pathOf } from "./camera";
import type { CameraFacts } from "./wire";

/** Place, heading, field of view and range: by handles on the map, or as numbers. Nothing is kept until it is saved. */
const aimOf = ({ lat, lon, heading_deg, field_of_view_deg, range_m }: CameraFacts): Aim => ({ lat, lon, heading_deg, field_of_view_deg, range_m });
const NUMBERS = [["lat", 33, 39.5, "0.000001"], ["lon", 124, 132.5, "0.000001"], ["heading_deg", 0, 360, "1"], ["field_of_view_deg", 1, 360, "1"], ["range_m", 1, 5000, "1"]] as const;
type Name = (typeof NUMBERS)[number][0];

/** Only what differs; a place is both its numbers. */
export function changesOf(from: Aim, to: Aim): Partial<Aim> {
  const names = (Object.keys(to) as (keyof Aim)[]).filter((name) => from[name] !== to[name]);
  const changed = Object.fromEntries(names.map((name) => [name, to[name]])) as Partial<Aim>;
  return "lat" in changed || "lon" in changed ? { ...changed, lat: to.lat, lon: to.lon } : changed;
}

export function AimPanel({ camera, again }: { camera: CameraFacts; again: Again }) {
  const c = t().one;
  const before = aimOf(camera);
  const aim = useSignal<Aim>(before);
  const problem = useSignal<Problem | null>(null);
  const isBusy = useSignal(false);
  useEffect(() => { aim.value = aimOf(camera); }, [camera]);
  const changed = changesOf(before, aim.value);
  const isChanged = Object.keys(changed).length > 0;
  const save = async (event: Event) => {
    event.preventDefault();
    if (!isChanged || isBusy.peek()) return;
    problem.value = outside(aim.peek());
    if (problem.peek()) return;
    isBusy.value = true;
    try {
      await call("PATCH", pathOf(camera.camera_id), changed);
      const moved = "lat" in changed ? c.movedBy(cameras().metres(Math.round(distanceM(before, aim.peek())))) : "";
      tell(moved ? `${c.saved} ${moved}` : c.saved, async () => { await call("PATCH", pathOf(camera.camera_id), changesOf(aim.peek(), before)); await again(); });
      await again();
    } catch (error) {
      problem.value = asProblem(error);
    }
    isBusy.value = false;
  };
  return (
    <Panel title={c.place} id="camera-place">
      <p class="quiet-text">{c.placeHelp}</p>
      <div class="aim">
        <AimOnMap aim={aim.value} onAim={(next) => { aim.value = next; }} />
        <form class="aim-fields" noValidate onSubmit={(event) => void save(event)}>
          {NUMBERS.filter(([name]) => name !== "heading_deg" || aim.value.heading_deg !== null).map((one) => (
            <NumberField key={one[0]} of={one} value={aim.value[one[0]]} onValue={(value) => { aim.value = { ...aim.value, [one[0]]: value }; }} />
          ))}
          <label class="check"><input type="checkbox" checked={aim.value.heading_deg === null} onChange={(event) => { aim.value = { ...aim.value, heading_deg: event.currentTarget.checked ? null : 0 }; }} /> {c.allRound}</label>
          <p class="trouble" role="alert">{problem.value ? said(problem.value) : ""}</p>
          <div class="form-buttons">
            <button type="button" disabled={!isChanged} onClick={() => { aim.value = before; }}>{c.revert}</button>
            <button type="submit" class="primary" disabled={!isChanged || isBusy.value}>{c.save}</button>
          </div>
        </form>
      </div>
    </Panel>
  );
}

/** The browser's own check is off: it would take a heading of 12.5° for wrong because arrows turn by whole degrees. */
function outside(aim: Aim): Problem | null {
  const found = NUMBERS.find(([name, least, most]) => { const value = aim[name]; return value !== null && !(value >= least && value <= most); });
  if (!found) return null;
  const [name, least, most] = found;
  const words = wordsOf();
  return { code: "outside", message_ko: `${words[name]}: ${least}~${most}`, message_en: `${words[name]}: ${least} to ${most}` };
}

function wordsOf(): Record<Name, string> {
  const c = t().one;
  return { lat: c.lat, lon: c.lon, heading_deg: c.heading, field_of_view_deg: c.view, range_m: c.range };
}

function NumberField({ of: [name, least, most, step], value, onValue }: { of: (typeof NUMBERS)[number]; value: number | null; onValue: (value: number) => void }) {
  return (
    <label class="field">{wordsOf()[name]} <input type="number" name={name} min={least} max={most} step={step} required value={value ?? 0}
      onChange={(event) => { const next = event.currentTarget.valueAsNumber; if (Number.isFinite(next)) onValue(next); }} /></label>
  );
}

function AimOnMap({ aim, onAim }: { aim: Aim; onAim: (aim: Aim) => void }) {
  const element = useRef<HTMLDivElement>(null);
  const map = useRef<AimMap | null>(null);
  useEffect(() => {
    map.current = createAimMap(element.current!, aim, { attribution: cameras().attribution, onAim });
    return () => { map.current?.close(); map.current = null; };
  }, []);
  useEffect(() => map.current?.show(aim), [aim]);
  return <div class="map"><div class="canvas" ref={element} role="group" aria-label={t().one.map} /></div>;
}
