import { useSignal } from "@preact/signals";
import { Trouble, useAct } from "../../act";
import { call } from "../../api";
import { type AskedMore, askedMoreWords } from "../../asked-more";
import { timeOfDay } from "../../clock";
import { named } from "../../lang";
import { u } from "../../texts/follow-ups";
import { sheet } from "../seat";
import { type AgencyAsk, asked, readAsked } from "./requests-state";
import { tab } from "./talk-state";

/** Where a still is sent from: in another tab of the sheet, which is drawn first. */
function toStill(): void {
  tab.value = "info";
  setTimeout(() => {
    const field = document.querySelector<HTMLElement>("#responder-camera");
    field?.scrollIntoView({ block: "center" });
    field?.focus();
  });
}

/** One that waits: what answers it by itself, and what the operator says of it. */
function Waiting({ of: one, more }: { of: AgencyAsk; more: AskedMore }) {
  const act = useAct();
  const isRefusing = useSignal(false);
  const reason = useSignal("");
  const { kind, ask_id: id, asked_at: at } = more;
  const incidentId = asked.value?.incidentId ?? "";
  const decide = (step: string, body: object = {}) => void act.run(async () => {
    await call("POST", `/api/incidents/${incidentId}/requests/${one.request_id}/asks/${id}/${step}`, body).finally(() => readAsked(incidentId));
  });
  return (
    <li class="banner" data-asks={kind}>
      <span>{u().waits(named(one.agency), u().kinds[kind] ?? kind, timeOfDay(at))}</span>
      {kind === "route" && <small>{u().hint[kind]}</small>}
      {isRefusing.value ? (
        <form class="ask-why" onSubmit={(event) => { event.preventDefault(); if (reason.value) decide("refuse", { reason: reason.value }); }}>
          <fieldset>
            <legend>{u().refuseWhy}</legend>
            {Object.entries(u().reasons).map(([code, words], i) => <label class="choice" key={code}><input type="radio" name={`ask-${id}`} value={code} required autofocus={i === 0} onChange={() => { reason.value = code; }} /> {words}</label>)}
          </fieldset>
          <p class="row"><button type="button" onClick={() => { isRefusing.value = false; }}>{u().back}</button> <button type="submit" class="primary" data-ask-refuse disabled={act.isBusy || !reason.value}>{u().refuseNow}</button></p>
        </form>
      ) : (
        <span class="row">
          {kind === "photo" && <button type="button" data-ask-do onClick={toStill}>{u().do[kind]}</button>}
          {kind === "evidence" && <button type="button" data-ask-do onClick={() => { sheet.value = { kind: "evidence" }; }}>{u().do[kind]}</button>}
          <button type="button" data-ask-said disabled={act.isBusy} onClick={() => decide("answer")}>{u().said}</button>
          <button type="button" data-ask-why onClick={() => { isRefusing.value = true; }}>{u().refuse}</button>
        </span>
      )}
      <Trouble of={act.problem} />
    </li>
  );
}

/** What the agency wants beside its request: what waits, and how the rest was answered. */
export function FollowUps({ of: one }: { of: AgencyAsk }) {
  const waiting = one.asks.filter((more) => more.state === "asked");
  const past = one.asks.filter((more) => more.state !== "asked");
  if (one.asks.length === 0) return null;
  return (
    <div class="follow-ups-all">
      <div role="status">{waiting.length > 0 && <ul class="follow-ups">{waiting.map((more) => <Waiting key={more.ask_id} of={one} more={more} />)}</ul>}</div>
      {past.length > 0 && <ul class="asked-more" aria-label={u().past}>{past.map((more) => <li key={more.ask_id} data-asked-more={more.state}>{askedMoreWords(more)}</li>)}</ul>}
    </div>
  );
}
