import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asProblem, call } from "../api";
import { secondsSince, timeOfDay, toMinute } from "../clock";
import { Dialog } from "../dialog";
import { said } from "../lang";
import { Loaded, Loader, useLoader } from "../loaded";
import { Qr } from "../qr";
import { t } from "../texts/agency";
import type { Problem } from "../wire";
import type { UnitMark } from "../map-units";
import { u } from "../texts/follow-ups";
import { asks, fieldNews, isCut, officersAt, pathOf } from "./desk";
import { FollowUps, StillButton } from "./follow-ups";
import { Icon } from "./icons";
import { isAsked, isFresh, isWorked } from "./state";
import type { Case, Invitation, Message, Officer, Thread } from "./wire";

/** The officers of a case: their links, and the thread with them and the control center. */
const MINUTES = [30, 60, 120, 240, 480];
const STANDING_MS = 5000;
/** About somebody under electronic monitoring there are codes and no words. */
const isWordless = (d: Case) => asks.value.some((one) => one.request_id === d.dispatch_id && one.trigger.startsWith("anklet_"));

function InviteSheet({ of: d, onClose, onMade }: { of: Case; onClose: () => void; onMade: () => void }) {
  const made = useSignal<Invitation | null>(null);
  const problem = useSignal<Problem | null>(null);
  const isBusy = useSignal(false);
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    isBusy.value = true;
    try {
      made.value = await call<Invitation>("POST", `${pathOf(d.dispatch_id)}/responders`,
        { name: String(form.get("name")).trim(), minutes: Number(form.get("minutes")) });
      onMade();
    } catch (error) {
      problem.value = asProblem(error);
    }
    isBusy.value = false;
  };
  if (made.value) return <Once of={made.value} onClose={onClose} />;
  return (
    <Dialog title={t().field.invite} onClose={onClose}>
      <form onSubmit={send}>
        <p>{t().field.lead}</p>
        <p><label for="officer-name">{t().field.name}</label>
          <input id="officer-name" name="name" required maxLength={80} autocomplete="off" placeholder={t().field.nameHint} defaultValue={d.unit} /></p>
        <p><label for="officer-minutes">{t().field.minutes}</label>
          <select id="officer-minutes" name="minutes">{MINUTES.map((n) => <option key={n} value={n} selected={n === 60}>{t().field.minutesN(n)}</option>)}</select></p>
        {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
        <div class="sheet-buttons">
          <button type="button" onClick={onClose}>{t().cancel}</button>
          <button type="submit" class="primary" disabled={isBusy.value}>{isBusy.value ? t().field.making : t().field.make}</button>
        </div>
      </form>
    </Dialog>
  );
}

/** Link and code part ways: the one by the phone's camera, the other by voice. */
function Once({ of: made, onClose }: { of: Invitation; onClose: () => void }) {
  const copied = useSignal(false);
  return (
    <Dialog title={t().field.onceHead} onClose={onClose}>
      <p>{t().field.onceLead}</p>
      <div class="once">
        <Qr class="qr" of={made.qr} label={t().field.qr} />
        <dl>
          <div><dt>{t().field.code}</dt><dd class="code">{made.code.slice(0, 3)} {made.code.slice(3)}</dd></div>
          <div><dt>{t().field.url}</dt><dd class="address">{made.url}</dd></div>
        </dl>
      </div>
      <div class="sheet-buttons">
        <button type="button" onClick={() => void navigator.clipboard?.writeText(made.url).then(() => { copied.value = true; }, () => undefined)}>{copied.value ? t().field.copied : t().field.copy}</button>
        <button type="button" class="primary" onClick={onClose}>{t().field.gotIt}</button>
      </div>
    </Dialog>
  );
}

function Row({ of: one, dispatchId, again }: { of: Officer; dispatchId: string; again: () => void }) {
  const isAsking = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const f = t().field;
  const state = one.over ? f.over[one.over] ?? one.over : one.locked ? f.locked : one.opened ? f.opened : f.waiting;
  const withdraw = async () => {
    isAsking.value = false;
    await call("DELETE", `${pathOf(dispatchId)}/responders/${one.responder_id}`).catch((error) => { problem.value = asProblem(error); });
    again();
  };
  return (
    <li data-officer={one.over ?? (one.opened ? "opened" : "waiting")}>
      <span class="officer"><Icon name={one.over || one.locked ? "no" : one.opened ? "yes" : "clock"} /> <strong>{one.name}</strong></span>
      <small>{state}{!one.over && ` · ${f.untilAt(toMinute(one.ends_at))}`}</small>
      {!one.over && <button type="button" class="quiet" disabled={isCut.value} aria-label={`${f.withdraw}: ${one.name}`} onClick={() => { isAsking.value = true; }}>{f.withdraw}</button>}
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
      {isAsking.value && (
        <Dialog title={f.withdraw} onClose={() => { isAsking.value = false; }}>
          <p>{f.withdrawAsk(one.name)}</p>
          <div class="sheet-buttons">
            <button type="button" onClick={() => { isAsking.value = false; }}>{t().cancel}</button>
            <button type="button" class="danger" onClick={() => void withdraw()}>{f.withdraw}</button>
          </div>
        </Dialog>
      )}
    </li>
  );
}

/** With where they are, for the map. */
async function readOfficers(d: Case): Promise<{ responders: Officer[] }> {
  const got = await call<{ responders: Officer[] }>("GET", `${pathOf(d.dispatch_id)}/responders`);
  const marks = got.responders.flatMap((one): UnitMark[] => one.unit_position
    ? [{ id: one.responder_id, kind: "other", lat: one.unit_position.lat, lon: one.unit_position.lon, label: one.name, isStale: secondsSince(one.unit_position.at) > 60 }] : []);
  officersAt.value = { ...officersAt.peek(), [d.dispatch_id]: marks };
  return got;
}

function Officers({ of: d }: { of: Case }) {
  const isInviting = useSignal(false);
  const officers = useLoader(() => readOfficers(d), d.dispatch_id);
  const news = fieldNews.value[d.incident_id];
  useEffect(() => { if (news) void officers.again(); }, [news, d.state, d.agreement.in_force]);
  useEffect(() => {
    if (!isAsked(d)) return; // of a dispatch the unit's place comes with the case
    const timer = setInterval(() => void officers.again(), STANDING_MS);
    return () => { clearInterval(timer); officersAt.value = { ...officersAt.peek(), [d.dispatch_id]: [] }; };
  }, [d.dispatch_id, isAsked(d)]);
  return (
    <section class="officers" aria-label={t().field.head}>
      <header><h3>{t().field.head}</h3>
        <button type="button" disabled={isCut.value || !d.agreement.in_force} onClick={() => { isInviting.value = true; }}>{t().field.invite}</button></header>
      <Loaded of={officers} isEmpty={(got) => got.responders.length === 0} empty={<p class="quiet-text">{t().field.none} {t().field.lead}</p>}>
        {(got) => <ul>{got.responders.map((one) => <Row key={one.responder_id} of={one} dispatchId={d.dispatch_id} again={() => void officers.again()} />)}</ul>}
      </Loaded>
      {isInviting.value && <InviteSheet of={d} onClose={() => { isInviting.value = false; }} onMade={() => void officers.again()} />}
    </section>
  );
}

type Line = (Message & { kind: "said" }) | { kind: "still"; message_id: string; at: string; of: Thread["stills"][number] };

function lines(got: Thread): Line[] {
  const stills = got.stills.map((one): Line => ({ kind: "still", message_id: one.still_id, at: one.at, of: one }));
  return [...got.messages.map((one): Line => ({ ...one, kind: "said" })), ...stills].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

function Write({ dispatchId, again }: { dispatchId: string; again: () => void }) {
  const text = useSignal("");
  const problem = useSignal<Problem | null>(null);
  const isBusy = useSignal(false);
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!text.value.trim() || isBusy.value) return;
    isBusy.value = true;
    try {
      await call("POST", `${pathOf(dispatchId)}/field/messages`, { text: text.value.trim() });
      text.value = "";
      problem.value = null;
      again();
    } catch (error) {
      problem.value = asProblem(error); // what was written stays
    }
    isBusy.value = false;
  };
  return (
    <form class="write" onSubmit={send}>
      <input id="thread-text" aria-label={t().field.write} placeholder={t().field.write} maxLength={1000} autocomplete="off" value={text.value} onInput={(event) => { text.value = event.currentTarget.value; }} />
      <button type="submit" class="primary" disabled={isBusy.value || isCut.value} aria-label={t().field.send}><Icon name="send" /></button>
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
    </form>
  );
}

function Said({ of: d }: { of: Case }) {
  const thread: Loader<Thread> = useLoader(() => call<Thread>("GET", `${pathOf(d.dispatch_id)}/field`), d.dispatch_id);
  const news = fieldNews.value[d.incident_id];
  useEffect(() => { if (news) void thread.again(); }, [news]);
  return (
    <section class="thread" aria-label={t().field.threadHead}>
      <h3>{t().field.threadHead}</h3>
      <div class="said" tabIndex={0} role="log" aria-label={t().field.threadHead}>
        <Loaded of={thread} isEmpty={(got) => got.messages.length + got.stills.length === 0} empty={<p class="quiet-text">{t().field.threadNone}</p>}>
          {(got) => (
            <ul>
              {lines(got).map((one) => (
                <li key={one.message_id} class={one.kind === "said" ? `by-${one.by}` : "by-still"}>
                  <small>{timeOfDay(one.at)} · {one.kind === "said" ? `${t().field.by[one.by] ?? one.by} ${one.name}` : t().field.by.operator}</small>
                  <p>{one.kind === "said" ? <>{one.asks && <strong>{u().line(u().kinds[one.asks] ?? one.asks)}</strong>} {one.text}</> : <><Icon name="picture" /> {t().field.still(one.of.camera)} {isAsked(d) && <StillButton of={d} still={one.of} />}</>}</p>
                </li>
              ))}
            </ul>
          )}
        </Loaded>
      </div>
      {isWordless(d) ? <p class="quiet-text">{u().wordless}</p> : <Write dispatchId={d.dispatch_id} again={() => void thread.again()} />}
      {isAsked(d) && <FollowUps of={d} again={() => void thread.again()} />}
    </section>
  );
}

export function Field({ of: d }: { of: Case }) {
  if (!isWorked(d)) return <section class="officers"><h3>{t().field.head}</h3><p class="quiet-text">{isFresh(d) ? t().field.acceptFirst : t().field.closed}</p></section>;
  if (!d.agreement.in_force) return <section class="officers"><h3>{t().field.head}</h3><p class="trouble">{t().over[d.agreement.why ?? "ended"]}</p></section>;
  return <><Officers of={d} /><Said of={d} /></>;
}
