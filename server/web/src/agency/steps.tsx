import { useSignal } from "@preact/signals";
import { now, timeOfDay, toMinute } from "../clock";
import { Dialog } from "../dialog";
import { said } from "../lang";
import { t } from "../texts/agency";
import { act, acting, isCut, me } from "./desk";
import { StateIcon } from "./icons";
import { isFresh, isWorked, nextStep, type Step } from "./state";
import type { Case } from "./wire";

/** The way of a case, and the one button that comes next. */
const WAY = ["requested", "accepted", "en_route", "on_scene", "done"];
const MOST_ETA_MIN = 1440;
const unitHint = () => (t().kind[me.value?.agency?.kind ?? ""] ?? t().kindOther).unitHint;

export function Way({ of: d }: { of: Case }) {
  const at = (state: string) => (state === "requested" ? d.times.requested ?? d.times.delivered : d.times[state]);
  const furthest = WAY.findLastIndex((state) => at(state));
  return (
    <ol class="way" aria-label={t().wayHead}>
      {WAY.map((state, i) => (
        <li key={state} class={i <= furthest ? "reached" : ""} aria-current={i === furthest ? "step" : undefined}>
          <span class="dot"><StateIcon state={i <= furthest && i > 0 ? state : i === 0 ? "accepted" : "none"} /></span>
          <strong>{t().way[state]}</strong>
          <small>{at(state) ? timeOfDay(at(state)!) : i < furthest ? "" : t().notYet}</small>
        </li>
      ))}
    </ol>
  );
}

export function Arrival({ of: d }: { of: Case }) {
  if (!isWorked(d)) return null;
  const minutes = d.eta_at ? Math.ceil((Date.parse(d.eta_at) - now.value) / 60_000) : 0;
  const isLate = d.eta_at !== null && minutes <= 0 && d.state !== "on_scene";
  return (
    <p class="arrival">
      <strong>{d.unit || t().noUnit}</strong>
      {d.eta_at && d.state !== "on_scene" && <span class={isLate ? "warn" : ""}>{t().arrives(toMinute(d.eta_at), minutes)}</span>}
    </p>
  );
}

/** "" is no word; a number that is none is told. */
function etaOf(text: string): number | null | "bad" {
  if (!text.trim()) return null;
  const minutes = Number(text);
  return Number.isInteger(minutes) && minutes >= 0 && minutes <= MOST_ETA_MIN ? minutes * 60 : "bad";
}

function UnitFields({ id, unit, eta }: { id: string; unit: { value: string }; eta: { value: string } }) {
  return (
    <>
      <p><label for={`${id}-unit`}>{t().unit}</label>
        <input id={`${id}-unit`} maxLength={80} autocomplete="off" value={unit.value} placeholder={unitHint()} onInput={(event) => { unit.value = event.currentTarget.value; }} /></p>
      <p class="short"><label for={`${id}-eta`}>{t().eta}</label>
        <input id={`${id}-eta`} inputMode="numeric" maxLength={4} autocomplete="off" value={eta.value} placeholder={t().etaHint} onInput={(event) => { eta.value = event.currentTarget.value; }} /></p>
    </>
  );
}

function Accept({ of: d, onDecline }: { of: Case; onDecline: () => void }) {
  const receipt = useSignal("");
  const unit = useSignal("");
  const eta = useSignal("");
  const bad = useSignal(false);
  const isSending = acting.value[d.dispatch_id] === "sending";
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    const eta_s = etaOf(eta.value);
    bad.value = eta_s === "bad";
    if (eta_s === "bad") return;
    void act(d.dispatch_id, "accept", { receipt_no: receipt.value.trim(), unit: unit.value.trim(), ...(eta_s === null ? {} : { eta_s }) });
  };
  return (
    <form class="accept" onSubmit={send}>
      <UnitFields id="accept" unit={unit} eta={eta} />
      <p class="short"><label for="receipt">{t().receiptNo}</label>
        <input id="receipt" maxLength={40} autocomplete="off" placeholder={t().receiptHint} onInput={(event) => { receipt.value = event.currentTarget.value; }} /></p>
      <button type="submit" class="big primary" disabled={isSending || isCut.value} data-step="accept">{isSending ? t().sending : t().accept} <kbd aria-hidden="true">A</kbd></button>
      <button type="button" class="big" disabled={isSending || isCut.value} onClick={onDecline}>{t().decline}</button>
      {bad.value && <p class="trouble" role="alert">{t().etaBad}</p>}
    </form>
  );
}

function Decline({ of: d, onClose }: { of: Case; onClose: () => void }) {
  const reason = useSignal("");
  const more = useSignal("");
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    void act(d.dispatch_id, "decline", { reason: [reason.value, more.value.trim()].filter(Boolean).join(" — ") });
    onClose();
  };
  return (
    <Dialog title={t().declineTitle} onClose={onClose}>
      <form onSubmit={send}>
        <p>{t().declineLead}</p>
        <fieldset>
          <legend>{t().reason}</legend>
          {t().reasons.map((one) => (
            <label class="choice" key={one}><input type="radio" name="why" value={one} checked={reason.value === one} onInput={() => { reason.value = one; }} />{one}</label>
          ))}
        </fieldset>
        <p><label for="reason">{t().reasonMore}</label>
          <textarea id="reason" rows={2} maxLength={400} onInput={(event) => { more.value = event.currentTarget.value; }} /></p>
        <div class="sheet-buttons">
          <button type="button" onClick={onClose}>{t().cancel}</button>
          <button type="submit" class="danger" disabled={!reason.value && !more.value.trim()}>{t().declineConfirm}</button>
        </div>
      </form>
    </Dialog>
  );
}

function Done({ of: d, onClose }: { of: Case; onClose: () => void }) {
  return (
    <Dialog title={t().done} onClose={onClose}>
      <p>{t().doneAsk}</p>
      <div class="sheet-buttons">
        <button type="button" onClick={onClose}>{t().cancel}</button>
        <button type="button" class="primary" data-confirm-done onClick={() => { void act(d.dispatch_id, "done"); onClose(); }}>{t().doneConfirm}</button>
      </div>
    </Dialog>
  );
}

/** A unit that changes, or comes later than said: the same state again with the new words. */
function ChangeUnit({ of: d, onClose }: { of: Case; onClose: () => void }) {
  const unit = useSignal(d.unit);
  const eta = useSignal("");
  const bad = useSignal(false);
  const same: Step = d.state === "accepted" ? "accept" : d.state === "en_route" ? "en_route" : "on_scene";
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const eta_s = etaOf(eta.value);
    bad.value = eta_s === "bad";
    if (eta_s === "bad") return;
    if (await act(d.dispatch_id, same, { unit: unit.value.trim(), ...(eta_s === null ? {} : { eta_s }) })) onClose();
  };
  return (
    <Dialog title={t().change} onClose={onClose}>
      <form onSubmit={send}>
        <UnitFields id="change" unit={unit} eta={eta} />
        {bad.value && <p class="trouble" role="alert">{t().etaBad}</p>}
        <div class="sheet-buttons">
          <button type="button" onClick={onClose}>{t().cancel}</button>
          <button type="submit" class="primary">{t().save}</button>
        </div>
      </form>
    </Dialog>
  );
}

export function Actions({ of: d }: { of: Case }) {
  const sheet = useSignal<"decline" | "done" | "unit" | null>(null);
  const doing = acting.value[d.dispatch_id];
  const next = nextStep(d);
  const isBusy = doing === "sending" || isCut.value;
  const close = () => { sheet.value = null; };
  const press = () => (next === "done" ? (sheet.value = "done") : void act(d.dispatch_id, next!));
  return (
    <div class="actions">
      {isFresh(d) ? <Accept of={d} onDecline={() => { sheet.value = "decline"; }} /> : next && (
        <div class="next">
          <button type="button" class="big primary" disabled={isBusy} data-step={next} onClick={press}>{doing === "sending" ? t().sending : t()[next]}</button>
          {isWorked(d) && <button type="button" disabled={isBusy} onClick={() => { sheet.value = "unit"; }}>{t().change}</button>}
          {(d.state === "accepted" || d.state === "en_route") && <button type="button" class="quiet" disabled={isBusy} onClick={() => { sheet.value = "decline"; }}>{t().handBack}</button>}
        </div>
      )}
      {doing && doing !== "sending" && <p class="trouble" role="alert" data-problem={doing.code}>{said(doing)}</p>}
      {sheet.value === "decline" && <Decline of={d} onClose={close} />}
      {sheet.value === "done" && <Done of={d} onClose={close} />}
      {sheet.value === "unit" && <ChangeUnit of={d} onClose={close} />}
    </div>
  );
}
