import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { askedRows, basisWords, reasonWords, triggerWords } from "../asked";
import { asProblem, call } from "../api";
import { dayAndTime, timeOfDay } from "../clock";
import { Dialog } from "../dialog";
import { named, said } from "../lang";
import { TimeRing } from "../ring";
import { a } from "../texts/asks";
import { t } from "../texts/agency";
import type { Position, Problem } from "../wire";
import { type Ask, caseOf, isAskOpen, sortedAsks } from "./ask-case";
import { AskForm } from "./ask-form";
import { asks, askId, isCut, readAsks, selectAsk } from "./desk";
import { Field } from "./field";
import { Icon } from "./icons";
import { Lent } from "./lent";
import { Pictures } from "./pictures";
import { PlaceMap } from "./place";
import { Rights } from "./rights";

/** "Our requests": what the agency asks a center for, how it stands, what it opened, and what was shown by it. */
const LOOK_MS = 15_000;
const ICON: Record<string, string> = { received: "fresh", accepted: "yes", rejected: "no", cancelled: "stopped", ended: "done", expired: "clock", refused: "no" };

function StateOf({ of: one }: { of: Ask }) {
  return <span class={`mark ask-state ask-${one.state}`}><Icon name={ICON[one.state] ?? "accepted"} /> {a().state[one.state] ?? one.state}</span>;
}

function Row({ of: one }: { of: Ask }) {
  const isOn = askId.value === one.request_id;
  return (
    <li class={`card ask-card ask-${one.state}${isAskOpen(one) ? "" : " card-over"}${isOn ? " selected" : ""}`} data-request={one.request_id} data-request-state={one.state}>
      <button type="button" class="card-open" aria-current={isOn ? "true" : undefined} onClick={() => selectAsk(one.request_id)}>
        <span class="row"><StateOf of={one} /></span>
        <strong class="who">{triggerWords(one.trigger)}</strong>
        <span class="fact">{one.is_drill ? `[${t().drill}] ` : ""}{named(one.center)}{one.case_no ? ` · ${one.case_no}` : ""}</span>
        <span class="fact">{timeOfDay(one.received_at)}{one.reason ? ` · ${reasonWords(one.reason)}` : ""}</span>
      </button>
    </li>
  );
}

export function AskList() {
  const isAsking = useSignal(false);
  const all = sortedAsks(asks.value);
  const open = all.filter(isAskOpen);
  const over = all.filter((one) => !isAskOpen(one));
  return (
    <section class="own-asks" aria-labelledby="asks-head">
      <h2 id="asks-head">{a().desk.head} <small>{open.length}</small></h2>
      <button type="button" class="primary new-ask" disabled={isCut.value} onClick={() => { isAsking.value = true; }}>{a().desk.create}</button>
      {open.length === 0 ? <div class="empty"><p>{a().desk.none}</p><p>{a().desk.noneHint}</p></div> : <ul>{open.map((one) => <Row key={one.request_id} of={one} />)}</ul>}
      {over.length > 0 && <details class="asks-over"><summary>{a().desk.ended} ({over.length})</summary><ul>{over.map((one) => <Row key={one.request_id} of={one} />)}</ul></details>}
      {isAsking.value && <AskForm onClose={() => { isAsking.value = false; }} />}
    </section>
  );
}

function Cancel({ of: one }: { of: Ask }) {
  const isSure = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const d = a().desk;
  const send = async () => {
    isSure.value = false;
    await call("POST", `/api/agency/requests/${one.request_id}/cancel`, {}).catch((error: unknown) => { problem.value = asProblem(error); });
    await readAsks();
  };
  return (
    <>
      <button type="button" data-ask-cancel disabled={isCut.value} onClick={() => { isSure.value = true; }}>{d.takeBack}</button>
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
      {isSure.value && (
        <Dialog title={d.takeBack} onClose={() => { isSure.value = false; }}>
          <p>{d.takeBackAsk}</p>
          <div class="sheet-buttons">
            <button type="button" onClick={() => { isSure.value = false; }}>{d.no}</button>
            <button type="button" class="danger" data-confirm-cancel onClick={() => void send()}>{d.yes}</button>
          </div>
        </Dialog>
      )}
    </>
  );
}

function Released({ of: one }: { of: Ask }) {
  const d = a().desk;
  return (
    <section class="asks-released" aria-label={d.released}>
      <h3>{d.released}</h3>
      {one.released.length === 0 ? <p class="quiet-text">{d.releasedNone}</p> : (
        <ul>{one.released.map((line) => (
          <li key={`${line.kind}${line.camera_id}`} data-released={line.kind}>
            <strong>{d.kind[line.kind] ?? line.kind}</strong> {line.name ?? ""} <small>{timeOfDay(line.since)}–{line.until ? timeOfDay(line.until) : d.still} · {d.times(line.times)}</small>
          </li>
        ))}</ul>
      )}
    </section>
  );
}

function History({ of: one }: { of: Ask }) {
  return (
    <section class="asks-history" aria-label={a().desk.history}>
      <h3>{a().desk.history}</h3>
      <ol>{one.history.map((line) => <li key={line.seq}><span class="timer">{timeOfDay(line.at)}</span> <strong>{a().state[line.state] ?? line.state}</strong>{line.reason ? ` · ${reasonWords(line.reason)}` : ""}{line.state === "accepted" && line.ends_at ? ` · ${a().desk.until(timeOfDay(line.ends_at))}` : ""}</li>)}</ol>
    </section>
  );
}

function placeWords({ lat, lon, accuracy_m, fixed_at }: Position): string {
  return `${lat.toFixed(5)}, ${lon.toFixed(5)} · ${t().accuracy(Math.round(accuracy_m))} · ${timeOfDay(fixed_at)}`;
}

function Subject({ of: one }: { of: Ask }) {
  const rows = [...(one.state === "accepted" && one.position ? [[t().place, placeWords(one.position)]] : []), ...askedRows(one.trigger, one.subject, one.area).map((row) => [row.label, row.words]), [a().desk.basis, basisWords(one.legal_basis)], [a().desk.branch, one.branch || "—"], [a().desk.raised, dayAndTime(one.raised_at)]];
  return <section aria-label={a().desk.subject}><h3>{a().desk.subject}</h3><dl class="facts">{rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl></section>;
}

export function AskDetail({ of: one }: { of: Ask }) {
  const shown = caseOf(one);
  const isOn = one.state === "accepted";
  useEffect(() => {
    if (!isOn) return;
    const timer = setInterval(() => void readAsks(), LOOK_MS); // the place moves on; everything else is told by the feed
    return () => clearInterval(timer);
  }, [one.request_id, isOn]);
  const d = a().desk;
  const dark = isOn ? null : { code: one.state, text: d.dark[one.state] ?? d.dark.ended! };
  return (
    <section class="detail ask-detail" aria-labelledby="detail-head" data-request={one.request_id} data-request-state={one.state}>
      {one.is_drill && <p class="banner drill">{a().console.drill}</p>}
      <header class="case ask-head">
        <div>
          <h2 id="detail-head" tabIndex={-1}>{triggerWords(one.trigger)} {one.case_no}</h2>
          <p class="case-line"><StateOf of={one} /><span>{named(one.center)}</span>{one.reason && <span>{reasonWords(one.reason)}</span>}</p>
        </div>
        {isOn && one.ends_at && <TimeRing label={a().console.untilEnd} from={one.decided_at ?? one.received_at} until={one.ends_at} words={a().left} />}
        {isAskOpen(one) && <Cancel of={one} />}
      </header>
      {one.state === "received" && <p class="banner" role="status">{d.waiting}{one.center.callback ? ` · ${d.callCenter(one.center.callback)}` : ""}</p>}
      <div class="columns">
        <div class="left"><Subject of={one} />{isOn && <Rights of={shown} />}</div>
        <PlaceMap of={shown} dark={isOn ? null : d.placeDark[one.state] ?? d.placeDark.ended!} />
        <div class="right">{isOn && !one.is_drill && <Field key={one.request_id} of={shown} />}{isAskOpen(one) && !one.is_drill && !one.trigger.startsWith("anklet_") && <Lent of={one} />}<Released of={one} /><History of={one} /></div>
      </div>
      <Pictures of={shown} dark={dark} />
    </section>
  );
}
