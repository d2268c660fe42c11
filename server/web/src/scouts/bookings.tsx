import { useSignal } from "@preact/signals";
import { dayAndTime, secondsSince, stopwatch } from "../clock";
import { Dialog } from "../dialog";
import { lang, said } from "../lang";
import { t } from "../texts/scouts";
import { tell, type Board, type Booking } from "./source";

/** Bookings by time: who, where, which pair, and what the dispatcher can do. */
const CAN_BEGIN = ["assigned", "waiting"];
const CAN_CALL_OFF = ["booked", "assigned", "waiting", "accompanying"];

function Assign({ of, board, onTrouble }: { of: Booking; board: Board; onTrouble: (words: string) => void }) {
  const fitting = board.pairs.filter((one) => one.center === of.center && !one.ended_at && Date.parse(one.begins_at) <= Date.parse(of.at) && Date.parse(of.at) < Date.parse(one.ends_at));
  const choose = async (pair: string) => {
    const refused = await tell("POST", `bookings/${of.booking_id}/assign`, { pair_id: pair || null });
    onTrouble(refused ? said(refused) : "");
  };
  return (
    <label class="assign">{t().assign}
      <select value={of.pair_id ?? ""} onChange={(event) => void choose(event.currentTarget.value)} disabled={!["booked", "assigned"].includes(of.state)}>
        <option value="">{t().noPair}</option>
        {fitting.map((one) => <option key={one.pair_id} value={one.pair_id}>{one.name}</option>)}
      </select>
    </label>
  );
}

function CallOff({ of, board, onClose }: { of: Booking; board: Board; onClose: () => void }) {
  const trouble = useSignal("");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const refused = await tell("POST", `bookings/${of.booking_id}/call_off`, { reason: form.get("reason"), note: form.get("note") });
    if (refused) trouble.value = said(refused);
    else onClose();
  };
  return (
    <Dialog title={t().callOff} onClose={onClose}>
      <form onSubmit={submit}>
        <p>{t().callOffLead}</p>
        <label for="reason">{t().reason}</label>
        <select id="reason" name="reason">{Object.entries(board.reasons).map(([code, words]) => <option key={code} value={code}>{words[lang.value]}</option>)}</select>
        <label for="note">{t().callOffNote}</label><input id="note" name="note" maxLength={200} />
        <p class="trouble" role="alert">{trouble.value}</p>
        <div class="sheet-buttons"><button type="button" onClick={onClose}>{t().cancel}</button><button type="submit" class="danger">{t().callOff}</button></div>
      </form>
    </Dialog>
  );
}

function Begin({ of, onClose }: { of: Booking; onClose: () => void }) {
  const trouble = useSignal("");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const reason = String(new FormData(event.currentTarget as HTMLFormElement).get("reason") ?? "").trim();
    const refused = await tell("POST", `bookings/${of.booking_id}/begin`, { reason });
    if (refused) trouble.value = said(refused);
    else onClose();
  };
  return (
    <Dialog title={t().begin} onClose={onClose}>
      <form onSubmit={submit}>
        <p>{t().beginLead}</p>
        <label for="why">{t().beginReason}</label><input id="why" name="reason" minLength={5} maxLength={200} required />
        <p class="trouble" role="alert">{trouble.value}</p>
        <div class="sheet-buttons"><button type="button" onClick={onClose}>{t().cancel}</button><button type="submit" class="primary">{t().approve}</button></div>
      </form>
    </Dialog>
  );
}

export function BookingRow({ of, board }: { of: Booking; board: Board }) {
  const trouble = useSignal("");
  const sheet = useSignal<"" | "begin" | "call_off">("");
  const close = () => { sheet.value = ""; };
  const noShow = async () => {
    const refused = await tell("POST", `bookings/${of.booking_id}/no_show`);
    trouble.value = refused ? said(refused) : "";
  };
  const pair = board.pairs.find((one) => one.pair_id === of.pair_id);
  return (
    <li class={`booking-row is-${of.state}`} data-booking={of.booking_id} data-state={of.state}>
      <p class="head"><strong class="timer">{dayAndTime(of.at)}</strong><span class="badge">{t().state[of.state] ?? of.state}</span></p>
      <p class="facts-line"><strong>{of.name}</strong> {of.phone && <a href={`tel:${of.phone}`}>{of.phone}</a>}</p>
      <dl class="facts">
        <div><dt>{t().meet}</dt><dd>{of.meet ? of.meet.text || `${of.meet.lat.toFixed(5)}, ${of.meet.lon.toFixed(5)}` : "—"}</dd></div>
        <div><dt>{t().to}</dt><dd>{of.destination || "—"}</dd></div>
        {of.note && <div><dt>{t().note}</dt><dd>{of.note}</dd></div>}
        {of.reason && <div><dt>{t().reason}</dt><dd>{of.reason}</dd></div>}
      </dl>
      {of.state === "waiting" && of.waiting_since && <p class="warn">{t().waitSince(stopwatch(secondsSince(of.waiting_since)))}</p>}
      {CAN_BEGIN.includes(of.state) && <p class="quiet-text">{t().codes(of.her_code_read, of.their_code_read)}</p>}
      {of.wrong_codes > 0 && <p class="warn">⚠ {of.is_locked ? t().locked : t().wrong(of.wrong_codes, board.most_wrong_codes)}</p>}
      {of.pair_is_late && <p class="trouble">{t().late}</p>}
      <div class="row-buttons">
        {of.ended_at || of.state === "home" || of.state === "accompanying" || of.state === "waiting" ? <span>{pair?.name}</span> : <Assign of={of} board={board} onTrouble={(words) => { trouble.value = words; }} />}
        {CAN_BEGIN.includes(of.state) && <button type="button" onClick={() => { sheet.value = "begin"; }}>{t().begin}</button>}
        {of.state === "waiting" && <button type="button" onClick={() => void noShow()}>{t().noShow}</button>}
        {CAN_CALL_OFF.includes(of.state) && <button type="button" onClick={() => { sheet.value = "call_off"; }}>{t().callOff}</button>}
      </div>
      <p class="trouble" role="alert">{trouble.value}</p>
      {sheet.value === "begin" && <Begin of={of} onClose={close} />}
      {sheet.value === "call_off" && <CallOff of={of} board={board} onClose={close} />}
    </li>
  );
}
