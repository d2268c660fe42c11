import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { now, timeOfDay } from "./clock";
import { said } from "./lang";
import { CameraPlayer, type PlayerState } from "./player";
import { a } from "./texts/asks";
import { v } from "./texts/video";
import { w } from "./texts/wall";
import { TileIcon } from "./tile-icons";
import { Watermark } from "./watermark";
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
  /** The case, for the watermark. */
  caseNo?: string;
  /** Told whenever it begins or stops to show pictures of now. */
  onPlays?: (isLive: boolean, video: HTMLVideoElement | null) => void;
  /** Shown until this tile's own stream plays: another picture of the same camera that does. */
  standIn?: HTMLVideoElement | null;
  pin?: { isOn: boolean; key: string; toggle: () => void };
  /** A line over the foot of the picture, and what stands in its head besides. */
  note?: string; badge?: string;
  /** Opened behind another tile: nobody sees or hears of it yet. */
  isComing?: boolean;
}

/** Words that do not come are words too: after this a tile without a ticket says so. */
const UNANSWERED_MS = 8000;
const OPENING: PlayerState = { kind: "connecting", ageMs: null };

export function isProblem(answer: CameraTicket | Problem): answer is Problem {
  return "code" in answer;
}

/** The player comes back by itself after a cut; only a ticket that has run out needs the center again. */
function usePlayer(ticket: CameraTicket | null, renew: TileProps["renew"], onPlays: TileProps["onPlays"]) {
  const video = useRef<HTMLVideoElement>(null);
  const held = useRef<CameraPlayer | null>(null);
  const told = useRef(onPlays);
  told.current = onPlays;
  const state = useSignal<PlayerState>(OPENING);
  useEffect(() => {
    if (!ticket || !video.current) return;
    state.value = OPENING;
    const player = new CameraPlayer(video.current, (next) => {
      if ((next.kind === "live") !== (state.peek().kind === "live")) told.current?.(next.kind === "live", video.current);
      state.value = next;
    }, async () => {
      const answer = await renew();
      if (isProblem(answer)) throw new Error(answer.code);
      return answer.plays;
    });
    held.current = player;
    player.open(ticket.plays);
    return () => {
      player.close();
      held.current = null;
      told.current?.(false, null);
    };
  }, [ticket?.release_id]);
  return { video, state, retry: () => held.current?.retry() };
}

function useUnanswered(isWaiting: boolean): boolean {
  const isLong = useSignal(false);
  useEffect(() => {
    isLong.value = false;
    if (!isWaiting) return undefined;
    const timer = setTimeout(() => { isLong.value = true; }, UNANSWERED_MS);
    return () => clearTimeout(timer);
  }, [isWaiting]);
  return isLong.value;
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

/** Says "live" only while pictures really arrive, and how late they are; otherwise how long the last one has stood. */
function AgeLabel({ state, t }: { state: PlayerState; t: TileTexts }) {
  if (state.kind === "frozen") return <span class="age frozen">{t.frozen(Math.max(3, Math.round((state.ageMs ?? 0) / 1000)))} · {lastPicture(state)}</span>;
  if (state.kind !== "live") return null;
  const delay = state.delayMs ?? null;
  return (
    <span class={`age${delay !== null && delay >= 2000 ? " late" : ""}`} data-delay-ms={delay}>
      <span aria-hidden="true">●</span> {t.live}{delay !== null && <span class="delay"> · {w().delay((delay / 1000).toFixed(1))}</span>}
    </span>
  );
}

/** The picture of a tile that plays already, drawn once more; no stream of its own, so no release of its own. */
function StandIn({ of }: { of: HTMLVideoElement }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const draw = () => {
      const to = canvas.current;
      if (!to || of.videoWidth === 0) return;
      if (to.width !== of.videoWidth) { to.width = of.videoWidth; to.height = of.videoHeight; }
      to.getContext("2d")?.drawImage(of, 0, 0);
    };
    draw();
    const timer = setInterval(draw, 80);
    return () => clearInterval(timer);
  }, [of]);
  return <canvas ref={canvas} class="stand-in" aria-hidden="true" />;
}

function Head({ props, name, badge }: { props: TileProps; name: string; badge?: string }) {
  const { camera, texts: t, pin } = props;
  return (
    <figcaption>
      <span class="number" aria-hidden="true">{camera.number}</span>
      <span class="name" title={camera.name}>{camera.name}</span>
      {camera.lent_by && <span class="badge" data-lent-by>{a().lent.badge(camera.lent_by)}</span>}
      {badge && <span class="badge">{badge}</span>}
      <span class="distance">{camera.distance_m === null ? "" : props.metres(Math.round(camera.distance_m))}</span>
      <Trust camera={camera} t={t} />
      {pin && (
        <button type="button" class="quiet pin" aria-pressed={pin.isOn} aria-label={`${w().pin}: ${name}`} onClick={pin.toggle}
          title={pin.isOn ? w().unpinTitle(pin.key) : w().pinTitle(pin.key)}><TileIcon name="pin" /></button>
      )}
      {props.onEnlarge && (
        <button type="button" class="quiet" aria-label={`${props.isLarge ? t.shrink : t.enlarge}: ${name}`} title={props.isLarge ? t.shrink : t.enlarge} onClick={props.onEnlarge}>
          <TileIcon name={props.isLarge ? "shrink" : "enlarge"} />
        </button>
      )}
    </figcaption>
  );
}

/** Why there is no picture, since when, and what one can do about it; nothing waits for ever without words. */
function Veil({ props, state, text, act }: { props: TileProps; state: PlayerState; text: string; act: { words: string; run: () => void } | null }) {
  return (
    <div class="veil">
      <p>{text}</p>
      {state.isLong && (state.kind === "connecting" || state.kind === "down") && props.ticket && <p>{w().long}</p>}
      {state.kind === "down" && props.ticket && state.ageMs !== null && <p>{lastPicture(state)}</p>}
      <Phone camera={props.camera} />
      {act && <button type="button" onClick={act.run}>{act.words}</button>}
    </div>
  );
}

export function Tile(props: TileProps) {
  const { camera, ticket, texts: t, renew } = props;
  const { video, state, retry } = usePlayer(ticket, renew, props.onPlays);
  const problem = useSignal<Problem | null>(null);
  const isUnanswered = useUnanswered(!ticket && camera.has_stream !== false && !problem.value);
  const ask = async () => {
    const answer = await renew();
    problem.value = isProblem(answer) ? answer : null;
  };
  useEffect(() => { problem.value = null; }, [ticket?.release_id]);
  const now = state.value;
  const kind = ticket ? now.kind : "waiting";
  const text = isUnanswered ? w().noAnswer : message(now, problem.value, ticket, camera, t);
  const canAsk = camera.has_stream !== false && (problem.value !== null || isUnanswered || kind === "refused" || kind === "ended");
  const act = canAsk ? { words: t.again, run: () => void ask() }
    : now.isLong && (kind === "connecting" || kind === "down") ? { words: w().reconnect, run: retry } : null;
  const name = `${camera.number}. ${camera.name}`;
  const standIn = kind === "live" || !props.standIn ? null : props.standIn;
  const spoken = [w().spoken(camera.number, camera.name), props.pin?.isOn && w().pinned, camera.health && v().health[camera.health], w().state[kind]].filter(Boolean).join(", ");
  return (
    <figure class={`tile is-${kind}${props.isLit ? " lit" : ""}${props.isLarge ? " large" : ""}${props.pin?.isOn ? " pinned" : ""}${props.isComing ? " coming" : ""}`}
      aria-label={spoken} inert={props.isComing}
      data-camera={camera.camera_id} data-number={camera.number} data-player={ticket ? kind : "none"} data-shows={kind === "live" ? "own" : standIn ? "stand-in" : "nothing"}
      onPointerEnter={() => props.onHover?.(true)} onPointerLeave={() => props.onHover?.(false)}>
      <Head props={props} name={name} badge={props.badge && standIn ? w().sub : props.badge} />
      <div class="picture">
        <video ref={video} muted autoplay playsInline disablePictureInPicture disableRemotePlayback aria-label={name}
          onContextMenu={(event) => event.preventDefault()} />
        {standIn && <StandIn of={standIn} />}
        {(ticket || standIn) && <Watermark viewer={props.viewer} caseNo={props.caseNo} />}
        {ticket && !standIn && <AgeLabel state={now} t={t} />}
        {standIn && <span class="age stand-in-words">{kind === "connecting" || kind === "waiting" ? w().standIn : w().standInFor(text || w().state[kind])}{act && <button type="button" onClick={act.run}>{act.words}</button>}</span>}
        {props.note && <p class="note" role="status">{props.note}</p>}
        {text && !standIn && <Veil props={props} state={now} text={text} act={act} />}
      </div>
      {props.tools && <div class="tools">{props.tools}</div>}
    </figure>
  );
}
