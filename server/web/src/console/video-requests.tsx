import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asProblem, call } from "../api";
import { dayAndTime, timeOfDay } from "../clock";
import { Dialog } from "../dialog";
import { named, said } from "../lang";
import { v } from "../texts/video";
import type { Problem, VideoRequest } from "../wire";
import { feed, me, sheet } from "./seat";

/** Agencies that ask for pictures by a case number: the desk approves or refuses; what waits is counted in the header. */
const requests = signal<VideoRequest[]>([]);

async function reload(): Promise<void> {
  const got = await call<{ requests: VideoRequest[] }>("GET", "/api/video-requests").catch(() => null);
  if (got) requests.value = got.requests;
}

feed.onBanner.video_request = () => void reload();

export function RequestsButton() {
  const isDesk = ["operator", "supervisor"].includes(me.value?.role ?? "");
  useEffect(() => { if (isDesk) void reload(); }, [isDesk]);
  if (!isDesk) return null;
  const waiting = requests.value.filter((one) => one.state === "asked").length;
  return (
    <button type="button" class={waiting > 0 ? "danger" : "quiet"} data-waiting={waiting} onClick={() => { sheet.value = { kind: "requests" }; void reload(); }}>
      {v().requests.button(waiting)}
    </button>
  );
}

function Row({ one }: { one: VideoRequest }) {
  const r = v().requests;
  const problem = useSignal<Problem | null>(null);
  const reason = useSignal<string | null>(null);
  const decide = async (what: "approve" | "refuse") => {
    try {
      await call("POST", `/api/video-requests/${one.request_id}/${what}`, { reason: reason.value?.trim() ?? "" });
      problem.value = null;
    } catch (error) {
      problem.value = asProblem(error);
    }
    await reload();
  };
  return (
    <li data-request={one.state}>
      <p><strong>{named(one.agency)} · {one.case_no}</strong> {r.state[one.state] ?? one.state} · {timeOfDay(one.asked_at)} · {one.area ? r.area : r.place} · {r.until(dayAndTime(one.until_at))}</p>
      <p>{one.reason}</p>
      {one.state === "asked" && reason.value === null && (
        <p class="row"><button type="button" class="primary" onClick={() => void decide("approve")}>{r.approve}</button>
          <button type="button" onClick={() => { reason.value = ""; }}>{r.refuse}</button></p>
      )}
      {one.state === "asked" && reason.value !== null && (
        <form class="row" onSubmit={(event) => { event.preventDefault(); void decide("refuse"); }}>
          <input aria-label={r.reason} placeholder={r.needReason} minLength={2} maxLength={1000} required value={reason.value} onInput={(event) => { reason.value = event.currentTarget.value; }} />
          <button type="submit" class="danger">{r.refuseConfirm}</button>
          <button type="button" onClick={() => { reason.value = null; }}>{v().cancel}</button>
        </form>
      )}
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
    </li>
  );
}

export function RequestsSheet({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={v().requests.title} onClose={onClose} isWide>
      {requests.value.length === 0 && <p class="quiet-text">{v().requests.none}</p>}
      <ul class="requests">{requests.value.map((one) => <Row key={one.request_id} one={one} />)}</ul>
      <div class="sheet-buttons"><button type="button" autofocus onClick={onClose}>{v().close} <kbd aria-hidden="true">Esc</kbd></button></div>
    </Dialog>
  );
}
