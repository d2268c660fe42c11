import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Trouble, useAct } from "../act";
import { asProblem, call } from "../api";
import { now, timeOfDay } from "../clock";
import { Dialog } from "../dialog";
import { said } from "../lang";
import { le } from "../texts/lent";
import type { Problem } from "../wire";
import { isCut, me } from "./desk";
import type { Ask } from "./ask-case";

/** A camera of its own that the agency lends to this request, by its own consent, and takes back at once. */
interface LentCamera { camera_id: string; name: string; until_at: string; ended_at: string | null; end_reason: string }
interface Told { cameras: LentCamera[]; networks: string[] }
const MINUTE_MS = 60_000;

function LendSheet({ path, networks, onClose, onLent }: { path: string; networks: string[]; onClose: () => void; onLent: () => Promise<void> }) {
  const problem = useSignal<Problem | null>(null);
  const isBusy = useSignal(false);
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const word = (name: string) => String(data.get(name) ?? "").trim();
    const minutes = Number(word("minutes"));
    const until = minutes > 0 ? { until: new Date(Date.now() + minutes * MINUTE_MS).toISOString() } : {};
    const consent = { by: word("by"), at: new Date().toISOString(), purpose: "this_request", for_dispatched: data.has("for_dispatched"), ...until };
    isBusy.value = true;
    try {
      await call("POST", path, { name: word("name"), url: word("url"), user: word("user"), password: String(data.get("password") ?? ""), consent });
      await onLent();
      onClose();
    } catch (error) {
      problem.value = asProblem(error);
    }
    isBusy.value = false;
  };
  const l = le();
  return (
    <Dialog title={l.lend} onClose={onClose}>
      <form onSubmit={(event) => void send(event)}>
        <p>{l.lead}</p>
        <label>{l.name}<input name="name" required maxLength={120} autofocus autocomplete="off" /></label>
        <label>{l.url}<input name="url" required maxLength={400} placeholder="rtsp://" autocomplete="off" /><small>{l.urlHelp(networks.join(" "))}</small></label>
        <label>{l.user}<input name="user" maxLength={80} autocomplete="off" /></label>
        <label>{l.password}<input name="password" type="password" maxLength={120} autocomplete="new-password" /></label>
        <label>{l.by}<input name="by" required maxLength={120} autocomplete="off" /><small>{l.byHelp}</small></label>
        <label>{l.minutes}<input name="minutes" type="number" min={1} max={1440} autocomplete="off" /></label>
        <label class="choice"><input name="for_dispatched" type="checkbox" /> {l.forDispatched}</label>
        {problem.value && <p class="trouble" role="alert" data-problem={problem.value.code}>{said(problem.value)}</p>}
        <div class="sheet-buttons"><button type="button" onClick={onClose}>{l.cancel}</button><button type="submit" class="primary" disabled={isBusy.value}>{l.send}</button></div>
      </form>
    </Dialog>
  );
}

export function Lent({ of: one }: { of: Ask }) {
  const told = useSignal<Told | null>(null);
  const failed = useSignal<Problem | null>(null);
  const isLending = useSignal(false);
  const taking = useSignal<LentCamera | null>(null);
  const act = useAct();
  const path = `/api/agency/requests/${one.request_id}/cameras`;
  const read = async () => {
    await call<Told>("GET", path).then((got) => { told.value = got; failed.value = null; }, (error: unknown) => { failed.value = asProblem(error); });
  };
  useEffect(() => void read(), [one.request_id, one.state]);
  const l = le();
  const isOver = (camera: LentCamera) => camera.ended_at !== null || Date.parse(camera.until_at) <= now.value;
  const takeBack = (camera: LentCamera) => void act.run(async () => {
    taking.value = null;
    await call("DELETE", `${path}/${camera.camera_id}`).finally(read);
  });
  const networks = told.value?.networks ?? [];
  if (networks.length === 0 && told.value?.cameras.length === 0 && me.value?.agency?.kind !== "security") return null; // nothing that this kind of agency would miss
  return (
    <section class="ask-lent" aria-label={l.head} data-lends={networks.length > 0 ? "1" : "0"}>
      <h3>{l.head}</h3>
      {failed.value && <p class="trouble" role="alert">{l.failed} {said(failed.value)} <button type="button" onClick={() => void read()}>{l.again}</button></p>}
      {!told.value && !failed.value && <p role="status">{l.loading}</p>}
      {told.value && told.value.cameras.length === 0 && <p class="quiet-text">{networks.length > 0 ? `${l.none} ${l.lead}` : l.notAgreed}</p>}
      {told.value && told.value.cameras.length > 0 && <ul>{told.value.cameras.map((camera) => (
        <li key={camera.camera_id} data-lent={camera.camera_id} data-lent-over={isOver(camera) ? "1" : undefined}>
          <span><strong>{camera.name}</strong> <small>{isOver(camera) ? l.ended : l.until(timeOfDay(camera.until_at))}</small></span>
          {!isOver(camera) && <button type="button" class="danger" disabled={isCut.value || act.isBusy} aria-label={`${l.withdraw}: ${camera.name}`} onClick={() => { taking.value = camera; }}>{l.withdraw}</button>}
        </li>
      ))}</ul>}
      {networks.length > 0 && <p><button type="button" data-lend disabled={isCut.value} onClick={() => { isLending.value = true; }}>{l.lend}</button></p>}
      <Trouble of={act.problem} />
      {isLending.value && <LendSheet path={path} networks={networks} onLent={read} onClose={() => { isLending.value = false; }} />}
      {taking.value && (
        <Dialog title={l.withdrawTitle(taking.value.name)} onClose={() => { taking.value = null; }}>
          <p>{l.withdrawLead}</p>
          <div class="sheet-buttons"><button type="button" onClick={() => { taking.value = null; }}>{l.cancel}</button><button type="button" class="danger" data-take-back onClick={() => takeBack(taking.value!)}>{l.withdraw}</button></div>
        </Dialog>
      )}
    </section>
  );
}
