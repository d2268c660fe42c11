import { useComputed, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { now, timeOfDay } from "./clock";
import { said } from "./lang";
import { CameraPlayer, type PlayerState } from "./player";
import { v } from "./texts/video";
import type { CameraChoice, CameraTicket, Problem } from "./wire";

/** Words of a tile, the same for an operator's wall and an agency's. */
export interface TileTexts {
  inView: string; outOfView: string; unhealthy: string; connecting: string; down: string; ended: string; refused: string;
  again: string; asking: string; enlarge: string; shrink: string; live: string; frozen: (s: number) => string;
}
export interface TileProps {
  camera: CameraChoice; ticket: CameraTicket | null; viewer: string; texts: TileTexts; metres: (m: number) => string;
  /** Ask the center for a fresh ticket; its refusal is shown in the tile. */
  renew: () => Promise<CameraTicket | Problem>;
  onEnlarge?: () => void; onHover?: (isOver: boolean) => void; isLit?: boolean; isLarge?: boolean;
  /** What can be done with this camera, beneath its picture. */
  tools?: ComponentChildren;
}

const OPENING: PlayerState = { kind: "connecting", ageMs: null };

export function isProblem(answer: CameraTicket | Problem): answer is Problem {
  return "code" in answer;
}

/** The player comes back by itself after a cut; only a ticket that has run out needs the center again. */
function usePlayer(ticket: CameraTicket | null, renew: TileProps["renew"]) {
  const video = useRef<HTMLVideoElement>(null);
  const state = useSignal<PlayerState>(OPENING);
  useEffect(() => {
    if (!ticket || !video.current) return;
    state.value = OPENING;
    const player = new CameraPlayer(video.current, (next) => { state.value = next; }, async () => {
      const answer = await renew();
      if (isProblem(answer)) throw new Error(answer.code);
      return answer.plays;
    });
    player.open(ticket.plays);
    return () => player.close();
  }, [ticket?.release_id]);
  return { video, state };
}

/** Who looked and when, over every picture: a photo of the screen names its source. */
export function Watermark({ viewer }: { viewer: string }) {
  const line = useComputed(() => `${viewer} ${timeOfDay(now.value)}`);
  return <div class="watermark" aria-hidden="true"><span>{line}</span><span>{line}</span><span>{line}</span></div>;
}

function message(state: PlayerState, problem: Problem | null, ticket: CameraTicket | null, camera: CameraChoice, t: TileTexts): string {
  if (camera.has_stream === false) return v().noStream;
  if (problem) return said(problem) || t.refused;
  if (!ticket) return t.asking;
  const own = state.message_ko ? said({ message_ko: state.message_ko, message_en: state.message_en ?? "" }) : "";
  if (state.kind === "connecting") return t.connecting;
  if (state.kind === "down") return own || t.down;
  if (state.kind === "ended") return own || t.ended;
  if (state.kind === "refused") return own || t.refused;
  return "";
}

/** The last moment that is on the screen, by the server's clock. */
function lastPicture(state: PlayerState): string {
  return v().noNewPicture(timeOfDay(now.peek() - (state.ageMs ?? 0)));
}

/** Where there is no stream, a person can still be asked to look. */
function Phone({ camera }: { camera: CameraChoice }) {
  if (camera.has_stream !== false) return null;
  const number = camera.office_phone ?? "";
  return number ? <p><a href={`tel:${number.replace(/[^0-9+]/g, "")}`}>{[camera.office, number].filter(Boolean).join(" ")}</a></p> : <p>{camera.office} {v().noPhone}</p>;
}

/** In words and with a sign: in view, out of view, or why this picture can't be trusted. */
function Trust({ camera, t }: { camera: CameraChoice; t: TileTexts }) {
  const bad = camera.health ? v().health[camera.health] : undefined;
  if (bad || !camera.healthy) {
    const since = camera.health_since ? ` ${v().since(timeOfDay(camera.health_since))}` : "";
    return <span class="view bad" data-health={camera.health}>✕ {bad ?? t.unhealthy}<span class="since">{since}</span></span>;
  }
  return <span class={camera.in_view ? "view in" : "view"}>{camera.in_view ? `◉ ${t.inView}` : `○ ${t.outOfView}`}</span>;
}

/** Says "live" only while pictures really arrive; otherwise how long the last one has been standing there. */
function AgeLabel({ state, t }: { state: PlayerState; t: TileTexts }) {
  if (state.kind === "frozen") return <span class="age frozen">{t.frozen(Math.max(3, Math.round((state.ageMs ?? 0) / 1000)))} · {lastPicture(state)}</span>;
  return state.kind === "live" ? <span class="age"><span aria-hidden="true">●</span> {t.live}</span> : null;
}

export function Tile(props: TileProps) {
  const { camera, ticket, texts: t, renew } = props;
  const { video, state } = usePlayer(ticket, renew);
  const problem = useSignal<Problem | null>(null);
  const ask = async () => {
    const answer = await renew();
    problem.value = isProblem(answer) ? answer : null;
  };
  const kind = state.value.kind;
  useEffect(() => { problem.value = null; }, [ticket?.release_id]);
  const text = message(state.value, problem.value, ticket, camera, t);
  const canAsk = camera.has_stream !== false && (problem.value !== null || kind === "refused" || kind === "ended");
  const name = `${camera.number}. ${camera.name}`;
  return (
    <figure class={`tile is-${ticket ? kind : "waiting"}${props.isLit ? " lit" : ""}${props.isLarge ? " large" : ""}`}
      data-camera={camera.camera_id} data-number={camera.number} data-player={ticket ? kind : "none"}
      onPointerEnter={() => props.onHover?.(true)} onPointerLeave={() => props.onHover?.(false)}>
      <figcaption>
        <span class="number" aria-hidden="true">{camera.number}</span>
        <span class="name" title={camera.name}>{camera.name}</span>
        <span class="distance">{camera.distance_m === null ? "" : props.metres(Math.round(camera.distance_m))}</span>
        <Trust camera={camera} t={t} />
        {props.onEnlarge && (
          <button type="button" class="quiet" aria-label={`${props.isLarge ? t.shrink : t.enlarge}: ${name}`} onClick={props.onEnlarge}>
            {props.isLarge ? "✕" : "⤢"}
          </button>
        )}
      </figcaption>
      <div class="picture">
        <video ref={video} muted autoplay playsInline aria-label={name} />
        {ticket && <Watermark viewer={props.viewer} />}
        {ticket && <AgeLabel state={state.value} t={t} />}
        {text && (
          <div class="veil">
            <p>{text}</p>
            {kind === "down" && ticket && state.value.ageMs !== null && <p>{lastPicture(state.value)}</p>}
            <Phone camera={camera} />
            {canAsk && <button type="button" onClick={() => void ask()}>{t.again}</button>}
          </div>
        )}
      </div>
      {props.tools && <div class="tools">{props.tools}</div>}
    </figure>
  );
}
