import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { call } from "../api";
import { now, timeOfDay } from "../clock";
import { v } from "../texts/video";
import { w } from "../texts/wall";
import { TileIcon } from "../tile-icons";
import { Watermark } from "../watermark";
import type { CameraChoice, Clip, ClipTimes, IncidentCard } from "../wire";
import { since } from "./facts";
import { filmSecond, hop, partAt, type Piece, piecesOf, timesUrl, wallMs } from "./film";
import { caseNoOf, viewerName } from "./wall";

/** A recording on the screen: a frame and words that say that it is the past, the clock on the wall under it, and the
 *  way back to live always in reach. */
const SKIP_MS = 10_000;

/** The stretch of time from begin to end with its holes and the alert on it; the range input lies over it. */
function Bar({ clip, atMs, alarmMs, onSeek }: { clip: Clip; atMs: number; alarmMs: number; onSeek: (ms: number) => void }) {
  const begin = Date.parse(clip.begin_at);
  const end = Date.parse(clip.end_at);
  const part = (ms: number) => Math.min(1000, Math.max(0, ((ms - begin) / (end - begin || 1)) * 1000));
  const gaps = clip.gaps.map((gap) => ({ from: part(Date.parse(gap.begin_at)), until: part(Date.parse(gap.end_at)), ...gap })).filter((gap) => gap.until > gap.from);
  const hasAlarm = alarmMs >= begin && alarmMs <= end;
  const marks = marksOf(begin, end);
  return (
    <div class="scrub">
      <svg viewBox="0 0 1000 12" preserveAspectRatio="none" aria-hidden="true" data-gaps={gaps.length}>
        <rect class="there" width="1000" height="12" />
        {gaps.map((gap) => <rect class="gap" key={gap.begin_at} x={gap.from} width={Math.max(2, gap.until - gap.from)} height="12" />)}
        {marks.map((ms) => <rect class="mark" key={ms} x={part(ms)} width="1" height="12" />)}
        {hasAlarm && <rect class="alarm" x={Math.min(996, part(alarmMs))} width="4" height="12" />}
      </svg>
      <input type="range" aria-label={v().back.scrubber} min={begin} max={end} step={100} value={atMs} aria-valuetext={timeOfDay(atMs)}
        onInput={(event) => onSeek(Number(event.currentTarget.value))} />
      <p class="marks" aria-hidden="true">
        {marks.filter((ms) => !hasAlarm || Math.abs(part(ms) - part(alarmMs)) > 50).map((ms) => <Mark key={ms} at={part(ms)} words={marks[1]! - marks[0]! < 60_000 ? timeOfDay(ms) : timeOfDay(ms).slice(0, 5)} />)}
        {hasAlarm && <Mark at={part(alarmMs)} words={`▲ ${v().back.alertMark}`} isAlarm />}
      </p>
      <p class="ends"><span>{timeOfDay(begin)}</span>{gaps.length > 0 && <span>▨ {v().back.gapsHead}</span>}<span>{timeOfDay(end)}</span></p>
      {gaps.length > 0 && <p class="hidden-text">{gaps.map((gap) => v().back.gap(timeOfDay(gap.begin_at), timeOfDay(gap.end_at))).join(", ")}</p>}
    </div>
  );
}

/** A word under the bar at its moment; its place is a style that a script sets, which the policy allows. */
function Mark({ at, words, isAlarm = false }: { at: number; words: string; isAlarm?: boolean }) {
  const element = useRef<HTMLSpanElement>(null);
  useEffect(() => { if (element.current) element.current.style.left = `${at / 10}%`; }, [at]);
  return <span ref={element} class={isAlarm ? "is-alarm" : ""}>{words}</span>;
}

/** Whole minutes inside, every few of them when there are many; quarter minutes of a short one. */
function marksOf(begin: number, end: number): number[] {
  const step = [15_000, 60_000, 300_000].find((ms) => (end - begin) / ms <= 8) ?? 600_000;
  const marks: number[] = [];
  for (let ms = Math.ceil(begin / step) * step; ms < end; ms += step) marks.push(ms);
  return marks;
}

/** What the film shows now, and moving about in it by the clock; `failed` when the address gives no pictures. */
function useFilm(clip: Clip, startMs: number | null, failed: () => void) {
  const video = useRef<HTMLVideoElement>(null);
  const part = useSignal(startMs === null ? 0 : partAt(clip, startMs));
  const pieces = useRef<Piece[]>([]);
  const wanted = useRef<number | null>(startMs);
  const atMs = useSignal(startMs ?? Date.parse(clip.begin_at));
  const frameS = useRef(1 / 25);
  const playing = useSignal(false);
  const urlOf = (no: number) => clip.parts[no]?.url ?? clip.url;
  const url = urlOf(part.value);
  const place = () => {
    if (wanted.current === null || !video.current || pieces.current.length === 0 || video.current.readyState < 1) return;
    video.current.currentTime = filmSecond(pieces.current, wanted.current);
    wanted.current = null;
  };
  useEffect(() => {
    let isOver = false;
    pieces.current = [];
    call<ClipTimes>("GET", timesUrl(url)).then((told) => {
      if (isOver || url !== urlOf(part.peek())) return;
      pieces.current = piecesOf(told);
      if (told.pictures && told.pictures > 0) frameS.current = told.duration_s / told.pictures;
      place();
    }, () => { if (!isOver) failed(); });
    return () => { isOver = true; };
  }, [url]);
  const seek = (ms: number) => {
    wanted.current = atMs.value = ms;
    if (part.peek() !== partAt(clip, ms)) pieces.current = []; // those of the other film; it is placed when it has come
    part.value = partAt(clip, ms);
    place();
  };
  const skip = (byMs: number) => seek(hop(clip, pieces.current, atMs.peek(), byMs));
  const tick = () => {
    const shown = video.current;
    if (!shown || wanted.current !== null || pieces.current.length === 0) return;
    atMs.value = wallMs(pieces.current, shown.currentTime);
  };
  /** One picture on or back; the film stands still for that. */
  const step = (pictures: 1 | -1) => {
    const shown = video.current;
    if (!shown) return;
    shown.pause();
    shown.currentTime = Math.min(shown.duration || 0, Math.max(0, shown.currentTime + pictures * frameS.current));
  };
  const next = () => { if (part.peek() < clip.parts.length - 1) { part.value += 1; } };
  return { video, url, atMs, playing, seek, skip, tick, place, step, next };
}

interface FilmProps {
  clip: Clip; card: IncidentCard; camera: CameraChoice; startMs: number | null; failed: () => void; onLive: () => void;
  /** Where somebody asks for the same moment by another camera. */
  children?: (atMs: () => number) => ComponentChildren;
}

const KEY_MS = 5000;

export function Film({ clip, card, camera, startMs, failed, onLive, children }: FilmProps) {
  const b = v().back;
  const film = useFilm(clip, startMs, failed);
  const alarmMs = Date.parse(since(card));
  const hasAlarm = alarmMs >= Date.parse(clip.begin_at) && alarmMs <= Date.parse(clip.end_at);
  const toggle = () => {
    const shown = film.video.current;
    if (shown?.paused) void shown.play().catch(() => undefined);
    else shown?.pause();
  };
  const speed = (rate: number) => { if (film.video.current) film.video.current.playbackRate = rate; };
  const onKey = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.altKey || event.metaKey || target.closest("select")) return;
    const run: Record<string, () => void> = {
      ArrowLeft: () => film.skip(-KEY_MS), ArrowRight: () => film.skip(KEY_MS),
      ",": () => film.step(-1), ".": () => film.step(1), ...(target.closest("button") ? {} : { " ": toggle }),
    };
    if (!run[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    run[event.key]!();
  };
  const ago = Math.max(0, Math.round((now.value - film.atMs.value) / 1000));
  return (
    <div class="film" data-past onKeyDown={onKey}>
      <div class="film-head">
        <strong>{w().past}</strong>
        <span>{w().pastLead} · {w().ago(w().minutes(Math.floor(ago / 60), ago % 60))}</span>
        <button type="button" class="primary" onClick={onLive}><TileIcon name="live" /> {w().toLive}</button>
      </div>
      <div class="picture">
        <video ref={film.video} src={film.url} muted autoplay playsInline disablePictureInPicture disableRemotePlayback aria-label={`${b.title(camera.name)}`}
          onContextMenu={(event) => event.preventDefault()}
          onLoadedMetadata={film.place} onTimeUpdate={film.tick} onSeeked={film.tick} onEnded={film.next} onError={failed}
          onPlay={() => { film.playing.value = true; }} onPause={() => { film.playing.value = false; }} />
        <Watermark viewer={viewerName()} caseNo={caseNoOf(card)} />
        <span class="age">{b.at(timeOfDay(film.atMs.value))}</span>
      </div>
      <Bar clip={clip} atMs={film.atMs.value} alarmMs={alarmMs} onSeek={film.seek} />
      <div class="film-buttons">
        <button type="button" onClick={() => film.skip(-SKIP_MS)}>{b.minus}</button>
        <button type="button" aria-label={w().stepBack} title={w().stepBack} onClick={() => film.step(-1)}><TileIcon name="stepBack" /></button>
        <button type="button" class="primary play" autofocus onClick={toggle}><TileIcon name={film.playing.value ? "pause" : "play"} /> {film.playing.value ? b.pause : b.play}</button>
        <button type="button" aria-label={w().stepOn} title={w().stepOn} onClick={() => film.step(1)}><TileIcon name="stepOn" /></button>
        <button type="button" onClick={() => film.skip(SKIP_MS)}>{b.plus}</button>
        {hasAlarm && <button type="button" onClick={() => film.seek(alarmMs)}>{b.toAlert} ({timeOfDay(alarmMs)})</button>}
        <label>{b.speed} <select onChange={(event) => speed(Number(event.currentTarget.value))}>
          {[0.25, 0.5, 1, 2, 4].map((rate) => <option value={rate} selected={rate === 1} key={rate}>×{rate}</option>)}
        </select></label>
      </div>
      <p class="quiet-text film-keys">{w().keysHint}</p>
      {children?.(() => film.atMs.peek())}
    </div>
  );
}
