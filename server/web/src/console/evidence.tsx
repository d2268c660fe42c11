import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asProblem, call } from "../api";
import { dayAndTime, now, timeOfDay } from "../clock";
import { Dialog } from "../dialog";
import { said } from "../lang";
import { v } from "../texts/video";
import type { EvidencePackage, IncidentCard, Problem, Recording } from "../wire";
import { since } from "./facts";
import { mayAct } from "./feed";
import { me, sheet } from "./seat";

/** Recordings out of the house: a supervisor's order for a named recipient, its password told once, its end in sight. */
const LOOK_AGAIN_MS = 2000;
const LONGEST_MS = 30 * 60_000;
const LIVES_H = [1, 24, 72, 168];

export function EvidenceButton({ card }: { card: IncidentCard }) {
  if (me.value?.role !== "supervisor" || card.is_drill) return null;
  return <button type="button" class="quiet evidence-button" disabled={!mayAct(card)} title={v().evidence.openOnly} onClick={() => { sheet.value = { kind: "evidence" }; }}>{v().evidence.button}</button>;
}

/** A moment as a local input wants it, in Korean time, and back. */
const SEOUL_MS = 9 * 3_600_000;
const local = (ms: number) => new Date(ms + SEOUL_MS).toISOString().slice(0, 19);
const moment = (text: string) => Date.parse(`${text}+09:00`);

interface Order { cameras: string[]; from: number; until: number; reason: string; name: string; agency: string; caseNo: string; hours: number }

function isGood(order: Order): boolean {
  const length = order.until - order.from;
  return order.cameras.length > 0 && length > 0 && length <= LONGEST_MS;
}

function place(path: string, order: Order): Promise<{ package: EvidencePackage; password: string }> {
  return call("POST", path, {
    camera_ids: order.cameras, from_at: new Date(order.from).toISOString(), until_at: new Date(order.until).toISOString(),
    reason: order.reason.trim(), recipient: { name: order.name.trim(), agency: order.agency.trim(), case_no: order.caseNo.trim() },
    expires_at: new Date(now.peek() + order.hours * 3_600_000 - 60_000).toISOString(),
  });
}

/** Inputs of an order; each change is the parent's. */
function OrderFields({ order, recordings }: { order: Signal<Order>; recordings: Recording[] }) {
  const e = v().evidence;
  const set = (change: Partial<Order>) => { order.value = { ...order.value, ...change }; };
  const pick = (id: string, isOn: boolean) => set({ cameras: isOn ? [...order.value.cameras, id] : order.value.cameras.filter((one) => one !== id) });
  const text = (name: "reason" | "name" | "agency" | "caseNo", label: string, most: number, required = true) => (
    <p><label for={`evidence-${name}`}>{label}</label>
      <input id={`evidence-${name}`} maxLength={most} required={required} minLength={name === "reason" ? 2 : undefined} autocomplete="off" value={order.value[name]} onInput={(event) => set({ [name]: event.currentTarget.value })} /></p>
  );
  return (
    <>
      <fieldset>
        <legend>{e.cameras}</legend>
        {recordings.map((one) => (
          <label class="choice" key={one.camera_id}>
            <input type="checkbox" checked={order.value.cameras.includes(one.camera_id)} onChange={(event) => pick(one.camera_id, event.currentTarget.checked)} />
            {one.name || one.camera_id} <small>{one.begin_at && one.end_at ? `${timeOfDay(one.begin_at)}–${timeOfDay(one.end_at)}` : "—"}</small>
          </label>
        ))}
      </fieldset>
      <div class="two">
        <p><label for="evidence-from">{e.from}</label><input id="evidence-from" type="datetime-local" step="1" required value={local(order.value.from)} onChange={(event) => set({ from: moment(event.currentTarget.value) })} /></p>
        <p><label for="evidence-until">{e.until}</label><input id="evidence-until" type="datetime-local" step="1" required value={local(order.value.until)} onChange={(event) => set({ until: moment(event.currentTarget.value) })} /></p>
        {text("name", e.recipient, 80)}
        {text("agency", e.agency, 80)}
        {text("caseNo", e.caseNo, 80, false)}
        <p><label for="evidence-hours">{e.expires}</label>
          <select id="evidence-hours" onChange={(event) => set({ hours: Number(event.currentTarget.value) })}>
            {LIVES_H.map((hours) => <option key={hours} value={hours} selected={hours === order.value.hours}>{e.hours(hours)}</option>)}
          </select></p>
      </div>
      {text("reason", e.reason, 300)}
    </>
  );
}

function Password({ password, done }: { password: string; done: () => void }) {
  const e = v().evidence;
  const copied = useSignal(false);
  return (
    <div class="banner password" role="alert">
      <p>{e.passwordHead}</p>
      <p><code data-password>{password}</code></p>
      <p class="quiet-text">{e.passwordLead}</p>
      <p>
        <button type="button" onClick={() => { void navigator.clipboard?.writeText(password).then(() => { copied.value = true; }, () => undefined); }}>{copied.value ? e.copied : e.copy}</button>
        <button type="button" onClick={done}>{e.gotIt}</button>
      </p>
    </div>
  );
}

function Packages({ path, list, reload }: { path: string; list: EvidencePackage[]; reload: () => Promise<void> }) {
  const e = v().evidence;
  const problem = useSignal<Problem | null>(null);
  const withdraw = async (one: EvidencePackage) => {
    await call("DELETE", `${path}/${one.package_id}`).catch((error) => { problem.value = asProblem(error); });
    await reload();
  };
  return (
    <section class="packages" aria-labelledby="packages-head">
      <h3 id="packages-head">{e.list}</h3>
      {list.length === 0 && <p class="quiet-text">{e.none}</p>}
      <ul>
        {list.map((one) => (
          <li key={one.package_id} data-package={one.state}>
            <span>
              <strong>{e.state[one.state]}</strong> {one.recipient && e.forWhom(one.recipient.name, one.recipient.agency)} · {timeOfDay(one.from_at)}–{timeOfDay(one.until_at)} · {e.until_(dayAndTime(one.expires_at))}
              {one.state === "making" && <progress max={1} value={one.progress} aria-label={e.state.making} />}
              {one.problem && <span class="trouble"> {e.trouble[one.problem] ?? one.problem}</span>}
            </span>
            {one.state === "ready" && one.made_by === me.value?.account_id && <a class="button" href={`${path}/${one.package_id}/file`} download>{e.download}</a>}
            {one.state !== "ended" && <button type="button" title={e.withdrawn} onClick={() => void withdraw(one)}>{e.withdraw}</button>}
          </li>
        ))}
      </ul>
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
    </section>
  );
}

function useEvidence(card: IncidentCard) {
  const path = `/api/incidents/${card.incident_id}/evidence`;
  const recordings = useSignal<Recording[] | null>(null);
  const list = useSignal<EvidencePackage[]>([]);
  const problem = useSignal<Problem | null>(null);
  const reload = async () => {
    await call<{ packages: EvidencePackage[] }>("GET", path).then((got) => { list.value = got.packages; }, (error) => { problem.value = asProblem(error); });
  };
  useEffect(() => {
    void reload();
    call<{ recordings: Recording[] }>("GET", `/api/incidents/${card.incident_id}/recordings`).then(
      (got) => { recordings.value = got.recordings.filter((one) => one.begin_at); }, (error) => { problem.value = asProblem(error); });
    const timer = window.setInterval(() => { if (list.peek().some((one) => one.state === "waiting" || one.state === "making")) void reload(); }, LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  return { path, recordings, list, problem, reload };
}

export function EvidenceSheet({ card, onClose }: { card: IncidentCard; onClose: () => void }) {
  const e = v().evidence;
  const { path, recordings, list, problem, reload } = useEvidence(card);
  const password = useSignal("");
  const until = now.peek();
  const order = useSignal<Order>({
    cameras: [], from: Math.max(Date.parse(since(card)) - 5 * 60_000, until - LONGEST_MS), until, reason: "", name: "", agency: "", caseNo: "", hours: 24,
  });
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      password.value = (await place(path, order.value)).password;
      problem.value = null;
    } catch (error) {
      problem.value = asProblem(error);
    }
    await reload();
  };
  return (
    <Dialog title={e.title} onClose={onClose} isWide>
      <p>{e.lead}</p>
      {password.value && <Password password={password.value} done={() => { password.value = ""; }} />}
      <Packages path={path} list={list.value} reload={reload} />
      {recordings.value?.length === 0 && <p class="banner">{e.noRecordings}</p>}
      {recordings.value && recordings.value.length > 0 && !password.value && mayAct(card) && (
        <form onSubmit={send}>
          <OrderFields order={order} recordings={recordings.value} />
          <p class="quiet-text">{v().basis}</p>
          {!isGood(order.value) && <p class="quiet-text">{e.invalid}</p>}
          <div class="sheet-buttons"><button type="submit" class="primary" disabled={!isGood(order.value)}>{e.make}</button></div>
        </form>
      )}
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
      <div class="sheet-buttons"><button type="button" onClick={onClose}>{v().close} <kbd aria-hidden="true">Esc</kbd></button></div>
    </Dialog>
  );
}
