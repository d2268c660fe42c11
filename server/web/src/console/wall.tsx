import { signal, useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { said } from "../lang";
import { t } from "../texts/console";
import { v } from "../texts/video";
import { w } from "../texts/wall";
import { r } from "../texts/roles";
import { seenNow } from "../geo";
import { TileIcon } from "../tile-icons";
import { isProblem, Tile } from "../tile";
import type { CameraChoice, CameraTicket, IncidentCard, Problem } from "../wire";
import { changes, coming, notePlay, pinned, togglePin } from "./arrangement";
import { isOpen, isPre, mayAct, mayLook } from "./feed";
import { capOf, type KeyId, keyOf } from "./keys";
import { isMonitor } from "./page-kind";
import { PtzPad } from "./ptz";
import { cameras, detail, enlarged, hovered, load, me, renew, sheet, standing, view } from "./seat";

/** Five cameras in one row, the same numbers as on the map. Sub-streams here, the main stream when enlarged; which
 *  camera stands where, and how it changes, is arrangement.ts. */
export function viewerName(): string {
  return me.value ? `${me.value.name} ${me.value.login}` : "";
}

/** What the case is called outside; until 112 or 119 has been asked it has only the end of its own id. */
export function caseNoOf(card: IncidentCard): string {
  return card.dispatches.find((one) => one.case_no)?.case_no ?? `#${card.incident_id.slice(-8)}`;
}

/** The pictures of the tiles that play, for whoever wants to show the same once more. */
const screens = signal<ReadonlyMap<string, HTMLVideoElement>>(new Map());

function noteScreen(cameraId: string, isLive: boolean, video: HTMLVideoElement | null): void {
  notePlay(cameraId, isLive);
  const next = new Map(screens.peek());
  if (isLive && video) next.set(cameraId, video);
  else next.delete(cameraId);
  screens.value = next;
}

/** What an operator does with a camera besides looking at it. */
function Tools({ camera }: { camera: CameraChoice }) {
  const card = standing.value;
  if (!card || isMonitor || !["operator", "supervisor"].includes(me.value?.role ?? "")) return null;
  const name = `${camera.number}. ${camera.name}`;
  return (
    <>
      {camera.has_stream !== false && !card.is_drill && (
        <button type="button" aria-label={`${v().back.button}: ${name}`} onClick={() => { sheet.value = { kind: "back", camera }; }}>
          <TileIcon name="back" /> {v().back.button}
        </button>
      )}
      {mayAct(card) && (
        <button type="button" aria-label={`${v().seen.button}: ${name}`} onClick={() => { sheet.value = { kind: "seen", camera }; }}>
          <TileIcon name="seen" /> {v().seen.button}
        </button>
      )}
      <button type="button" aria-label={`${v().why.button} ${name}`} title={v().why.button} onClick={() => { sheet.value = { kind: "why" }; }}>
        <TileIcon name="why" />
      </button>
    </>
  );
}

/** One of the five, or the camera that opens behind it until it plays. */
function WallTile({ camera, card, isComing = false }: { camera: CameraChoice; card: IncidentCard; isComing?: boolean }) {
  const ticket = useComputed(() => detail.value?.tickets[camera.camera_id] ?? null).value;
  const change = isComing ? undefined : changes.value.findLast((one) => one.number === camera.number);
  return (
    <Tile camera={seenNow(camera, card.position)} ticket={ticket} viewer={viewerName()} caseNo={caseNoOf(card)} texts={t().tile} metres={t().metres} tools={<Tools camera={camera} />}
      isComing={isComing} note={change && w().changed(change.from, change.to)}
      isLit={hovered.value === camera.number || enlarged.value === camera.number}
      pin={{ isOn: pinned.value.has(camera.camera_id), key: capOf(keyOf(`pin${camera.number}` as KeyId)), toggle: () => togglePin(camera.number) }}
      onPlays={(isLive, video) => noteScreen(camera.camera_id, isLive, video)}
      onHover={(isOver) => { hovered.value = isOver ? camera.number : null; }}
      onEnlarge={() => { enlarged.value = enlarged.peek() === camera.number ? null : camera.number; }}
      renew={async () => {
        const answer = await view(card.incident_id, camera.camera_id, "sub");
        if (!isProblem(answer)) renew(card.incident_id, { ...camera, ...answer });
        return answer;
      }} />
  );
}

/** What came takes the place of what left as it is, playing: the same element, only in front now. */
function Place({ camera, card }: { camera: CameraChoice; card: IncidentCard }) {
  const next = coming.value?.leaves === camera.camera_id ? coming.value.camera : null;
  return (
    <div class="place">
      {[camera, ...(next ? [next] : [])].map((one) => <WallTile key={one.camera_id} camera={one} card={card} isComing={one === next} />)}
    </div>
  );
}

/** Why there are no pictures, and what to do. */
function emptyWords(): string {
  const card = standing.value;
  const held = detail.value;
  if (!card) return t().noCameras;
  if (isPre(card)) return t().noPicturesPre;
  if (!isOpen(card)) return t().noPicturesClosed;
  if (!mayLook(card)) return r().noPictures;
  if (held?.pictures) return said(held.pictures);
  return held?.loaded ? t().noCamerasHere : t().tile.asking;
}

export function Wall() {
  const card = standing.value;
  const shown = card && mayLook(card) ? cameras.value : [];
  const refused = useComputed(() => (detail.value && Object.keys(detail.value.tickets).length === 0 ? detail.value.pictures : null)).value;
  const hasPictures = shown.length > 0 && !refused;
  return (
    <section class="wall" aria-label={t().regions.wall}>
      {hasPictures && card
        ? shown.slice(0, 5).map((camera) => <Place key={`${card.incident_id}:${camera.number}`} camera={camera} card={card} />)
        : (
          <div class="empty">
            <p>{emptyWords()}</p>
            {detail.value?.pictures && card && <button type="button" onClick={() => void load(card.incident_id)}>{t().retry}</button>}
          </div>
        )}
    </section>
  );
}

/** One camera over the map, in the main stream; the actions at the right stay in reach. */
export function Enlarged() {
  const number = enlarged.value;
  const card = standing.value;
  const camera = cameras.value.find((c) => c.number === number) ?? null;
  if (!card || !camera || !mayLook(card)) return null;
  return <LargeTile key={`${card.incident_id}:${camera.camera_id}`} camera={camera} card={card} />;
}

/** Until the main stream plays, and when it does not, the small tile's picture stands in. */
function LargeTile({ camera, card }: { camera: CameraChoice; card: IncidentCard }) {
  const incidentId = card.incident_id;
  const ticket = useSignal<CameraTicket | null>(null);
  const problem = useSignal<Problem | null>(null);
  const ask = async () => {
    const answer = await view(incidentId, camera.camera_id, "main");
    if (isProblem(answer)) problem.value = answer;
    else ticket.value = { ...camera, ...answer };
    return answer;
  };
  useEffect(() => { void ask(); }, [camera.camera_id]);
  const close = () => { enlarged.value = null; };
  return (
    <div class="enlarged">
      <Tile camera={seenNow(camera, card.position)} ticket={ticket.value} viewer={viewerName()} caseNo={caseNoOf(card)} texts={t().tile} metres={t().metres} isLarge badge={w().main}
        standIn={screens.value.get(camera.camera_id) ?? null}
        pin={{ isOn: pinned.value.has(camera.camera_id), key: capOf(keyOf(`pin${camera.number}` as KeyId)), toggle: () => togglePin(camera.number) }}
        onEnlarge={close} renew={ask} tools={<Tools camera={camera} />} />
      {camera.can_move && ticket.value && <PtzPad incidentId={incidentId} camera={camera} />}
      {problem.value && !ticket.value && <p class="trouble" role="status">{said(problem.value)}</p>}
    </div>
  );
}
