import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { capOf, hasAction, KEY_IDS, keyOf, keysOn, nameOf } from "../console/keys";
import { myMonitors } from "../console/seats";
import { test } from "../console/sound";
import { s } from "../texts/seat";
import { sh } from "../texts/shift";
import { checkLink, type CheckName, findings, found, knock, measured } from "./checks";
import { TestPicture, type Painted } from "./test-picture";

const LEAST_FRAMES_PER_S = 15;
const SHAPE = { todo: "○", running: "◐", ok: "✓", failed: "✕", skipped: "–" };

/** One line of the check: what, how it stands in shape and words, and what to do. */
function Row({ name, isRunning = false, children }: { name: CheckName; isRunning?: boolean; children: ComponentChildren }) {
  const state = findings.value[name] ?? (isRunning ? "running" : "todo");
  return (
    <li class={`check check-${state}`} data-check={name} data-finding={state}>
      <h3>{sh().check[name]}</h3>
      <p class="check-state" role="status"><span aria-hidden="true">{SHAPE[state]}</span> {sh().state[state]}</p>
      <div class="check-body">{children}</div>
    </li>
  );
}

/** A machine can't tell whether a speaker is on: the operator says whether she heard it. */
export function SoundRow() {
  const step = useSignal<"begin" | "asked" | "blocked">("begin");
  const play = async () => {
    found("sound", undefined);
    step.value = (await test()) ? "asked" : "blocked";
    if (step.value === "blocked") found("sound", "failed");
  };
  const w = sh().sound;
  return (
    <Row name="sound">
      <button type="button" class={step.value === "begin" ? "primary" : ""} onClick={() => void play()}>{step.value === "begin" ? w.play : w.again}</button>
      {step.value === "asked" && (
        <span class="check-question" role="group" aria-label={w.ask}>
          <strong>{w.ask}</strong>
          <button type="button" class={findings.value.sound === "ok" ? "chosen" : ""} onClick={() => found("sound", "ok")}>{w.yes}</button>
          <button type="button" class={findings.value.sound === "failed" ? "chosen" : ""} onClick={() => found("sound", "failed")}>{w.no}</button>
        </span>
      )}
      {findings.value.sound === "failed" && <p class="check-hint">{step.value === "blocked" ? w.blocked : w.not}</p>}
    </Row>
  );
}

export function VideoRow() {
  const video = useRef<HTMLVideoElement>(null);
  const painted = useSignal<Painted | null>(null);
  const isThere = useSignal<boolean | null>(null);
  const turn = useSignal(0);
  useEffect(() => {
    if (!video.current) return;
    found("video", undefined);
    painted.value = isThere.value = null;
    let isGone = false;
    const picture = new TestPicture(video.current);
    void Promise.all([picture.run(), knock()]).then(([seen, there]) => {
      if (isGone) return;
      painted.value = seen;
      isThere.value = there;
      measured.value = { ...measured.peek(), frames_per_s: seen ? seen.framesPerS : null };
      found("video", seen && seen.framesPerS >= LEAST_FRAMES_PER_S && there ? "ok" : "failed");
    });
    return () => { isGone = true; picture.close(); };
  }, [turn.value]);
  const w = sh().video;
  const seen = painted.value;
  return (
    <Row name="video" isRunning={isThere.value === null}>
      <figure class="test-picture"><video ref={video} playsInline muted aria-label={w.label} /><figcaption>{w.label}</figcaption></figure>
      <div>
        {seen && <p>{w.playing(Math.round(seen.framesPerS), seen.dropped)}</p>}
        {isThere.value && <p>{w.server}</p>}
        {isThere.value !== null && !seen && <p class="check-hint">{w.notPlayed}</p>}
        {seen && seen.framesPerS < LEAST_FRAMES_PER_S && <p class="check-hint">{w.slow}</p>}
        {isThere.value === false && <p class="check-hint">{w.noServer}</p>}
        {isThere.value !== null && <button type="button" class="quiet" onClick={() => { turn.value += 1; }}>{w.again}</button>}
      </div>
    </Row>
  );
}

export function LinkRows() {
  useEffect(() => { void checkLink(); }, []);
  const { round_trip_ms: trip, skew_s: skew } = measured.value;
  const finding = findings.value;
  const skewWords = skew === null ? "" : Math.abs(skew).toFixed(1);
  return (
    <>
      <Row name="link" isRunning>
        {finding.link === "ok" && trip !== null && <p>{sh().link.ok(Math.round(trip))}</p>}
        {finding.link === "failed" && <p class="check-hint">{trip === null ? sh().link.none : sh().link.slow(Math.round(trip))}</p>}
        {finding.link && <button type="button" class="quiet" onClick={() => void checkLink()}>{sh().video.again}</button>}
      </Row>
      <Row name="clock" isRunning>
        {finding.clock === "ok" && <p>{sh().clock.ok(skewWords)}</p>}
        {finding.clock === "failed" && <p class="check-hint">{skew === null ? sh().clock.none : sh().clock.off(skewWords)}</p>}
      </Row>
    </>
  );
}

const LEAST = { width: 1280, height: 720 };

export function ScreenRow() {
  const size = useSignal({ width: innerWidth, height: innerHeight });
  useEffect(() => {
    const look = () => {
      size.value = { width: innerWidth, height: innerHeight };
      found("screen", innerWidth >= LEAST.width && innerHeight >= LEAST.height ? "ok" : "failed");
    };
    look();
    window.addEventListener("resize", look);
    return () => window.removeEventListener("resize", look);
  }, []);
  const w = sh().screen;
  const count = myMonitors.value.length;
  return (
    <Row name="screen">
      <div>
        <p>{w.size(size.value.width, size.value.height)} · {count > 0 ? w.monitors(count) : w.none}</p>
        {findings.value.screen === "failed" && <p class="check-hint">{w.small}</p>}
        <p class="open-monitors">{w.open}: {(["wall", "map", "queue"] as const).map((kind) => <a key={kind} href={`/${kind}`} target="_blank" rel="noopener">{w[kind]}</a>)}</p>
      </div>
    </Row>
  );
}

export function KeysRow() {
  const key = capOf(keyOf("take"));
  useEffect(() => {
    if (!keysOn()) return found("keys", "ok");
    const press = (event: KeyboardEvent) => {
      if (nameOf(event) !== keyOf("take") || (event.target as HTMLElement).closest("button, a, input, select, textarea")) return;
      event.preventDefault();
      found("keys", "ok");
    };
    window.addEventListener("keydown", press, { capture: true });
    return () => window.removeEventListener("keydown", press, { capture: true });
  }, [key, keysOn()]);
  const w = sh().keys;
  return (
    <Row name="keys">
      <p>{!keysOn() ? w.off : findings.value.keys === "ok" ? w.ok(key) : w.ask(key)}</p>
      <span class="check-question">
        {keysOn() && findings.value.keys !== "ok" && <button type="button" class="quiet" onClick={() => found("keys", "skipped")}>{w.skip}</button>}
      </span>
      <details class="key-caps">
        <summary>{w.list}</summary>
        <ul>{KEY_IDS.filter(hasAction).map((id) => <li key={id}><kbd>{capOf(keyOf(id))}</kbd> {s().keys.list[id]}</li>)}</ul>
      </details>
    </Row>
  );
}
