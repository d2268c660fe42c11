import { now, toMinute } from "../clock";
import { t } from "../texts/sos";
import type { Cry } from "./cry";
import { answersTo, words } from "./phrases";
import { openQuestion, sayLine } from "./say";
import { isCovert } from "./state";

/** A dark screen that tells a glance from aside nothing: a clock, what the center last said, and quiet answers. */
export function Covert({ held }: { held: Cry }) {
  const last = held.lines.findLast((one) => one.by === "operator");
  const question = openQuestion(held);
  return (
    <main class="covert" data-stage="covert">
      <h1 class="hidden-text">{t().covertTitle}</h1>
      <p class="covert-clock timer" aria-hidden="true">{toMinute(now.value)}</p>
      <p class="covert-line" role="status">{last ? (last.code && words(last.code)) || last.text : ""}</p>
      {question && <div class="covert-answers">{answersTo(question.code).map((code) => (
        <button key={code} type="button" onClick={() => sayLine(held, { kind: code === "yes" || code === "no" ? "tap" : "quick", code })}>{words(code)}</button>
      ))}</div>}
      <button type="button" class="covert-off" onClick={() => { isCovert.value = false; }}>{t().covertOff}</button>
    </main>
  );
}
