import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { pressed } from "./pressing";

const TICK_MS = 40;
const RING = 2 * Math.PI * 46;

/**
 * The big button: press and hold, by finger, pen, mouse, Enter or Space. Whoever only can click (a screen reader, a
 * switch) gets `onClick` instead. A finger that trembles or wanders stays on it.
 */
export function HoldButton({ label, hint, isDrill, onDone, onClick, describedBy }: {
  label: string; hint: string; isDrill: boolean; onDone: () => void; onClick: () => void; describedBy: string;
}) {
  const progress = useSignal(0);
  const isDown = useRef(false);
  const wasPressed = useRef(0);
  const timer = useRef(0);
  useEffect(() => () => clearInterval(timer.current), []);

  function tick(): void {
    const last = performance.now();
    let before = last;
    clearInterval(timer.current);
    timer.current = window.setInterval(() => {
      const at = performance.now();
      progress.value = pressed(progress.value, isDown.current, at - before);
      before = at;
      if (progress.value >= 1) {
        clearInterval(timer.current);
        isDown.current = false;
        progress.value = 0;
        onDone();
      } else if (progress.value <= 0 && !isDown.current) {
        clearInterval(timer.current);
      }
    }, TICK_MS);
  }
  function down(): void {
    if (isDown.current) return;
    isDown.current = true;
    wasPressed.current = Date.now();
    tick();
  }
  function up(): void {
    isDown.current = false;
  }
  const isKey = (event: KeyboardEvent) => event.key === "Enter" || event.key === " ";
  return (
    <button
      type="button" class={`sos-button ${isDrill ? "is-drill" : ""}`} aria-describedby={describedBy} data-progress={progress.value.toFixed(2)}
      onPointerDown={(event) => { (event.currentTarget as HTMLElement).setPointerCapture?.(event.pointerId); down(); }}
      onPointerUp={up} onPointerCancel={up} onLostPointerCapture={up} onBlur={up}
      onKeyDown={(event) => { if (isKey(event)) { event.preventDefault(); if (!event.repeat) down(); } }}
      onKeyUp={(event) => { if (isKey(event)) { event.preventDefault(); up(); } }}
      onContextMenu={(event) => event.preventDefault()}
      onClick={(event) => { if (event.detail === 0 && Date.now() - wasPressed.current > 1000) onClick(); }}
    >
      <svg viewBox="0 0 100 100" aria-hidden="true">
        <circle class="ring" cx="50" cy="50" r="46" />
        <circle class="fill" cx="50" cy="50" r="46" stroke-dasharray={RING} stroke-dashoffset={RING * (1 - progress.value)} />
      </svg>
      <span class="sos-label">{label}</span>
      <span class="sos-hint">{hint}</span>
    </button>
  );
}
