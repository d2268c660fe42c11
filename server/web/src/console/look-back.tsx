import { type Signal, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { asProblem, call, Refused } from "../api";
import { now, timeOfDay } from "../clock";
import { Dialog } from "../dialog";
import { said } from "../lang";
import { v } from "../texts/video";
import { Watermark } from "../tile";
import type { CameraChoice, Clip, ClipTimes, IncidentCard, Problem } from "../wire";
import { since } from "./facts";
import { mayLook } from "./feed";
import { filmSecond, partAt, type Piece, piecesOf, timesUrl, wallMs } from "./film";
import { detail } from "./seat";
import { viewerName } from "./wall";

/**
 * Looking back: a reason, then a plain video element over the recording with a bar whose labels are the clock on the
 * wall. It closes when the incident ends, when the viewing time is over, or when the gateway says so.
 */
const WINDOW_MS = 5 * 60_000;
const SKIP_MS = 10_000;
const LOOK_AGAIN_MS = 5_000;

interface Props { card: IncidentCard; camera: CameraChoice; onClose: () => void }

function spanOf(kind: string, card: IncidentCard): { from: number; until: number } {
  const alarm = Date.parse(since(card));
  if (kind === "alert") return { from: alarm - WINDOW_MS, until: Math.min(now.peek(), alarm + WINDOW_MS) };
  return { from: Math.max(now.peek() - WINDOW_MS, alarm - WINDOW_MS), until: now.peek() };
}

/** Nothing before the incident's own time is opened; where the center says where that is, it is asked for once more. */
async function ask(incidentId: string, cameraId: string, span: { from: number; until: number }, reason: string): Promise<Clip> {
  const body = (from: number) => ({
    camera_id: cameraId, from_at: new Date(from).toISOString(), until_at: new Date(span.until).toISOString(), reason,
  });
  const path = `/api/incidents/${incidentId}/recordings`;
  try {
    return await call<Clip>("POST", path, body(span.from));
  } catch (error) {
    const earliest = error instanceof Refused ? Date.parse(error.problem.earliest ?? "") : NaN;
    if (!(earliest < span.until)) throw error;
    return call<Clip>("POST", path, body(earliest));
  }
}

function AskForm({ card, camera, onClip, onClose }: Props & { onClip: (clip: Clip) => void }) {
  const b = v().back;
  const chosen = useSignal("");
  const other = useSignal("");
  const kind = useSignal("last");
  const sending = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const reason = () => (chosen.value === "other" ? other.value.trim() : chosen.value);
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!reason() || sending.value) return;
    sending.value = true;
    try {
      onClip(await ask(card.incident_id, camera.camera_id, spanOf(kind.value, card), reason()));
    } catch (error) {
      problem.value = asProblem(error);
    }
    sending.value = false;
  };
  return (
    <form onSubmit={send}>
      <p>{b.lead}</p>
      <fieldset>
        <legend>{b.reason}</legend>
        {b.reasons.map((words, at) => (
          <label class="choice" key={words}>
            <input type="radio" name="reason" required autofocus={at === 0} onChange={() => { chosen.value = words; }} /> {words}
          </label>
        ))}
        <label class="choice"><input type="radio" name="reason" required onChange={() => { chosen.value = "other"; }} /> {b.reasonOther}</label>
        {chosen.value === "other" && (
          <input aria-label={b.reasonOther} maxLength={300} required autocomplete="off" onInput={(event) => { other.value = event.currentTarget.value; }} />
        )}
      </fieldset>
      <fieldset>
        <legend>{b.span}</legend>
        {Object.entries(b.spans).map(([code, words]) => (
          <label class="choice" key={code}>
            <input type="radio" name="span" checked={kind.value === code} onChange={() => { kind.value = code; }} /> {words}
          </label>
        ))}
      </fieldset>
      <p class="quiet-text">{v().basis}</p>
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
      <div class="sheet-buttons">
        <button type="button" onClick={onClose}>{v().cancel} <kbd aria-hidden="true">Esc</kbd></button>
        <button type="submit" class="primary" disabled={!reason() || sending.value}>{sending.value ? v().send : b.open}</button>
      </div>
    </form>
  );
}

/** The stretch of time from begin to end with its holes and the alert on it; the range input lies over it. */
function Bar({ clip, atMs, alarmMs, onSeek }: { clip: Clip; atMs: number; alarmMs: number; onSeek: (ms: number) => void }) {
  const begin = Date.parse(clip.begin_at);
  const end = Date.parse(clip.end_at);
  const part = (ms: number) => Math.min(1000, Math.max(0, ((ms - begin) / (end - begin || 1)) * 1000));
  const gaps = clip.gaps.map((gap) => ({ from: part(Date.parse(gap.begin_at)), until: part(Date.parse(gap.end_at)), ...gap })).filter((gap) => gap.until > gap.from);
  const hasAlarm = alarmMs >= begin && alarmMs <= end;
  return (
    <div class="scrub">
      <svg viewBox="0 0 1000 12" preserveAspectRatio="none" aria-hidden="true" data-gaps={gaps.length}>
        <rect class="there" width="1000" height="12" />
        {gaps.map((gap) => <rect class="gap" key={gap.begin_at} x={gap.from} width={Math.max(2, gap.until - gap.from)} height="12" />)}
        {hasAlarm && <rect class="alarm" x={Math.min(996, part(alarmMs))} width="4" height="12" />}
      </svg>
      <input type="range" aria-label={v().back.scrubber} min={begin} max={end} step={100} value={atMs} aria-valuetext={timeOfDay(atMs)}
        onInput={(event) => onSeek(Number(event.currentTarget.value))} />
      <p class="ends"><span>{timeOfDay(begin)}</span>{gaps.length > 0 && <span>▨ {v().back.gapsHead}</span>}<span>{timeOfDay(end)}</span></p>
      {gaps.length > 0 && <p class="hidden-text">{gaps.map((gap) => v().back.gap(timeOfDay(gap.begin_at), timeOfDay(gap.end_at))).join(", ")}</p>}
    </div>
  );
}

/** What the film shows now, and moving about in it by the clock; `failed` when the address gives no pictures. */
function useFilm(clip: Clip, failed: () => void) {
  const video = useRef<HTMLVideoElement>(null);
  const part = useSignal(0);
  const pieces = useRef<Piece[]>([]);
  const wanted = useRef<number | null>(null);
  const atMs = useSignal(Date.parse(clip.begin_at));
  const playing = useSignal(false);
  const url = clip.parts[part.value]?.url ?? clip.url;
  const place = () => {
    if (wanted.current === null || !video.current || pieces.current.length === 0 || video.current.readyState < 1) return;
    video.current.currentTime = filmSecond(pieces.current, wanted.current);
    wanted.current = null;
  };
  useEffect(() => {
    let isOver = false;
    pieces.current = [];
    call<ClipTimes>("GET", timesUrl(url)).then((told) => {
      if (isOver) return;
      pieces.current = piecesOf(told);
      place();
    }, () => { if (!isOver) failed(); });
    return () => { isOver = true; };
  }, [url]);
  const seek = (ms: number) => {
    const to = Math.min(Date.parse(clip.end_at), Math.max(Date.parse(clip.begin_at), ms));
    wanted.current = atMs.value = to;
    part.value = partAt(clip, to);
    place();
  };
  const tick = () => {
    const shown = video.current;
    if (!shown || wanted.current !== null || pieces.current.length === 0) return;
    atMs.value = wallMs(pieces.current, shown.currentTime);
  };
  const next = () => { if (part.peek() < clip.parts.length - 1) { part.value += 1; } };
  return { video, url, atMs, playing, seek, tick, place, next };
}

function Film({ clip, card, camera, failed }: { clip: Clip; card: IncidentCard; camera: CameraChoice; failed: () => void }) {
  const b = v().back;
  const film = useFilm(clip, failed);
  const alarmMs = Date.parse(since(card));
  const hasAlarm = alarmMs >= Date.parse(clip.begin_at) && alarmMs <= Date.parse(clip.end_at);
  const toggle = () => {
    const shown = film.video.current;
    if (shown?.paused) void shown.play().catch(() => undefined);
    else shown?.pause();
  };
  const speed = (rate: number) => { if (film.video.current) film.video.current.playbackRate = rate; };
  return (
    <div class="film">
      <div class="picture">
        <video ref={film.video} src={film.url} muted autoplay playsInline aria-label={`${b.title(camera.name)}`}
          onLoadedMetadata={film.place} onTimeUpdate={film.tick} onSeeked={film.tick} onEnded={film.next} onError={failed}
          onPlay={() => { film.playing.value = true; }} onPause={() => { film.playing.value = false; }} />
        <Watermark viewer={viewerName()} />
        <span class="age">{b.at(timeOfDay(film.atMs.value))}</span>
      </div>
      <Bar clip={clip} atMs={film.atMs.value} alarmMs={alarmMs} onSeek={film.seek} />
      <div class="film-buttons">
        <button type="button" autofocus onClick={toggle}>{film.playing.value ? b.pause : b.play}</button>
        <button type="button" onClick={() => film.seek(film.atMs.peek() - SKIP_MS)}>{b.minus}</button>
        <button type="button" onClick={() => film.seek(film.atMs.peek() + SKIP_MS)}>{b.plus}</button>
        {hasAlarm && <button type="button" onClick={() => film.seek(alarmMs)}>{b.toAlert} ({timeOfDay(alarmMs)})</button>}
        <label>{b.speed} <select onChange={(event) => speed(Number(event.currentTarget.value))}>
          {[0.25, 0.5, 1, 2, 4].map((rate) => <option value={rate} selected={rate === 1} key={rate}>×{rate}</option>)}
        </select></label>
      </div>
    </div>
  );
}

/** No picture stays on the screen after the right to see it has gone: the incident's end, the log's line, the gateway. */
function useEnd(clip: Signal<Clip | null>, card: IncidentCard, finish: (words: string) => void): void {
  const ends = clip.value !== null && !mayLook(card);
  useEffect(() => { if (ends) finish(v().back.ended); }, [ends]);
  useSignalEffect(() => {
    const held = clip.value;
    const isOver = held && detail.value?.timeline.some((line) => line.tag === "release:ended" && line.payload.release_id === held.release_id);
    if (isOver) finish(v().back.ended);
  });
  useEffect(() => {
    const held = clip.value;
    if (!held) return undefined;
    const timer = window.setInterval(async () => {
      const words = await endOf(held.url);
      if (words && clip.peek() === held) finish(words);
    }, LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [clip.value]);
}

/** Why the gateway shows this no more, in words; "" while it does, or can't be reached. */
async function endOf(url: string): Promise<string> {
  const answer = await fetch(timesUrl(url)).catch(() => null);
  if (!answer || answer.ok || answer.status >= 500) return "";
  const told = (await answer.json().catch(() => null)) as Problem | null;
  return told?.message_ko ? `${said(told)} ${v().back.ended}` : v().back.ended;
}

export function LookBackSheet({ card, camera, onClose }: Props) {
  const clip = useSignal<Clip | null>(null);
  const over = useSignal<string | null>(null);
  const finish = (words: string) => { clip.value = null; over.value = words; };
  useEnd(clip, card, finish);
  const failed = async () => {
    const held = clip.peek();
    if (held) finish((await endOf(held.url)) || v().back.broken);
  };
  return (
    <Dialog title={v().back.title(`${camera.number}. ${camera.name}`)} onClose={onClose} isWide={clip.value !== null}>
      {over.value && <p class="banner alarm" role="alert" data-ended>{over.value}</p>}
      {clip.value
        ? (
          <>
            <Film key={clip.value.release_id} clip={clip.value} card={card} camera={camera} failed={() => void failed()} />
            <div class="sheet-buttons">
              <button type="button" onClick={() => { clip.value = null; }}>{v().back.again}</button>
              <button type="button" onClick={onClose}>{v().close} <kbd aria-hidden="true">Esc</kbd></button>
            </div>
          </>
        )
        : mayLook(card)
          ? <AskForm card={card} camera={camera} onClose={onClose} onClip={(got) => { over.value = null; clip.value = got; }} />
          : <div class="sheet-buttons"><button type="button" autofocus onClick={onClose}>{v().close}</button></div>}
    </Dialog>
  );
}
