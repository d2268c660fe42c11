import { type Signal, signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asProblem, call } from "../../api";
import { Dialog } from "../../dialog";
import { distanceM } from "../../geo";
import { named, said } from "../../lang";
import { t } from "../../texts/console";
import { o } from "../../texts/desk-work";
import type { Camera, IncidentCard, Problem } from "../../wire";
import { feed, me, select, selected } from "../seat";
import { codes, loadCodes } from "./codes";
import { SheetButtons } from "./parts";

/** An incident without an alert: an operator saw something, or a leader begins an exercise. */
interface Place { lat: number; lon: number }
/** Where the map was last pressed with the right button. */
export const pointed = signal<Place | null>(null);
/** First what is within a walk, else within the city; a desk that opens on the whole country: what it may see there. */
const NEAR_DEG = [0.02, 0.3, 4];
const SHOWN = 6;
const written = (place: Place | null) => (place ? `${place.lat.toFixed(5)}, ${place.lon.toFixed(5)}` : "");

function read(text: string): Place | null {
  const found = /^\s*(-?\d+(?:\.\d+)?)\s*[,\s]\s*(-?\d+(?:\.\d+)?)\s*$/.exec(text);
  if (!found) return null;
  const [lat, lon] = [Number(found[1]), Number(found[2])];
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon } : null;
}

/** Cameras around where this seat looks; the nearest first. */
async function camerasNear(place: Place): Promise<Camera[]> {
  for (const near of NEAR_DEG) {
    const box = { west: place.lon - near, south: place.lat - near, east: place.lon + near, north: place.lat + near };
    const query = new URLSearchParams(Object.entries(box).map(([side, deg]) => [side, deg.toFixed(5)]));
    const got = await call<{ cameras: Camera[] }>("GET", `/api/cameras?${query}`).catch(() => ({ cameras: [] }));
    if (got.cameras.length > 0) return got.cameras.sort((a, b) => distanceM(place, a) - distanceM(place, b));
  }
  return [];
}

function CameraField({ chosen }: { chosen: Signal<Camera | null> }) {
  const s = o().seen;
  const words = useSignal("");
  const cameras = useSignal<Camera[]>([]);
  useEffect(() => {
    const place = pointed.peek() ?? selected.peek()?.position ?? me.peek()?.map;
    if (place) void camerasNear(place).then((got) => { cameras.value = got; });
  }, []);
  const fitting = cameras.value.filter((one) => one.name.includes(words.value.trim())).slice(0, SHOWN);
  return (
    <div class="camera-field">
      <label for="seen-camera">{s.camera}</label>
      <input id="seen-camera" placeholder={s.cameraHint} autocomplete="off" onInput={(event) => { words.value = event.currentTarget.value; }} />
      {cameras.value.length > 0 && fitting.length === 0 && <p class="quiet-text">{s.noCamera}</p>}
      {fitting.map((one) => (
        <label class="choice" key={one.camera_id}><input type="radio" name="camera" checked={chosen.value?.camera_id === one.camera_id} onChange={() => { chosen.value = one; }} /> {one.name}</label>
      ))}
    </div>
  );
}

function usePlace() {
  const by = useSignal<"camera" | "point">(pointed.peek() ? "point" : "camera");
  const camera = useSignal<Camera | null>(null);
  const point = useSignal(written(pointed.peek()));
  const place = (): object | null => (by.value === "camera" ? camera.value && { camera_id: camera.value.camera_id } : read(point.value));
  return { by, camera, point, place };
}

function otherCenter(problem: Problem & { center?: { name_ko: string; name_en: string } }): string {
  return problem.code === "other_center" && problem.center ? o().seen.other(named(problem.center)) : said(problem);
}

/** `isExercise`: the same for a drill that a shift leader begins. */
export function ObservedSheet({ isExercise, onClose }: { isExercise: boolean; onClose: () => void }) {
  const s = o().seen;
  const type = useSignal(isExercise ? "sos" : "");
  const note = useSignal("");
  const problem = useSignal<Problem | null>(null);
  const { by, camera, point, place } = usePlace();
  useEffect(() => void loadCodes(), []);
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const where = place();
    if (!where || !type.value) return;
    try {
      const card = await call<IncidentCard>("POST", isExercise ? "/api/incidents/exercise" : "/api/incidents", { ...where, type: type.value, note: note.value.trim() });
      pointed.value = null;
      feed.keep(card);
      onClose();
      if (!isExercise) select(card.incident_id);
    } catch (error) {
      problem.value = asProblem(error);
    }
  };
  return (
    <Dialog title={isExercise ? s.exerciseTitle : s.title} onClose={onClose} isWide>
      <form onSubmit={send}>
        <p>{isExercise ? s.exerciseLead : s.lead}</p>
        <fieldset class="choices-grid">
          <legend>{s.type}</legend>
          {(codes.value?.types ?? []).map((one, i) => (
            <label class="choice" key={one.code}><input type="radio" name="seen-type" required autofocus={i === 0} checked={type.value === one.code} onChange={() => { type.value = one.code; }} /> {named(one)}</label>
          ))}
        </fieldset>
        <fieldset>
          <legend>{s.where}</legend>
          <span class="choices-row">
            <label class="choice"><input type="radio" name="by" checked={by.value === "camera"} onChange={() => { by.value = "camera"; }} /> {s.byCamera}</label>
            <label class="choice"><input type="radio" name="by" checked={by.value === "point"} onChange={() => { by.value = "point"; }} /> {s.byPoint}</label>
          </span>
          {by.value === "camera" ? <CameraField chosen={camera} /> : (
            <p>
              <label for="seen-point">{s.point}</label>
              <input id="seen-point" value={point.value} inputMode="decimal" autocomplete="off" aria-describedby="seen-point-hint" onInput={(event) => { point.value = event.currentTarget.value; }} />
              <small id="seen-point-hint" class={point.value && !read(point.value) ? "warn" : "quiet-text"}>{point.value && !read(point.value) ? s.badPoint : s.pointHint}</small>
            </p>
          )}
        </fieldset>
        <label for="seen-note">{s.note}</label>
        <input id="seen-note" maxLength={2000} autocomplete="off" onInput={(event) => { note.value = event.currentTarget.value; }} />
        {problem.value && <p class="trouble" role="alert" data-problem={problem.value.code}>{otherCenter(problem.value)}</p>}
        <SheetButtons confirm={isExercise ? s.confirmExercise : s.confirm} isOff={!place() || !type.value} onClose={onClose} />
      </form>
    </Dialog>
  );
}

export function isOwnFinding(card: IncidentCard): boolean {
  return card.origin === "observed" || card.origin === "exercise" || card.alert_ids.length === 0;
}

export const findingWords = (card: IncidentCard) => (card.origin === "exercise" ? t().drill : t().trigger.observed);
