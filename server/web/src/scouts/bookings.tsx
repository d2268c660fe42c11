import { useSignal } from "@preact/signals";
import { dayAndTime, secondsSince, stopwatch } from "../clock";
import { Dialog } from "../dialog";
import { lang, said } from "../lang";
import { t } from "../texts/scouts";
import { tell, type Board, type Booking } from "./source";

/** Bookings by time: who, where, which pair, and what the dispatcher can do. */
const CAN_BEGIN = ["assigned", "waiting"];
const CAN_CANCEL = ["booked", "assigned", "waiting"];
const CAN_CALL_OFF = ["booked", "assigned", "waiting", "accompanying"];

/** Chosen first and sent by the button: she is told by text at once, and no arrow key may do that. */
function Assign({ of, board, onTrouble }: { of: Booking; board: Board; onTrouble: (words: string) => void }) {
  const fitting = board.pairs.filter((one) => one.center === of.center && !one.ended_at && Date.parse(one.begins_at) <= Date.parse(of.at) && Date.parse(of.at) < Date.parse(one.ends_at));
  const chosen = useSignal<string | null>(null);
  const value = chosen.value ?? of.pair_id ?? "";
  const send = async (pair: string) => {
    const refused = await tell("POST", `bookings/${of.booking_id}/assign`, { pair_id: pair || null });
    if (!refused) chosen.value = null;
    onTrouble(refused ? said(refused) : "");
  };
  return (
    <>
      <label class="assign">{t().assign}
        <select value={value} onChange={(event) => { chosen.value = event.currentTarget.value; }}>
          <option value="">{t().noPair}</option>
          {fitting.map((one) => <option key={one.pair_id} value={one.pair_id}>{one.name}</option>)}
        </select>
      </label>
      <button type="button" class={of.pair_id ? "" : "primary"} disabled={value === (of.pair_id ?? "")} onClick={() => void send(value)}>{!of.pair_id ? t().assignTo : value ? t().reassign : t().unassign}</button>
    </>
  );
}

/** Asked once more before she is told. */
function Ask({ title, words, yes, path, onClose }: { title: string; words: string; yes: string; path: string; onClose: () => void }) {
  const trouble = useSignal("");
  const go = async () => {
    const refused = await tell("POST", path);
    if (refused) trouble.value = said(refused);
    else onClose();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{words}</p>
      <p class="trouble" role="alert">{trouble.value}</p>
      <div class="sheet-buttons"><button type="button" onClick={onClose}>{t().back}</button><button type="button" class="danger" onClick={() => void go()}>{yes}</button></div>
    </Dialog>
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

const ASSIGNABLE = ["booked", "assigned"];
type Sheet = "" | "begin" | "call_off" | "no_show" | "cancel";

function Facts({ of, board }: { of: Booking; board: Board }) {
  return (
    <>
      <dl class="facts">
        <div><dt>{t().meet}</dt><dd>{of.meet ? of.meet.text || `${of.meet.lat.toFixed(5)}, ${of.meet.lon.toFixed(5)}` : "—"}</dd></div>
        <div><dt>{t().to}</dt><dd>{of.destination || "—"}</dd></div>
        {of.note && <div><dt>{t().note}</dt><dd>{of.note}</dd></div>}
        {of.reason && <div><dt>{t().reason}</dt><dd>{of.reason}</dd></div>}
      </dl>
      {of.state === "waiting" && of.waiting_since && <p class="warn">{t().waitSince(stopwatch(secondsSince(of.waiting_since)))}</p>}
      {CAN_BEGIN.includes(of.state) && !of.by_phone && <p class="quiet-text">{t().codes(of.her_code_read, of.their_code_read)}</p>}
      {of.spoken && <p class="quiet-text">{t().spoken(spaced(of.spoken.pair), spaced(of.spoken.person))}</p>}
      {of.wrong_codes > 0 && <p class="warn">⚠ {of.is_locked ? t().locked : t().wrong(of.wrong_codes, board.most_wrong_codes)}</p>}
      {of.pair_is_late && <p class="trouble">{t().late}</p>}
    </>
  );
}

const spaced = (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`;

export function BookingRow({ of, board }: { of: Booking; board: Board }) {
  const trouble = useSignal("");
  const sheet = useSignal<Sheet>("");
  const close = () => { sheet.value = ""; };
  const pair = board.pairs.find((one) => one.pair_id === of.pair_id);
  const path = `bookings/${of.booking_id}`;
  return (
    <li class={`booking-row is-${of.state}`} data-booking={of.booking_id} data-state={of.state}>
      <p class="head"><strong class="timer">{dayAndTime(of.at)}</strong>{of.by_phone && <span class="by-phone">{t().byPhone}</span>}<span class="badge">{t().state[of.state] ?? of.state}</span></p>
      <p class="facts-line"><strong>{of.name}</strong> {of.phone && <a href={`tel:${of.phone}`}>{of.phone}</a>}{!ASSIGNABLE.includes(of.state) && pair && <span class="pair-name">{pair.name}</span>}</p>
      <Facts of={of} board={board} />
      {!of.ended_at && (
        <div class="row-buttons">
          {ASSIGNABLE.includes(of.state) && <Assign of={of} board={board} onTrouble={(words) => { trouble.value = words; }} />}
          {CAN_BEGIN.includes(of.state) && <button type="button" onClick={() => { sheet.value = "begin"; }}>{t().begin}</button>}
          {of.state === "waiting" && <button type="button" onClick={() => { sheet.value = "no_show"; }}>{t().noShow}</button>}
          {CAN_CANCEL.includes(of.state) && <button type="button" onClick={() => { sheet.value = "cancel"; }}>{t().cancelByPhone}</button>}
          {CAN_CALL_OFF.includes(of.state) && <button type="button" onClick={() => { sheet.value = "call_off"; }}>{t().callOff}</button>}
        </div>
      )}
      <p class="trouble" role="alert">{trouble.value}</p>
      {sheet.value === "begin" && <Begin of={of} onClose={close} />}
      {sheet.value === "call_off" && <CallOff of={of} board={board} onClose={close} />}
      {sheet.value === "no_show" && <Ask title={t().noShow} words={t().noShowAsk} yes={t().noShow} path={`${path}/no_show`} onClose={close} />}
      {sheet.value === "cancel" && <Ask title={t().cancelByPhone} words={t().cancelAsk} yes={t().cancelDo} path={`${path}/cancel`} onClose={close} />}
    </li>
  );
}
