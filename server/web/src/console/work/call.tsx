import { signal, useComputed, useSignal } from "@preact/signals";
import { asProblem, call as ask } from "../../api";
import { secondsSince, stopwatch, timeOfDay } from "../../clock";
import { Dialog } from "../../dialog";
import { said } from "../../lang";
import { k } from "../../texts/talk";
import type { IncidentCard, Problem } from "../../wire";
import { feed, sheet } from "../seat";
import { Icon } from "./icons";
import { SheetButtons } from "./parts";
import { type Call, loadTalk, talk, type Talk } from "./talk-state";

/** A telephone call: never by one press, since a ringing phone can betray her; its number is shown while it lasts. */
const shown = signal<{ callId: string; number: string } | null>(null);
const problem = signal<{ incidentId: string; problem: Problem } | null>(null);

async function act(incidentId: string, path: string, body: object): Promise<Record<string, unknown> | null> {
  try {
    const got = await ask<Record<string, unknown>>("POST", path, body);
    problem.value = null;
    await loadTalk(incidentId);
    return got;
  } catch (error) {
    problem.value = { incidentId, problem: asProblem(error) };
    return null;
  }
}

const isOver = (one: Call) => one.state === "ended" || one.state === "failed";

function Running({ card, one }: { card: IncidentCard; one: Call }) {
  const c = k().call;
  const seconds = useComputed(() => secondsSince(one.answered_at ?? one.asked_at));
  const end = async (outcome: string) => {
    if (await act(card.incident_id, `/api/calls/${one.call_id}/end`, { outcome })) shown.value = null;
  };
  const isByHand = one.way === "callback";
  const number = shown.value?.callId === one.call_id ? shown.value.number : "";
  return (
    <div class="call-running" data-call={one.state}>
      <p><Icon name="call" /><strong>{c.state[one.state]}</strong> <span class="timer" aria-hidden="true">{stopwatch(seconds.value)}</span>
        {number && <strong class="number" data-dial>{number}</strong>}</p>
      {number && <p class="quiet-text">{c.numberHint}</p>}
      <span class="row" role="group" aria-label={c.outcome}>
        {isByHand ? (["answered", "no_answer", "busy"] as const).map((one_) => <button type="button" key={one_} onClick={() => void end(one_)}>{c[one_]}</button>)
          : <button type="button" class="danger" onClick={() => void end("answered")}>{c.hangUp}</button>}
      </span>
    </div>
  );
}

export function Calls({ card, talk: held }: { card: IncidentCard; talk: Talk }) {
  const c = k().call;
  const running = held.calls.find((one) => !isOver(one));
  const last = held.calls.at(-1);
  const isLost = feed.link.state.value === "lost";
  const mayCall = (held.may_say || held.why_not === "phone_is_quiet") && !card.is_drill;
  const trouble = problem.value?.incidentId === card.incident_id ? problem.value.problem : null;
  return (
    <>
      <span class="row calls">
        {!running && <button type="button" disabled={!mayCall || isLost} onClick={() => { sheet.value = { kind: "call" }; }}><Icon name="call" />{c.start}</button>}
        {!running && <button type="button" class="quiet" disabled={!held.may_say || isLost} title={c.askHint} onClick={() => void act(card.incident_id, `/api/incidents/${card.incident_id}/ask_call`, {})}>{c.ask}</button>}
        {!running && last && <span class="quiet-text">{c.state[last.state]} {last.ended_at && timeOfDay(last.ended_at)} {c.reasonOf[last.end_reason] ?? ""}</span>}
      </span>
      {running && <Running card={card} one={running} />}
      {trouble && <p class="trouble" role="alert" data-problem={trouble.code}>{said(trouble)}</p>}
    </>
  );
}

export function CallSheet({ card, onClose }: { card: IncidentCard; onClose: () => void }) {
  const c = k().call;
  const held = talk.value?.incidentId === card.incident_id ? talk.value.talk : null;
  const risk = held?.must_confirm_call ?? "";
  const isSure = useSignal(false);
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    if (risk && !isSure.value) return;
    onClose();
    const got = await act(card.incident_id, `/api/incidents/${card.incident_id}/call`, { confirm_loud: isSure.value });
    if (got && typeof got.dial === "string") shown.value = { callId: String(got.call_id), number: got.dial };
  };
  return (
    <Dialog title={c.title} onClose={onClose}>
      <form onSubmit={send}>
        <p>{c.lead}</p>
        {risk && <p class="banner alarm">{c[risk]}</p>}
        {risk && <label class="choice"><input type="checkbox" onChange={(event) => { isSure.value = event.currentTarget.checked; }} /> {c.confirmLoud}</label>}
        <SheetButtons confirm={c.confirm} kind={risk ? "danger" : "primary"} isOff={Boolean(risk) && !isSure.value} onClose={onClose} />
      </form>
    </Dialog>
  );
}
