import { useComputed } from "@preact/signals";
import { now, stopwatch } from "./clock";

/** How much time is left, as a ring that empties and as a clock; late in shape and word too. A leaf: it alone renders. */
const R = 18;
const AROUND = 2 * Math.PI * R;
const SOON = 0.2;

export function TimeRing({ from, until, label, words, late }: {
  from: string; until: string; label: string; words: (clock: string) => string;
  /** What is said after the end; without it the ring stays at nothing. */
  late?: (clock: string) => string;
}) {
  const leftS = useComputed(() => Math.ceil((Date.parse(until) - now.value) / 1000));
  const wholeS = Math.max(1, (Date.parse(until) - Date.parse(from)) / 1000);
  const share = Math.min(1, Math.max(0, leftS.value / wholeS));
  const isOver = leftS.value <= 0;
  const tone = isOver ? "over" : share <= SOON ? "soon" : "calm";
  const clock = stopwatch(Math.abs(leftS.value));
  return (
    <div class={`time-ring ring-${tone}`} data-ring={tone}>
      <svg viewBox="0 0 44 44" width="44" height="44" aria-hidden="true" focusable="false">
        <circle cx="22" cy="22" r={R} class="ring-whole" />
        <circle cx="22" cy="22" r={R} class="ring-left" stroke-dasharray={`${share * AROUND} ${AROUND}`} transform="rotate(-90 22 22)" />
        {isOver && <path d="M22 11v13M22 29v3" class="ring-mark" />}
      </svg>
      <p><small>{label}</small><strong class="timer" aria-hidden="true">{isOver ? late?.(clock) ?? words(stopwatch(0)) : words(clock)}</strong></p>
    </div>
  );
}
