import { type Signal, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asProblem, call, Refused } from "../api";
import { now } from "../clock";
import { Dialog } from "../dialog";
import { said } from "../lang";
import { v } from "../texts/video";
import { w } from "../texts/wall";
import type { CameraChoice, Clip, IncidentCard, Problem } from "../wire";
import { since } from "./facts";
import { mayLook } from "./feed";
import { timesUrl } from "./film";
import { Film } from "./film-view";
import { detail } from "./seat";

/**
 * Looking back: a reason, then a plain video element over the recording with a bar whose labels are the clock on the
 * wall. It closes when the incident ends, when the viewing time is over, or when the gateway says so.
 */
const WINDOW_MS = 5 * 60_000;
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

function AskForm({ card, camera, onClip, onClose }: Props & { onClip: (clip: Clip, reason: string) => void }) {
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
      onClip(await ask(card.incident_id, camera.camera_id, spanOf(kind.value, card), reason()), reason());
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

/** The same moment by another of the five: a release of its own, for the reason that was given. */
function Others({ card, clip, camera, reason, atMs, onOther }: {
  card: IncidentCard; clip: Clip; camera: CameraChoice; reason: string; atMs: () => number; onOther: (clip: Clip, camera: CameraChoice, atMs: number) => void;
}) {
  const problem = useSignal<Problem | null>(null);
  const isAsking = useSignal(false);
  const others = (detail.value?.cameras ?? []).filter((one) => one.has_stream !== false && one.camera_id !== camera.camera_id);
  if (others.length === 0) return null;
  const go = async (to: CameraChoice) => {
    if (isAsking.peek()) return;
    isAsking.value = true;
    problem.value = null;
    try {
      const got = await ask(card.incident_id, to.camera_id, { from: Date.parse(clip.begin_at), until: Date.parse(clip.end_at) }, reason);
      onOther(got, to, atMs());
    } catch (error) {
      problem.value = asProblem(error);
    }
    isAsking.value = false;
  };
  return (
    <div class="same-moment" role="group" aria-label={w().sameMoment}>
      <span>{w().sameMoment}</span>
      {others.map((one) => (
        <button type="button" key={one.camera_id} disabled={isAsking.value} aria-label={w().sameMomentOf(`${one.number}. ${one.name}`)} title={one.name} onClick={() => void go(one)}>{one.number}</button>
      ))}
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
    </div>
  );
}

export function LookBackSheet({ card, camera: first, onClose }: Props) {
  const clip = useSignal<Clip | null>(null);
  const camera = useSignal(first);
  const start = useSignal<number | null>(null);
  const why = useSignal("");
  const over = useSignal<string | null>(null);
  const finish = (words: string) => { clip.value = null; over.value = words; };
  useEnd(clip, card, finish);
  const failed = async () => {
    const held = clip.peek();
    if (held) finish((await endOf(held.url)) || v().back.broken);
  };
  const show = (got: Clip, of: CameraChoice, atMs: number | null) => {
    over.value = null;
    start.value = atMs;
    camera.value = of;
    clip.value = got;
  };
  const shown = clip.value;
  return (
    <Dialog title={v().back.title(`${camera.value.number}. ${camera.value.name}`)} onClose={onClose} isWide={shown !== null}>
      {over.value && <p class="banner alarm" role="alert" data-ended>{over.value}</p>}
      {shown
        ? (
          <>
            <Film key={shown.release_id} clip={shown} card={card} camera={camera.value} startMs={start.value} failed={() => void failed()} onLive={onClose}>
              {(atMs) => <Others card={card} clip={shown} camera={camera.value} reason={why.value} atMs={atMs} onOther={show} />}
            </Film>
            <div class="sheet-buttons">
              <button type="button" onClick={() => { clip.value = null; }}>{v().back.again}</button>
              <button type="button" onClick={onClose}>{v().close} <kbd aria-hidden="true">Esc</kbd></button>
            </div>
          </>
        )
        : mayLook(card)
          ? <AskForm card={card} camera={camera.value} onClose={onClose} onClip={(got, reason) => { why.value = reason; show(got, camera.peek(), null); }} />
          : <div class="sheet-buttons"><button type="button" autofocus onClick={onClose}>{v().close}</button></div>}
    </Dialog>
  );
}
