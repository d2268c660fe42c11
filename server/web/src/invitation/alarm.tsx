import { useSignal } from "@preact/signals";
import { asProblem, call } from "../api";
import { said } from "../lang";
import { uuid7 } from "../sos/ids";
import { t } from "../texts/care";
import type { Problem } from "../wire";
import { Check, Phone } from "../follow/icons";
import { base, hasAlarmed, standing } from "./source";

/** An alarm on her behalf: never by one press, marked as a guardian's, and 112 always beside it. */
export function AlarmForHer({ name }: { name: string }) {
  const step = useSignal<"rest" | "asked" | "busy" | "done">("rest");
  const problem = useSignal<Problem | null>(null);
  /** Made once for this alarm, so that a second press and a retry are the same one. */
  const alertId = useSignal("");
  async function go() {
    step.value = "busy";
    problem.value = null;
    alertId.value ||= uuid7(Date.now());
    try {
      await call("POST", `${base}/alarm`, { alert_id: alertId.peek() });
      step.value = "done";
      hasAlarmed.value = true;
      void standing.again();
    } catch (error) {
      problem.value = asProblem(error);
      step.value = "asked";
    }
  }
  return (
    <section class="alarm" data-step={step.value}>
      <h2><Phone />{t().alarmHead}</h2>
      {step.value === "done" ? <p class="answer good" role="status"><Check /><span><b>{t().alarmDone}</b> {t().alarmAfter}</span></p> : <p>{t().alarmLead}</p>}
      {step.value !== "rest" && step.value !== "done" && (
        <div class="sure" role="alertdialog" aria-label={t().alarmHead}>
          <p><b>{t().alarmSure(name)}</b></p>
          <ul><li>{t().alarmMarked}</li><li>{t().alarmCallback}</li><li>{t().alarmSilent}</li></ul>
          <p class="trouble" role="alert">{problem.value ? said(problem.value) : ""}</p>
          <div class="choices">
            <button type="button" class="danger" disabled={step.value === "busy"} onClick={() => void go()}>{step.value === "busy" ? t().alarmBusy : t().alarmYes}</button>
            <button type="button" class="quiet" disabled={step.value === "busy"} onClick={() => { step.value = "rest"; }}>{t().back}</button>
          </div>
        </div>
      )}
      <div class="choices even">
        {step.value === "rest" && <button type="button" class="danger-line" onClick={() => { step.value = "asked"; }}>{t().alarm}</button>}
        <a class="call police" href="tel:112"><Phone />{t().call112}</a>
      </div>
    </section>
  );
}
