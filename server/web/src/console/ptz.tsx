import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { asProblem, call } from "../api";
import { said } from "../lang";
import { v } from "../texts/video";
import type { CameraChoice, Hand, Presets, Problem } from "../wire";
import { me } from "./seat";

/**
 * Moving a camera that one watches. A press moves as long as it lasts: each request is for two seconds at most and is
 * repeated, so that a seat that dies leaves no camera turning; letting go sends the stop.
 */
const REPEAT_MS = 1200;
const MOVE_S = 2;
const SPEED = 0.5;
const DEVICE_MS = 25_000; // an old device answers its first question slowly

interface Speeds { pan?: number; tilt?: number; zoom?: number }
type Told = { hand: Hand };

const KEYS: Record<string, Speeds> = {
  ArrowUp: { tilt: SPEED }, ArrowDown: { tilt: -SPEED }, ArrowLeft: { pan: -SPEED }, ArrowRight: { pan: SPEED },
  "+": { zoom: SPEED }, "=": { zoom: SPEED }, "-": { zoom: -SPEED },
};

/** The requests of one pad, one at a time and in order; what went wrong last. */
class Mover {
  private timer = 0;
  private line: Promise<void> = Promise.resolve();
  private held: Speeds | null = null;
  private isWaiting = false;

  constructor(private readonly path: string, private readonly hand: Signal<Hand | null>, private readonly problem: Signal<Problem | null>) {}

  hold(speeds: Speeds): void {
    if (this.held) return;
    this.held = speeds;
    const isHeld = () => this.held === speeds;
    const push = () => {
      if (!isHeld() || this.isWaiting) return; // a slow camera gets no row of moves that go on after the hand has left
      this.isWaiting = true;
      this.send("", { ...speeds, seconds: MOVE_S }, isHeld);
    };
    push();
    this.timer = window.setInterval(push, REPEAT_MS);
  }

  letGo(): void {
    if (!this.held) return;
    this.held = null;
    clearInterval(this.timer);
    this.send("/stop");
  }

  /** `isWanted` is asked when its turn has come: a move whose hand has let go meanwhile is not sent. */
  send(what: string, body: object = {}, isWanted = () => true): void {
    this.line = this.line.then(async () => {
      if (what === "") this.isWaiting = false;
      if (!isWanted() || (what === "/stop" && this.problem.peek())) return; // nothing of ours moves
      try {
        const told = await call<Partial<Told>>("POST", `${this.path}${what}`, body, DEVICE_MS);
        this.problem.value = null;
        if (told.hand) this.hand.value = told.hand;
        if (what === "/release") this.hand.value = null;
      } catch (error) {
        const problem = asProblem(error);
        this.problem.value = problem;
        if (problem.hand) this.hand.value = problem.hand;
        this.held = null;
        clearInterval(this.timer);
      }
    });
  }

  close(): void {
    this.letGo();
    if (this.hand.peek()?.account_id === me.peek()?.account_id) this.send("/release");
  }
}

function HoldButton({ mover, speeds, label, sign, where }: { mover: Mover; speeds: Speeds; label: string; sign: string; where: string }) {
  const press = (event: PointerEvent) => {
    if (event.button !== 0 || !event.isPrimary) return; // the right button's menu swallows the letting go
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    mover.hold(speeds);
  };
  return (
    <button type="button" class={`move ${where}`} aria-label={label} title={label} onPointerDown={press}
      onPointerUp={() => mover.letGo()} onPointerCancel={() => mover.letGo()} onLostPointerCapture={() => mover.letGo()} onBlur={() => mover.letGo()}
      onKeyDown={(event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); if (!event.repeat) mover.hold(speeds); } }}
      onKeyUp={(event) => { if (event.key === "Enter" || event.key === " ") mover.letGo(); }}>
      <span aria-hidden="true">{sign}</span>
    </button>
  );
}

/** Who moves it now, in words; a supervisor may take it over. */
function HandLine({ mover, hand, problem }: { mover: Mover; hand: Hand | null; problem: Problem | null }) {
  const p = v().ptz;
  const isMine = hand?.account_id === me.value?.account_id;
  const words = !hand ? p.free : isMine ? p.mine : p.taken(hand.name);
  const mayTake = hand !== null && !isMine && (problem?.may_take ?? me.value?.role === "supervisor");
  return (
    <p class="hand" role="status">
      {words}
      {mayTake && <button type="button" onClick={() => mover.send("", { pan: 0.01, seconds: 0.1, take: true })}>{p.take}</button>}
      {isMine && hand && <button type="button" onClick={() => mover.send("/release")}>{p.release}</button>}
    </p>
  );
}

export function PtzPad({ incidentId, camera }: { incidentId: string; camera: CameraChoice }) {
  const p = v().ptz;
  const hand = useSignal<Hand | null>(null);
  const problem = useSignal<Problem | null>(null);
  const presets = useSignal<Presets["presets"] | null>(null);
  const base = `/api/incidents/${incidentId}/cameras/${encodeURIComponent(camera.camera_id)}`;
  const mover = useRef<Mover | null>(null);
  mover.current ??= new Mover(`${base}/ptz`, hand, problem);
  const m = mover.current;
  useEffect(() => {
    call<Presets>("GET", `${base}/presets`, undefined, DEVICE_MS).then((got) => { presets.value = got.presets; hand.value = got.hand; }, (error) => { problem.value = asProblem(error); });
    const letGo = () => m.letGo(); // a key that is let go in another window is never heard of here
    window.addEventListener("blur", letGo);
    window.addEventListener("pagehide", letGo);
    document.addEventListener("visibilitychange", letGo);
    return () => {
      window.removeEventListener("blur", letGo);
      window.removeEventListener("pagehide", letGo);
      document.removeEventListener("visibilitychange", letGo);
      m.close();
    };
  }, []);
  const onKey = (event: KeyboardEvent) => {
    const speeds = KEYS[event.key];
    if (!speeds) return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat) m.hold(speeds);
  };
  return (
    <section class="ptz" aria-label={p.head} onKeyDown={onKey} onFocusOut={() => m.letGo()} onKeyUp={(event) => { if (KEYS[event.key]) m.letGo(); }}>
      <div class="pad">
        <HoldButton mover={m} speeds={KEYS.ArrowUp} label={p.up} sign="▲" where="up" />
        <HoldButton mover={m} speeds={KEYS.ArrowLeft} label={p.left} sign="◀" where="left" />
        <HoldButton mover={m} speeds={KEYS.ArrowRight} label={p.right} sign="▶" where="right" />
        <HoldButton mover={m} speeds={KEYS.ArrowDown} label={p.down} sign="▼" where="down" />
        <HoldButton mover={m} speeds={KEYS["+"]} label={p.zoomIn} sign="+" where="in" />
        <HoldButton mover={m} speeds={KEYS["-"]} label={p.zoomOut} sign="−" where="out" />
      </div>
      <div class="ptz-side">
        <HandLine mover={m} hand={hand.value} problem={problem.value} />
        {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
        <p class="quiet-text">{p.hint}</p>
        {presets.value && (presets.value.length === 0 ? <p class="quiet-text">{p.noPresets}</p> : (
          <div class="presets" role="group" aria-label={p.presets}>
            {presets.value.map((one) => <button type="button" key={one.token} onClick={() => m.send("/preset", { token: one.token })}>{one.name || one.token}</button>)}
          </div>
        ))}
      </div>
    </section>
  );
}
