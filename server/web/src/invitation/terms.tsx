import { useSignal } from "@preact/signals";
import { Trouble, useAct } from "../act";
import { call } from "../api";
import { t } from "../texts/care";
import { Check, Clock, Cross, Shield } from "../follow/icons";
import { base, standing, type Hours } from "./source";

const USUAL: Hours = { from: "23:00", to: "07:00" };

/** Her own quiet hours, in Seoul's time; an SOS and an alarm come through all the same. */
export function QuietHours({ of, onSaved }: { of: Hours | null; onSaved: () => Promise<unknown> }) {
  const isOpen = useSignal(false);
  const act = useAct();
  const save = (work: () => Promise<unknown>) => act.run(async () => {
    await work();
    await onSaved();
    isOpen.value = false;
  });
  function submit(event: SubmitEvent) {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    void save(() => call("PUT", `${base}/quiet-hours`, { from: String(data.get("from")), to: String(data.get("to")) }));
  }
  return (
    <section class="terms" data-quiet={of ? `${of.from}-${of.to}` : "none"}>
      <h2><Clock />{t().quietHead}</h2>
      <p role="status">{of ? t().quietFromTo(of.from, of.to) : t().quietNone}</p>
      <p class="quiet-words">{t().quietLead}</p>
      {isOpen.value ? (
        <form onSubmit={submit}>
          <div class="hours">
            <label>{t().from}<input type="time" name="from" required value={(of ?? USUAL).from} /></label>
            <label>{t().to}<input type="time" name="to" required value={(of ?? USUAL).to} /></label>
          </div>
          <div class="choices">
            <button type="submit" class="primary" disabled={act.isBusy}>{t().save}</button>
            <button type="button" class="quiet" onClick={() => { isOpen.value = false; }}>{t().back}</button>
          </div>
        </form>
      ) : (
        <div class="choices">
          <button type="button" onClick={() => { isOpen.value = true; }}>{of ? t().quietChange : t().quietSet}</button>
          {of && <button type="button" class="quiet" disabled={act.isBusy} onClick={() => void save(() => call("DELETE", `${base}/quiet-hours`))}>{t().quietOff}</button>}
        </div>
      )}
      <Trouble of={act.problem} />
    </section>
  );
}

/** What the person lets this guardian see. */
export function Allowed() {
  const held = standing.state.value;
  if (held.is !== "ready") return null;
  return (
    <section class="facts">
      <h2><Shield />{t().allowedHead}</h2>
      <ul>
        <li><Check /><span>{t().allowedSos} {t().precisions[held.data.precision]}</span></li>
        <li><Check /><span>{t().allowedWalk}</span></li>
        <li data-allowed={held.data.shares_on_silence}>{held.data.shares_on_silence ? <Check /> : <Cross />}<span>{held.data.shares_on_silence ? t().allowedSilence : t().notAllowedSilence}</span></li>
      </ul>
    </section>
  );
}
