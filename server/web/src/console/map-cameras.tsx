import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { distanceM } from "../geo";
import { said } from "../lang";
import type { SeatMap } from "../map";
import { m } from "../texts/map";
import { so } from "../texts/sources";
import { t } from "../texts/console";
import { isProblem, Tile } from "../tile";
import type { Camera, CameraChoice, CameraTicket, Problem } from "../wire";
import { mayLook } from "./feed";
import { caller } from "./map-facts";
import { away } from "./map-words";
import { detail, enlarged, me, selected, view } from "./seat";
import { caseNoOf, viewerName } from "./wall";

/** The cameras of the map: pointed at with the mouse or the keyboard, listed in words, opened one at a time. */
export const inView = signal<Camera[] | null>(null);
export const pointed = signal<Camera | null>(null);
/** The list of cameras is open; and from where an operator wants to look, if not from the caller. */
export const listing = signal(false);
export const lookFrom = signal<{ lat: number; lon: number; name: string } | null>(null);
const opened = signal<Camera | null>(null);
const MOST_LISTED = 60;
/** Beside the five, on no wall and without their number. */
const SIXTH = 6;

/** One of the five is simply enlarged; any other opens beside the map, if the center's gate lets it. */
export function choose(camera: Camera): void {
  const one = detail.peek()?.cameras.find((held) => held.camera_id === camera.camera_id);
  if (one) enlarged.value = one.number;
  else opened.value = camera;
}

function asChoice(camera: Camera): CameraChoice {
  const from = caller.value;
  return { ...camera, number: SIXTH, distance_m: from ? distanceM(from, camera) : null, bearing_deg: null, in_view: false } as CameraChoice;
}

function Picture({ camera, incidentId }: { camera: Camera; incidentId: string }) {
  const ticket = useSignal<CameraTicket | null>(null);
  const problem = useSignal<Problem | null>(null);
  const choice = asChoice(camera);
  const ask = async () => {
    const answer = await view(incidentId, camera.camera_id, "sub");
    if (isProblem(answer)) problem.value = answer;
    else ticket.value = { ...choice, ...answer };
    return answer;
  };
  useEffect(() => { void ask(); }, [camera.camera_id, incidentId]);
  if (problem.value && !ticket.value) return <p class="trouble" role="status">{said(problem.value)}</p>;
  return <Tile camera={choice} ticket={ticket.value} viewer={viewerName()} caseNo={selected.value ? caseNoOf(selected.value) : undefined} texts={t().tile} metres={t().metres} renew={ask} />;
}

export function OpenedCamera() {
  const camera = opened.value;
  const card = selected.value;
  useEffect(() => { opened.value = null; lookFrom.value = null; }, [card?.incident_id]);
  if (!camera) return null;
  const from = caller.value;
  const may = card !== null && mayLook(card);
  return (
    <aside class="map-camera" aria-label={camera.name} data-camera-open={camera.camera_id}>
      <header>
        <strong>{camera.name}</strong>
        {from && <span class="quiet">{m().camera.away(...away(from, camera))}</span>}
        <button type="button" class="quiet" aria-label={`${m().close}: ${camera.name}`} onClick={() => { opened.value = null; }}><span aria-hidden="true">✕</span></button>
      </header>
      {may && card ? <Picture key={`${card.incident_id}:${camera.camera_id}`} camera={camera} incidentId={card.incident_id} /> : <p>{m().camera.noIncident}</p>}
    </aside>
  );
}

/** The dots as a list: whoever has the focus is pointed at on the map, Enter opens it. */
export function CameraList({ map, onClose }: { map: SeatMap | null; onClose: () => void }) {
  const look = lookFrom.value;
  const origin = look ?? caller.value;
  const from = origin ?? me.value?.map ?? null;
  const all = inView.value;
  const sorted = from && all ? [...all].sort((a, b) => distanceM(from, a) - distanceM(from, b)) : all ?? [];
  const point = (camera: Camera | null) => map?.pointAt(camera);
  useEffect(() => () => point(null), []);
  return (
    <aside class="map-list" aria-label={m().list.head}>
      <header>
        <strong>{look ? so().nearHere(look.name) : m().list.head}{all ? ` (${all.length})` : ""}</strong>
        <button type="button" class="quiet" aria-label={m().close} onClick={onClose}><span aria-hidden="true">✕</span></button>
      </header>
      {all === null ? <p>{m().list.zoom}</p> : all.length === 0 ? <p>{m().list.none}</p> : (
        <ul>
          {sorted.slice(0, MOST_LISTED).map((camera) => (
            <li key={camera.camera_id}>
              <button type="button" onFocus={() => point(camera)} onPointerEnter={() => point(camera)} onClick={() => choose(camera)}>
                <span>{camera.name}{camera.healthy === false ? ` · ${m().list.faulty}` : ""}</span>
                {origin && <small>{away(origin, camera).join(" ")}</small>}
              </button>
            </li>
          ))}
        </ul>
      )}
      {sorted.length > MOST_LISTED && <p class="quiet">{m().list.more(sorted.length - MOST_LISTED)}</p>}
    </aside>
  );
}
