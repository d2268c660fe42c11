import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { said } from "../lang";
import { t } from "../texts/console";
import { v } from "../texts/video";
import { r } from "../texts/roles";
import { isProblem, Tile } from "../tile";
import type { CameraChoice, CameraTicket, Problem } from "../wire";
import { isOpen, isPre, mayAct, mayLook } from "./feed";
import { isMonitor } from "./page-kind";
import { PtzPad } from "./ptz";
import { detail, enlarged, hovered, load, me, renew, selected, sheet, view } from "./seat";

/** Five cameras in one row, the same numbers as on the map. Sub-streams here, the main stream when enlarged. */
export function viewerName(): string {
  return me.value ? `${me.value.name} ${me.value.login}` : "";
}

/** What an operator does with a camera besides looking at it. */
function Tools({ camera }: { camera: CameraChoice }) {
  const card = selected.value;
  if (!card || isMonitor || !["operator", "supervisor"].includes(me.value?.role ?? "")) return null;
  const name = `${camera.number}. ${camera.name}`;
  return (
    <>
      {camera.has_stream !== false && !card.is_drill && (
        <button type="button" aria-label={`${v().back.button}: ${name}`} onClick={() => { sheet.value = { kind: "back", camera }; }}>
          <span aria-hidden="true">↺</span> {v().back.button}
        </button>
      )}
      {mayAct(card) && (
        <button type="button" aria-label={`${v().seen.button}: ${name}`} onClick={() => { sheet.value = { kind: "seen", camera }; }}>
          <span aria-hidden="true">⚑</span> {v().seen.button}
        </button>
      )}
      <button type="button" aria-label={`${v().why.button} ${name}`} title={v().why.button} onClick={() => { sheet.value = { kind: "why" }; }}>
        <span aria-hidden="true">?</span>
      </button>
    </>
  );
}

function WallTile({ camera, incidentId }: { camera: CameraChoice; incidentId: string }) {
  const ticket = detail.value?.tickets[camera.camera_id] ?? null;
  return (
    <Tile camera={camera} ticket={ticket} viewer={viewerName()} texts={t().tile} metres={t().metres} tools={<Tools camera={camera} />}
      isLit={hovered.value === camera.number || enlarged.value === camera.number}
      onHover={(isOver) => { hovered.value = isOver ? camera.number : null; }}
      onEnlarge={() => { enlarged.value = enlarged.peek() === camera.number ? null : camera.number; }}
      renew={async () => {
        const answer = await view(incidentId, camera.camera_id, "sub");
        if (!isProblem(answer)) renew(incidentId, { ...camera, ...answer });
        return answer;
      }} />
  );
}

/** Why there are no pictures, and what to do. */
function emptyWords(): string {
  const card = selected.value;
  const held = detail.value;
  if (!card) return t().noCameras;
  if (isPre(card)) return t().noPicturesPre;
  if (!isOpen(card)) return t().noPicturesClosed;
  if (!mayLook(card)) return r().noPictures;
  if (held?.pictures) return said(held.pictures);
  return held?.loaded ? t().noCamerasHere : t().tile.asking;
}

export function Wall() {
  const card = selected.value;
  const held = detail.value;
  const cameras = card && mayLook(card) ? held?.cameras ?? [] : [];
  const hasPictures = cameras.length > 0 && !(held?.pictures && Object.keys(held.tickets).length === 0);
  return (
    <section class="wall" aria-label={t().regions.wall}>
      {hasPictures && card
        ? cameras.slice(0, 5).map((camera) => <WallTile key={camera.camera_id} camera={camera} incidentId={card.incident_id} />)
        : (
          <div class="empty">
            <p>{emptyWords()}</p>
            {held?.pictures && card && <button type="button" onClick={() => void load(card.incident_id)}>{t().retry}</button>}
          </div>
        )}
    </section>
  );
}

/** One camera over the map, in the main stream; the actions at the right stay in reach. */
export function Enlarged() {
  const number = enlarged.value;
  const card = selected.value;
  const camera = detail.value?.cameras.find((c) => c.number === number) ?? null;
  if (!card || !camera || !mayLook(card)) return null;
  return <LargeTile key={`${card.incident_id}:${camera.camera_id}`} camera={camera} incidentId={card.incident_id} />;
}

function LargeTile({ camera, incidentId }: { camera: CameraChoice; incidentId: string }) {
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
      <Tile camera={camera} ticket={ticket.value} viewer={viewerName()} texts={t().tile} metres={t().metres} isLarge
        onEnlarge={close} renew={ask} tools={<Tools camera={camera} />} />
      {camera.can_move && ticket.value && <PtzPad incidentId={incidentId} camera={camera} />}
      {problem.value && !ticket.value && <p class="trouble" role="status">{said(problem.value)}</p>}
    </div>
  );
}
