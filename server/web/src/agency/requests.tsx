import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asProblem, call } from "../api";
import { dayAndTime, now, timeOfDay } from "../clock";
import { Dialog } from "../dialog";
import { offset } from "../geo";
import { said } from "../lang";
import { t } from "../texts/agency";
import { q } from "../texts/requests";
import { v } from "../texts/video";
import type { Problem, VideoRequest } from "../wire";
import { link, me, requestNews } from "./desk";

/** Asking a center for pictures by one's own case number; what is approved comes as a dispatch with pictures. */
const KINDS = ["112", "119", "disaster"];
const RADII_M = [0, 200, 500, 1000];
const HOURS = [1, 3, 6, 12, 24];
const CORNERS = 24;
const requests = signal<VideoRequest[]>([]);

async function reload(): Promise<void> {
  const got = await call<{ requests: VideoRequest[] }>("GET", "/api/agency/video-requests").catch(() => null);
  if (got) requests.value = got.requests;
}

/** "112-20261122-00001": the kind and the day are known, the number is theirs. */
function caseStart(kind: string): string {
  const day = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Seoul" }).format(now.peek()).replaceAll("-", "");
  return `${kind.toUpperCase()}-${day}-`;
}

interface Wish { caseNo: string; reason: string; lat: string; lon: string; radiusM: number; hours: number; basis: string }

function circle(lat: number, lon: number, radiusM: number): object {
  const ring = Array.from({ length: CORNERS }, (_, at) => offset({ lat, lon }, (360 / CORNERS) * at, radiusM)).map((p) => [p.lon, p.lat]).reverse();
  return { type: "Polygon", coordinates: [[...ring, ring[0]]] };
}

function send(wish: Wish): Promise<unknown> {
  const [lat, lon] = [Number(wish.lat), Number(wish.lon)];
  return call("POST", "/api/agency/video-requests", {
    case_no: wish.caseNo.trim(), basis: wish.basis, reason: wish.reason.trim(),
    until_at: new Date(now.peek() + wish.hours * 3_600_000 - 60_000).toISOString(),
    ...(wish.radiusM === 0 ? { place: { lat, lon } } : { area: circle(lat, lon, wish.radiusM) }),
  });
}

function AskForm({ kind }: { kind: string }) {
  const wish = useSignal<Wish>({ caseNo: caseStart(kind), reason: "", lat: "", lon: "", radiusM: 0, hours: 1, basis: "pipa-18-2-3" });
  const problem = useSignal<Problem | null>(null);
  const sent = useSignal(false);
  const bases = problem.value?.allowed ?? Object.keys(t().basisText);
  const set = (change: Partial<Wish>) => { wish.value = { ...wish.value, ...change }; sent.value = false; };
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      await send(wish.value);
      problem.value = null;
      sent.value = true;
      wish.value = { ...wish.value, caseNo: caseStart(kind), reason: "" };
    } catch (error) {
      problem.value = asProblem(error);
      if (problem.value.allowed?.[0]) wish.value = { ...wish.value, basis: problem.value.allowed[0] };
    }
    await reload();
  };
  const text = (name: "caseNo" | "reason" | "lat" | "lon", label: string, more: object) => (
    <p><label for={`ask-${name}`}>{label}</label>
      <input id={`ask-${name}`} required autocomplete="off" value={wish.value[name]} onInput={(event) => set({ [name]: event.currentTarget.value })} {...more} /></p>
  );
  return (
    <form onSubmit={submit}>
      <p>{q().lead}</p>
      <div class="two">
        {text("caseNo", q().caseNo, { maxLength: 40 })}
        <p><label for="ask-basis">{t().basis}</label>
          <select id="ask-basis" onChange={(event) => set({ basis: event.currentTarget.value })}>
            {bases.map((code) => <option key={code} value={code} selected={code === wish.value.basis}>{t().basisText[code] ?? code}</option>)}
          </select></p>
        {text("lat", q().lat, { inputMode: "decimal", pattern: "-?[0-9]{1,2}(\\.[0-9]+)?" })}
        {text("lon", q().lon, { inputMode: "decimal", pattern: "-?[0-9]{1,3}(\\.[0-9]+)?" })}
        <p><label for="ask-radius">{q().radius}</label>
          <select id="ask-radius" onChange={(event) => set({ radiusM: Number(event.currentTarget.value) })}>
            {RADII_M.map((m) => <option key={m} value={m}>{m === 0 ? q().point : q().within(t().metres(m))}</option>)}
          </select></p>
        <p><label for="ask-hours">{q().until}</label>
          <select id="ask-hours" onChange={(event) => set({ hours: Number(event.currentTarget.value) })}>
            {HOURS.map((hours) => <option key={hours} value={hours}>{q().hours(hours)}</option>)}
          </select></p>
      </div>
      {text("reason", q().reason, { minLength: 5, maxLength: 1000 })}
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
      {sent.value && <p role="status" class="safe">{q().sent}</p>}
      <div class="sheet-buttons"><button type="submit" class="primary">{q().send}</button></div>
    </form>
  );
}

function Row({ one }: { one: VideoRequest }) {
  const problem = useSignal<Problem | null>(null);
  const withdraw = async () => {
    await call("DELETE", `/api/agency/video-requests/${one.request_id}`).catch((error) => { problem.value = asProblem(error); });
    await reload();
  };
  return (
    <li data-request={one.state}>
      <p><strong>{one.case_no}</strong> {v().requests.state[one.state] ?? one.state} · {timeOfDay(one.asked_at)} · {v().requests.until(dayAndTime(one.until_at))}</p>
      <p>{one.reason}</p>
      {one.answer && <p>{q().answer}: {one.answer}</p>}
      {one.state === "approved" && <p>{q().approvedHint}</p>}
      {(one.state === "asked" || one.state === "approved") && <button type="button" onClick={() => void withdraw()}>{one.state === "asked" ? q().withdraw : q().finish}</button>}
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
    </li>
  );
}

export function RequestsSheet({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={q().title} onClose={onClose} isWide>
      <AskForm kind={me.value?.agency?.kind ?? "112"} />
      <h3>{q().own}</h3>
      {requests.value.length === 0 && <p class="quiet-text">{q().none}</p>}
      <ul class="requests">{requests.value.map((one) => <Row key={one.request_id} one={one} />)}</ul>
      <div class="sheet-buttons"><button type="button" onClick={onClose}>{v().close} <kbd aria-hidden="true">Esc</kbd></button></div>
    </Dialog>
  );
}

/** Only kinds of agencies that may ask at all have the button. */
export function RequestButton() {
  const isOpen = useSignal(false);
  const mayAsk = KINDS.includes(me.value?.agency?.kind ?? "");
  const state = link.state.value;
  useEffect(() => { if (mayAsk && state === "live") void reload(); }, [mayAsk, state, requestNews.value]);
  if (!mayAsk) return null;
  const waiting = requests.value.filter((one) => one.state === "asked").length;
  return (
    <>
      <button type="button" class="quiet" onClick={() => { isOpen.value = true; }}>{q().button(waiting)}</button>
      {isOpen.value && <RequestsSheet onClose={() => { isOpen.value = false; }} />}
    </>
  );
}
