import { useComputed } from "@preact/signals";
import { now, stopwatch } from "../../clock";
import { w } from "../../texts/work";
import type { IncidentCard } from "../../wire";
import { sheet } from "../seat";
import { Do } from "./parts";
import { type Stage, STAGES, stageOf, type StageName } from "./rules";

/** Verify first: contact, pictures, classify. Each says by shape, word and colour whether it is due, late or done, and
 * the two that a person tells the center about open their sheet. */
const SHAPE: Record<Stage["is"], string> = { idle: "", due: "·", late: "!", done: "✓", done_late: "✓" };

function words(stage: Stage): string {
  const s = w().steps;
  const time = stopwatch(stage.seconds);
  if (stage.is === "due") return s.left(time);
  if (stage.is === "late") return s.late(time);
  if (stage.is === "done_late") return s.doneLate(time);
  return stage.is === "done" ? s.done : s.idle;
}

/** A leaf of its own, as each timer: only it renders each second. */
function Step({ card, name }: { card: IncidentCard; name: StageName }) {
  const held = useComputed(() => stageOf(card, name, now.value));
  const one: Stage = card.owner === null && !card.stages[name].done_at ? { name, is: "idle", seconds: 0 } : held.value;
  const inside = (
    <>
      <span class="shape" aria-hidden="true">{SHAPE[one.is]}</span>
      <span><strong>{w().steps[name]}</strong> <span class="timer">{words(one)}</span></span>
    </>
  );
  return (
    <li class={`step step-${one.is}`} data-stage={name} data-is={one.is}>
      {name === "view" ? <div>{inside}</div> : (
        <Do card={card} command={name === "contact" ? "contacted" : "classify"} onClick={() => { sheet.value = { kind: name }; }}>{inside}</Do>
      )}
    </li>
  );
}

export function Steps({ card }: { card: IncidentCard }) {
  return (
    <ol class="steps" aria-label={w().steps.head}>
      {STAGES.map((name) => <Step key={name} card={card} name={name} />)}
    </ol>
  );
}
