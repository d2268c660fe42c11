import { useComputed, useSignal } from "@preact/signals";
import { call } from "../../api";
import { now } from "../../clock";
import { Dialog } from "../../dialog";
import { Loaded, useLoader } from "../../loaded";
import { w } from "../../texts/work";
import type { IncidentCard } from "../../wire";
import { Asking } from "../asking";
import { callerWords } from "../facts";
import { feed, me, queue, select } from "../seat";
import { work, workKey } from "./commands";
import { Reasons, SheetButtons } from "./parts";

/** A hand-over is a question with a time limit: the owner stays the owner until a colleague says yes. */
export interface Colleague {
  account_id: string; name: string; role: string; on_shift_since: string | null; signed_in: boolean; incidents: string[]; cameras: number; load: number; over_norm: boolean;
}

export function HandOverSheet({ card, onClose }: { card: IncidentCard; onClose: () => void }) {
  const h = w().handover;
  const to = useSignal("");
  const reason = useSignal("");
  const people = useLoader(() => call<{ operators: Colleague[] }>("GET", "/api/shift"));
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    if (!to.value) return;
    void work(card.incident_id, "hand_over", { to: to.value, reason: reason.value.trim() });
    onClose();
  };
  const others = (all: Colleague[]) => all.filter((one) => one.account_id !== card.owner?.account_id);
  return (
    <Dialog title={h.title} onClose={onClose}>
      <form onSubmit={send}>
        <p>{h.lead}</p>
        <Loaded of={people} isEmpty={(data) => others(data.operators).length === 0} empty={<p>{h.none}</p>}>
          {(data) => (
            <fieldset>
              <legend>{h.to}</legend>
              {others(data.operators).map((one) => (
                <label class="choice colleague" key={one.account_id}>
                  <input type="radio" name="colleague" required disabled={!one.signed_in} onChange={() => { to.value = one.account_id; }} />
                  <span><strong>{one.name}</strong> <small class={one.over_norm ? "warn" : "quiet-text"}>{one.signed_in ? h.load(one.load, one.incidents.length, one.cameras) : h.away}{one.over_norm && ` · ${h.over}`}</small></span>
                </label>
              ))}
            </fieldset>
          )}
        </Loaded>
        <Reasons reason={reason} list={h.reasons} name="handover-reason" legend={h.reason} other={w().reasonSheet.other} />
        <SheetButtons confirm={h.send} isOff={!to.value} onClose={onClose} />
      </form>
    </Dialog>
  );
}

function Left({ until }: { until: string }) {
  const seconds = useComputed(() => Math.max(0, Math.ceil((Date.parse(until) - now.value) / 1000)));
  return <span class="timer" aria-hidden="true">{w().handover.left(seconds.value)}</span>;
}

/** The one who asked sees for how long he still waits. */
export function HandOverWaiting({ card }: { card: IncidentCard }) {
  const held = card.handover;
  if (!held || held.to.account_id === me.value?.account_id) return null;
  const mayTakeBack = [held.by.account_id, card.owner?.account_id].includes(me.value?.account_id);
  return (
    <p class="banner handover-waiting" role="status">
      {w().handover.waiting(held.to.name)} <Left until={held.until} />{" "}
      {mayTakeBack && <button type="button" disabled={feed.link.state.value === "lost"} onClick={() => void work(card.incident_id, "decline_handover", { reason: "" })}>{w().handover.takeBack}</button>}
    </p>
  );
}

/** On the seat of whoever is asked, over the whole width, above whatever is open there: it never takes the selection. */
export function HandOverBars() {
  const mine = queue.value.filter((card) => card.handover && card.handover.to.account_id === me.value?.account_id);
  if (mine.length === 0) return null;
  const h = w().handover;
  return (
    <div class="handover-bars">
      {mine.map((card) => (
        <div class="handover-bar" role="alert" key={card.incident_id} data-handover={card.incident_id}>
          <p><strong>{h.bar(card.handover!.by.name, callerWords(card))}</strong> {card.handover!.reason && `· ${card.handover!.reason}`} <Left until={card.handover!.until} /></p>
          <span class="row">
            <button type="button" onClick={() => select(card.incident_id)}>{h.show}</button>
            <button type="button" onClick={() => void work(card.incident_id, "decline_handover", { reason: h.busy })}>{h.decline}</button>
            <button type="button" class="primary" onClick={() => { select(card.incident_id); void work(card.incident_id, "accept_handover"); }}>{h.accept}</button>
          </span>
          <Asking of={workKey(card.incident_id)} onlyErrors />
        </div>
      ))}
    </div>
  );
}
