import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { call } from "../api";
import { dayAndTime, now, timeOfDay } from "../clock";
import { said } from "../lang";
import { p } from "../texts/plates";
import { s } from "../texts/seat";
import { sh } from "../texts/shift";
import { candidates, openPlates } from "./plates/state";
import { forget, scoutFrames } from "./scouts";
import { me, sheet } from "./seat";
import { breakglass, extending, extendSession, failedChecks, lostSeats, sessionEnds, silentSeats } from "./seats";

/**
 * What the seat has to know beside the alerts, one at a time and in this order: an opened wall, a session that ends, a
 * colleague whose line broke, a sign-in from elsewhere, seats that would not hear. Each says what can be done.
 */
interface Notice { id: string; kind: "alarm" | "warn" | "calm"; words: ComponentChildren; buttons?: ComponentChildren; isQuiet?: boolean }
const SHOW_END_MS = 10 * 60_000;

function glassNotice(dismiss: (id: string) => void): Notice | null {
  const frame = breakglass.value.filter((one) => !one.ends_at || Date.parse(one.ends_at) > now.value).at(-1);
  if (!frame) return null;
  const id = `glass:${frame.breakglass_id}`;
  return {
    id, kind: "alarm", words: <><strong>{said({ message_ko: frame.message_ko ?? "", message_en: frame.message_en ?? "" })}</strong> {frame.by?.name && s().breakglass.by(frame.by.name)} {frame.at && timeOfDay(frame.at)}</>,
    buttons: (
      <>
        <button type="button" class="primary" onClick={() => { sheet.value = { kind: "glass" }; }}>{s().breakglass.see}</button>
        {!frame.stays && <button type="button" onClick={() => { breakglass.value = breakglass.peek().filter((one) => one !== frame); dismiss(id); }}>{s().breakglass.dismiss}</button>}
      </>
    ),
  };
}

function scoutNotice(dismiss: (id: string) => void): Notice | null {
  const frame = scoutFrames.value.at(-1);
  if (!frame) return null;
  const id = `scouts:${frame.what}:${frame.pair_id ?? frame.booking_id}:${frame.at}`;
  return {
    id, kind: "alarm", words: <><strong>{said(frame)}</strong> {timeOfDay(frame.at)}</>,
    buttons: <><a class="button" href="/scouts">{s().scouts}</a><button type="button" onClick={() => { forget(frame); dismiss(id); }}>{s().dismiss}</button></>,
  };
}

function platesNotice(dismiss: (id: string) => void): Notice | null {
  const waiting = candidates.value;
  const newest = waiting.reduce((id, one) => (one.expires_at > id ? one.expires_at : id), "");
  if (waiting.length === 0 || sheet.value?.kind === "plates") return null;
  const id = `plates:${newest}`;
  return {
    id, kind: "calm", words: p().waiting(waiting.length),
    buttons: <><button type="button" class="primary" onClick={openPlates}>{p().see}</button><button type="button" onClick={() => dismiss(id)}>{p().later}</button></>,
  };
}

function sessionNotice(): Notice | null {
  const held = sessionEnds.value;
  if (!held) return null;
  const leftMs = Date.parse(held.at) - now.value;
  if (leftMs > SHOW_END_MS || leftMs < 0) return null;
  const state = extending.value;
  return {
    id: "session", kind: "warn",
    words: <><strong>{s().session.ends(timeOfDay(held.at), s().session.minutes(Math.floor(leftMs / 60_000)))}</strong> {typeof state === "object" && said(state)}</>,
    buttons: <button type="button" class="primary" data-extend disabled={state === "sending"} onClick={() => void extendSession()}>{state === "sending" ? s().session.extending : s().session.extend}</button>,
  };
}

function lostNotice(): Notice | null {
  const [first, ...rest] = lostSeats.value;
  if (!first?.lost_at) return null;
  const more = rest.length > 0 ? s().lostSeats(rest.length) : "";
  return { id: `lost:${first.seat_id}`, kind: "warn", words: <strong>{s().lostSeat(first.name, timeOfDay(first.lost_at))} {more}</strong> };
}

function deviceNotice(): Notice | null {
  const [first] = me.value?.notices ?? [];
  if (!first) return null;
  const seen = async () => {
    await call("POST", "/api/me/notices").catch(() => undefined);
    if (me.peek()) me.value = { ...me.peek()!, notices: [] };
  };
  return {
    id: "device", kind: "warn", words: <strong>{s().newDevice(dayAndTime(first.at), first.address)}</strong>,
    buttons: <><a class="button" href="/account">{s().account}</a><button type="button" onClick={() => void seen()}>{s().newDeviceSeen}</button></>,
  };
}

/** For shift leaders. */
function leaderNotices(): (Notice | null)[] {
  if (!me.value?.permissions.includes("incidents.supervise")) return [];
  const names = silentSeats.value.map((one) => one.name).join(", ");
  const failed = failedChecks.value.filter((one) => one.account_id !== me.value?.account_id)[0];
  return [
    names ? { id: `silent:${names}`, kind: "warn", words: s().silentSeats(names) } : null,
    failed ? { id: `check:${failed.seat_id}`, kind: "warn", words: s().failedCheck(failed.name, failed.failed.map((one) => sh().check[one as keyof ReturnType<typeof sh>["check"]] ?? one).join(", ")) } : null,
  ];
}

export function Notices() {
  const dismissed = useSignal<string[]>([]);
  const dismiss = (id: string) => { dismissed.value = [...dismissed.peek(), id]; };
  const all = [glassNotice(dismiss), scoutNotice(dismiss), sessionNotice(), lostNotice(), platesNotice(dismiss), deviceNotice(), ...leaderNotices()];
  const open = all.filter((one): one is Notice => one !== null && !dismissed.value.includes(one.id));
  const first = open[0];
  return (
    <div class="notices" role="status">
      {first && (
        <p class={`notice ${first.kind}`} data-notice={first.id.split(":")[0]}>
          <span class="notice-words">{first.words}</span>
          {first.buttons}
          {!first.buttons && <button type="button" class="quiet" onClick={() => dismiss(first.id)}>{s().dismiss}</button>}
          {open.length > 1 && <span class="more-notices" data-more={open.length - 1}>+{open.length - 1}</span>}
        </p>
      )}
    </div>
  );
}
