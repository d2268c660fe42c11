import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { asProblem, call } from "../api";
import { dayAndTime, now, secondsSince, stopwatch, timeOfDay } from "../clock";
import { Dialog } from "../dialog";
import { said } from "../lang";
import { Loaded } from "../loaded";
import type { Where } from "../map-draw";
import { t } from "../texts/agency";
import { q } from "../texts/requests";
import type { Problem } from "../wire";
import { AreaMap, MOST_KM2 } from "./area-map";
import { cases, isCut, link, me, requestNews, select } from "./desk";
import { ASKING_KINDS, loader, requests } from "./requests-state";
import type { Request } from "./wire";

/** Asking a center for pictures by one's own case number; what is approved comes as a case with pictures. */
const HOURS = [1, 3, 6, 12, 24];

/** "112-20261122-": the kind and the day are known, the number is theirs. */
function caseStart(kind: string): string {
  const day = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Seoul" }).format(now.peek()).replaceAll("-", "");
  return `${kind}-${day}-`;
}

interface Wish { caseNo: string; reason: string; hours: number; basis: string }

function send(wish: Wish, where: Where): Promise<unknown> {
  return call("POST", "/api/agency/video-requests", {
    case_no: wish.caseNo.trim(), basis: wish.basis, reason: wish.reason.trim(),
    until_at: new Date(now.peek() + wish.hours * 3_600_000 - 60_000).toISOString(),
    ...(where.place ? { place: where.place } : { area: where.area }),
  });
}

function useAsking(kind: string) {
  const wish = useSignal<Wish>({ caseNo: caseStart(kind), reason: "", hours: 1, basis: kind === "disaster" ? "pipa-18-2-10" : "pipa-18-2-3" });
  const where = useSignal<Where | null>(null);
  const problem = useSignal<Problem | null>(null);
  const sent = useSignal(false);
  const isBusy = useSignal(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (isBusy.value || !where.value) return;
    isBusy.value = true;
    try {
      await send(wish.value, where.value);
      problem.value = null;
      sent.value = true;
      wish.value = { ...wish.value, caseNo: caseStart(kind), reason: "" };
    } catch (error) {
      problem.value = asProblem(error);
      if (problem.value.code === "legal_basis" && problem.value.allowed?.[0]) wish.value = { ...wish.value, basis: problem.value.allowed[0] };
    }
    isBusy.value = false;
    void loader.again();
  };
  return { wish, where, problem, sent, isBusy, submit };
}

function AskForm({ kind, children }: { kind: string; children: ComponentChildren }) {
  const { wish, where, problem, sent, isBusy, submit } = useAsking(kind);
  const set = (change: Partial<Wish>) => { wish.value = { ...wish.value, ...change }; sent.value = false; };
  const bases = problem.value?.code === "legal_basis" && problem.value.allowed ? problem.value.allowed : Object.keys(t().basisText);
  const isTooBig = (where.value?.km2 ?? 0) > MOST_KM2;
  return (
    <form class="ask" onSubmit={submit}>
      <AreaMap where={where} />
      <div class="ask-words">
        <p>{q().lead}</p>
        <p><label for="ask-caseNo">{q().caseNo}</label>
          <input id="ask-caseNo" required autocomplete="off" maxLength={40} value={wish.value.caseNo} aria-describedby="case-hint" onInput={(event) => set({ caseNo: event.currentTarget.value })} />
          <small id="case-hint">{q().caseHint(kind)}</small></p>
        <p><label for="ask-reason">{q().reason}</label>
          <textarea id="ask-reason" required rows={3} minLength={5} maxLength={1000} value={wish.value.reason} onInput={(event) => set({ reason: event.currentTarget.value })} /></p>
        <p><label for="ask-basis">{t().basis}</label>
          <select id="ask-basis" onChange={(event) => set({ basis: event.currentTarget.value })}>
            {bases.map((code) => <option key={code} value={code} selected={code === wish.value.basis}>{t().basisText[code] ?? code}</option>)}
          </select></p>
        <p><label for="ask-hours">{q().until}</label>
          <select id="ask-hours" onChange={(event) => set({ hours: Number(event.currentTarget.value) })}>
            {HOURS.map((hours) => <option key={hours} value={hours} selected={hours === wish.value.hours}>{q().hours(hours)}</option>)}
          </select></p>
        {problem.value && <p class="trouble" role="alert" data-problem={problem.value.code}>{said(problem.value)}</p>}
        {sent.value && <p role="status" class="banner safe">{q().sent}</p>}
        {!where.value && !sent.value && <p class="quiet-text">{q().needWhere}</p>}
        <button type="submit" class="primary big" disabled={isBusy.value || !where.value || isTooBig || isCut.value}>{isBusy.value ? q().sending : q().send}</button>
        {children}
      </div>
    </form>
  );
}

function Times({ of: one }: { of: Request }) {
  if (one.state === "asked") return <span class="timer">{q().waited(stopwatch(secondsSince(one.asked_at)))}</span>;
  if (one.state !== "approved") return <span>{one.ended_at ? timeOfDay(one.ended_at) : ""}</span>;
  const leftS = Math.max(0, Math.floor((Date.parse(one.until_at) - now.value) / 1000));
  return <span class={`timer${leftS < 600 ? " warn" : ""}`}>{q().left(stopwatch(leftS))}</span>;
}

function Row({ of: one, onClose }: { of: Request; onClose: () => void }) {
  const problem = useSignal<Problem | null>(null);
  const isOpen = one.state === "asked" || one.state === "approved";
  const withdraw = async () => {
    await call("DELETE", `/api/agency/video-requests/${one.request_id}`).catch((error) => { problem.value = asProblem(error); });
    void loader.again();
  };
  const mine = cases.value.find((d) => d.dispatch_id === one.dispatch_id);
  return (
    <li data-request={one.state}>
      <p class="row"><strong>{one.case_no}</strong><span class={`chip request-${one.state}`}>{q().state[one.state] ?? one.state}</span><Times of={one} /><small>{q().untilAt(dayAndTime(one.until_at))}</small></p>
      <p>{one.place ? q().tools.point : one.area ? q().tools.polygon : ""} · {one.reason}</p>
      {one.answer && <p>{q().answer}: {one.answer}</p>}
      {one.end_reason && <p class="quiet-text">{q().end[one.end_reason] ?? one.end_reason}</p>}
      <p class="row">
        {mine && isOpen && <button type="button" class="primary" onClick={() => { select(mine.dispatch_id); onClose(); }}>{q().toCase}</button>}
        {isOpen && <button type="button" disabled={isCut.value} onClick={() => void withdraw()}>{one.state === "asked" ? q().withdraw : q().finish}</button>}
      </p>
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
    </li>
  );
}

function RequestsSheet({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={q().title} onClose={onClose} isWide>
      <AskForm kind={me.value?.agency?.kind ?? "112"}>
        <section aria-label={q().own}>
          <h3 class="own-head">{q().own}</h3>
          <Loaded of={loader} isEmpty={(got) => got.length === 0} empty={<p class="quiet-text">{q().none}</p>}>
            {() => <ul class="requests">{requests.value.map((one) => <Row key={one.request_id} of={one} onClose={onClose} />)}</ul>}
          </Loaded>
        </section>
      </AskForm>
      <div class="sheet-buttons"><button type="button" onClick={onClose}>{q().close} <kbd aria-hidden="true">Esc</kbd></button></div>
    </Dialog>
  );
}

/** Only kinds of agencies that may ask at all have the button. */
export function RequestButton() {
  const isOpen = useSignal(false);
  const mayAsk = ASKING_KINDS.includes(me.value?.agency?.kind ?? "");
  const state = link.state.value;
  useEffect(() => { if (mayAsk && state === "live") void loader.again(); }, [mayAsk, state, requestNews.value]);
  if (!mayAsk) return null;
  const waiting = requests.value.filter((one) => one.state === "asked").length;
  return (
    <>
      <button type="button" class="quiet ask-button" onClick={() => { isOpen.value = true; }}>{q().button(waiting)}</button>
      {isOpen.value && <RequestsSheet onClose={() => { isOpen.value = false; }} />}
    </>
  );
}
