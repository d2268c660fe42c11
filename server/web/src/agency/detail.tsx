import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { secondsSince, timeOfDay } from "../clock";
import { Dialog } from "../dialog";
import { named, said } from "../lang";
import { createMap, type SeatMap } from "../map";
import { t } from "../texts/agency";
import { Tile } from "../tile";
import type { AgencyDispatch, CameraTicket, Problem } from "../wire";
import { act, acting, askPictures, isFresh, isOver, me, pictures, type Step } from "./desk";

const STALE_S = 15;

function Age({ dispatch }: { dispatch: AgencyDispatch }) {
  if (!dispatch.position) return <span class="warn">{t().noPosition}</span>;
  const age = secondsSince(dispatch.position.fixed_at);
  return <span class={age > STALE_S ? "warn" : ""}>{age > STALE_S ? "◌ " : ""}{t().ageWords(age)} ({timeOfDay(dispatch.position.fixed_at)})</span>;
}

function Facts({ dispatch: d }: { dispatch: AgencyDispatch }) {
  const rows: [string, preact.ComponentChildren][] = [
    [t().caller, <strong>{d.caller?.name || "—"}</strong>],
    [t().phone, d.caller?.phone || "—"],
    [t().place, d.position ? `${named(d.center)} · ${d.position.lat.toFixed(5)}, ${d.position.lon.toFixed(5)} · ${t().accuracy(Math.round(d.position.accuracy_m))}` : named(d.center)],
    [t().age, <Age dispatch={d} />],
    [t().note, d.note || "—"],
    [t().opened, timeOfDay(d.opened_at)],
    [t().requested, d.times.requested ? timeOfDay(d.times.requested) : "—"],
    [t().basis, t().basisText[d.legal_basis] ?? d.legal_basis],
  ];
  return <dl class="facts">{rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

function Decline({ dispatch, onClose }: { dispatch: AgencyDispatch; onClose: () => void }) {
  const reason = useSignal("");
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    void act(dispatch.dispatch_id, "decline", { receipt_no: "", reason: reason.value.trim() });
    onClose();
  };
  return (
    <Dialog title={t().declineTitle} onClose={onClose}>
      <form onSubmit={send}>
        <p>{t().declineLead}</p>
        <label for="reason">{t().reason}</label>
        <textarea id="reason" rows={3} maxLength={500} required onInput={(event) => { reason.value = event.currentTarget.value; }} />
        <div class="sheet-buttons">
          <button type="button" onClick={onClose}>{t().cancel}</button>
          <button type="submit" class="danger" disabled={!reason.value.trim()}>{t().declineConfirm}</button>
        </div>
      </form>
    </Dialog>
  );
}

/** Only the step that comes next is offered, at the same place. */
const NEXT: Record<string, Step> = {
  requested: "accept", delivered: "accept", accepted: "en_route", en_route: "on_scene", on_scene: "done",
};

function Steps({ dispatch }: { dispatch: AgencyDispatch }) {
  const receipt = useSignal("");
  const isDeclining = useSignal(false);
  const doing = acting.value[dispatch.dispatch_id];
  const next = dispatch.open ? NEXT[dispatch.state] : undefined;
  const isSending = doing === "sending";
  return (
    <div class="steps">
      {isFresh(dispatch) && (
        <div class="receipt-field">
          <label for="receipt">{t().receiptNo}</label>
          <input id="receipt" maxLength={40} autocomplete="off" placeholder={t().receiptHint} onInput={(event) => { receipt.value = event.currentTarget.value; }} />
        </div>
      )}
      {next && (
        <button type="button" class="big primary" disabled={isSending} data-step={next}
          onClick={() => void act(dispatch.dispatch_id, next, { receipt_no: receipt.value.trim(), reason: "" })}>
          {isSending ? t().sending : t()[next]}
        </button>
      )}
      {isFresh(dispatch) && <button type="button" class="big" disabled={isSending} onClick={() => { isDeclining.value = true; }}>{t().decline}</button>}
      {doing && doing !== "sending" && <p class="trouble" role="status">{said(doing)}</p>}
      {isDeclining.value && <Decline dispatch={dispatch} onClose={() => { isDeclining.value = false; }} />}
    </div>
  );
}

function VideoButton({ dispatch }: { dispatch: AgencyDispatch }) {
  const held = pictures.value[dispatch.dispatch_id];
  return (
    <button type="button" class="video" disabled={!dispatch.may_view_live || isOver(dispatch) || held?.isAsking}
      onClick={() => void askPictures(dispatch.dispatch_id)}>
      {held?.isAsking ? t().videoAsking : held?.tickets.length ? t().videoAgain : t().video}
    </button>
  );
}

/** A desk asks for all its pictures together; the tile that asked takes its own. */
async function renewOne(dispatchId: string, cameraId: string): Promise<CameraTicket | Problem> {
  const answer = await askPictures(dispatchId);
  if (!Array.isArray(answer)) return answer;
  return answer.find((ticket) => ticket.camera_id === cameraId)
    ?? { code: "not_chosen", message_ko: "이 카메라는 더 이상 가까이에 있지 않습니다.", message_en: "This camera is no longer near." };
}

function Pictures({ dispatch }: { dispatch: AgencyDispatch }) {
  const held = pictures.value[dispatch.dispatch_id];
  const large = useSignal<string | null>(null);
  const viewer = me.value ? `${me.value.name} ${me.value.login}` : "";
  const words = held?.problem ? t().refused[held.problem.code] ?? said(held.problem)
    : !dispatch.open ? t().closed : isFresh(dispatch) ? t().acceptFirst : !dispatch.may_view_live ? t().mayNot
      : held?.isAsking ? t().videoAsking : held ? t().videoNone : t().videoHint;
  return (
    <section class="pictures" aria-label={t().videoHead}>
      <h3>{t().videoHead}</h3>
      {(held?.problem || !held?.tickets.length) && <p class={held?.problem ? "trouble" : "quiet-text"} role="status" data-refused={held?.problem?.code}>{words}</p>}
      <div class={`tiles${large.value ? " one" : ""}`}>
        {held?.tickets.filter((ticket) => !large.value || ticket.camera_id === large.value).map((ticket) => (
          <Tile key={ticket.camera_id} camera={ticket} ticket={ticket} viewer={viewer} texts={t().tile} metres={t().metres}
            isLarge={large.value !== null} renew={() => renewOne(dispatch.dispatch_id, ticket.camera_id)}
            onEnlarge={() => { large.value = large.peek() ? null : ticket.camera_id; }} />
        ))}
      </div>
    </section>
  );
}

function Map({ dispatch }: { dispatch: AgencyDispatch }) {
  const element = useRef<HTMLDivElement>(null);
  const map = useRef<SeatMap | null>(null);
  const following = useSignal(true);
  const cameras = pictures.value[dispatch.dispatch_id]?.tickets ?? [];
  const age = dispatch.position ? secondsSince(dispatch.position.fixed_at) : 0;
  const stale = age > STALE_S;
  useEffect(() => {
    const place = dispatch.position ?? me.peek()?.map ?? { lat: 37.39, lon: 126.95 };
    map.current = createMap(element.current!, {
      center: { lat: place.lat, lon: place.lon, zoom: 16 }, theme: "dark", attribution: t().attribution,
      onFollowing: (next) => { following.value = next; },
    });
    return () => map.current?.close();
  }, []);
  useEffect(() => map.current?.showCaller(dispatch.position, stale, stale ? t().stale(t().ageWords(age)) : ""), [dispatch.position, stale, stale && age]);
  useEffect(() => map.current?.showTrack(dispatch.track), [dispatch.track]);
  useEffect(() => map.current?.showChosen(cameras, null), [cameras]);
  return (
    <div class="map">
      <div class="canvas" ref={element} role="group" aria-label={t().mapLabel} />
      <p class="over no-streets">{t().noStreets}</p>
      <div class="over map-buttons">
        {!following.value && <button type="button" class="primary" onClick={() => map.current?.follow()}>{t().follow}</button>}
        <button type="button" disabled={!dispatch.position} onClick={() => map.current?.fit()}>{t().fit}</button>
      </div>
    </div>
  );
}

export function Detail({ dispatch: d }: { dispatch: AgencyDispatch }) {
  return (
    <section class="detail" aria-labelledby="detail-head" data-dispatch={d.dispatch_id} data-state={d.state}>
      <header class="case">
        <h2 id="detail-head">{t().case} {d.case_no}</h2>
        <VideoButton dispatch={d} />
        <span class={`mark ${isFresh(d) ? "mark-received" : ""}`}>{t().state[d.state] ?? d.state}{d.is_overdue && isFresh(d) ? ` · ${t().overdue}` : ""}</span>
        {d.receipt_no && <span class="receipt">{t().receipt} <strong>{d.receipt_no}</strong></span>}
      </header>
      {!d.open && <p class="banner">{t().closed}</p>}
      <div class="columns">
        <div class="left"><Steps dispatch={d} /><Facts dispatch={d} /></div>
        {d.open && <Map dispatch={d} />}
      </div>
      <Pictures dispatch={d} />
    </section>
  );
}
