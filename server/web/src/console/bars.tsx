import { useComputed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { LanguageSwitch } from "../language-switch";
import { call } from "../api";
import { now, timeOfDay } from "../clock";
import { t } from "../texts/console";
import { s } from "../texts/seat";
import { ThemeSwitch } from "../theme-switch";
import { callerWords, Waiting, whereWords } from "./facts";
import { Key } from "./key-list";
import { LinkMark } from "./link-mark";
import { Notices } from "./notices";
import { PlatesButton } from "./plates/button";
import { acknowledge, feed, fresh, me, nextToTake, opening, queue, select, selectedId, sheet } from "./seat";
import { around } from "./seats";
import { muteLeft, mayMute, muteRefused, running, step, test, toggleMute, wake } from "./sound";
import { RequestsButton } from "./video-requests";

async function logout(): Promise<void> {
  await call("POST", "/api/logout").catch(() => undefined);
  location.assign("/login");
}

function SoundButtons() {
  if (!running.value) return null; // the strip below has the one button that matters
  const isMuted = muteLeft.value > 0;
  return (
    <>
      <button type="button" class="quiet" onClick={() => void test()}>{t().soundTest}</button>
      <button type="button" class={isMuted ? "muted-now" : "quiet"} aria-pressed={isMuted} aria-disabled={!isMuted && !mayMute.value}
        title={isMuted || mayMute.value ? s().sound.mute : s().sound.onlySeat} data-mute={isMuted ? "muted" : mayMute.value ? "may" : "only"} onClick={toggleMute}>
        {isMuted ? s().sound.muted(muteLeft.value) : s().sound.mute} <Key of="mute" />
      </button>
      {muteRefused.value && <p class="refused-mute" role="status">{s().sound.onlySeat}</p>}
    </>
  );
}

/** How many consoles of this desk are open: alone one may not go silent. */
function SeatCount() {
  const held = around.value;
  if (!held || !me.value?.permissions.includes("incidents.work")) return null;
  return <span class={`seat-count${held.online < 2 ? " alone" : ""}`} title={s().seatsTitle(held.others_hear)} data-online={held.online}>{s().seats(held.online)}</span>;
}

function ShiftButton() {
  const held = around.value;
  if (!held || !me.value?.permissions.includes("incidents.work")) return null;
  return (
    <button type="button" class={held.on_shift ? "quiet" : "primary"} data-shift={held.on_shift ? "on" : "off"} onClick={() => { sheet.value = { kind: "shift" }; }}>
      {held.on_shift ? s().shiftButton.on : s().shiftButton.off}
    </button>
  );
}

export function Header() {
  return (
    <header class="top">
      <a class="skip" href="#incident">{t().skip}</a>
      <img src="/static/mark.svg" alt="" width="28" height="28" />
      <h1>{t().title}</h1>
      <LinkMark />
      <SeatCount />
      <span class="space" />
      <PlatesButton />
      <RequestsButton />
      <SoundButtons />
      <ShiftButton />
      <button type="button" class="quiet" onClick={() => { sheet.value = { kind: "keys" }; }}>{t().help} <Key of="help" /></button>
      {["admin", "supervisor"].includes(me.value?.role ?? "") && <a class="admin-link" href="/admin">{t().admin}</a>}
      <ThemeSwitch />
      <LanguageSwitch label={t().otherLanguage} />
      <span class="who-am-i">{me.value ? `${me.value.name} · ${t().role[me.value.role] ?? me.value.role}` : ""}</span>
      <button type="button" class="quiet" onClick={() => void logout()}>{t().logout}</button>
    </header>
  );
}

export function LinkLost() {
  const heard = feed.link.heardAt.value;
  return (
    <p class="strip-bar lost" role="alert">
      <span aria-hidden="true">✕</span>
      <strong>{heard ? s().linkLost(timeOfDay(heard)) : t().neverConnected}</strong>
      {heard && <span>{s().linkLostHint}</span>}
      <span class="retrying">{s().retrying}</span>
    </p>
  );
}

/** It goes dim and bright with the seconds: an animation without end would make the browser draw sixty times in each. */
function Shape() {
  const isDim = useComputed(() => Math.floor(now.value / 1000) % 2 === 1);
  return <span class={isDim.value ? "shape is-dim" : "shape"} aria-hidden="true">▲</span>;
}

/** New alerts that are not on this desk's screen: they never take the selection, they ask for it. */
function NewAlertBar() {
  const others = fresh.value.filter((card) => card.incident_id !== selectedId.value && card.incident_id !== opening.value);
  const first = others[0];
  return (
    <div class="strip-alert" role="alert">
      {first && (
        <p class="strip-bar new" data-step={step.value} title={s().sound.step[step.value]}>
          <Shape />
          <strong>{(first.origin === "agency" ? t().newAskBar : t().newAlertBar)(callerWords(first), whereWords(first))}</strong>
          {others.length > 1 && <span>{t().moreNew(others.length - 1)}</span>}
          <Waiting card={first} />
          <button type="button" onClick={() => { select(first.incident_id); void acknowledge(first.incident_id); }}>{t().take} {nextToTake.value === first && <Key of="take" />}</button>
        </p>
      )}
    </div>
  );
}

export function SoundOff() {
  return running.value ? null : <button type="button" class="sound-off" onClick={() => void wake()}>{s().sound.off}</button>;
}

export function SessionEnded({ children }: { children?: ComponentChildren }) {
  return <div class="strip"><p class="strip-bar lost" role="alert"><strong>{t().sessionEnded}</strong> {children}<a href="/login">{t().loginAgain}</a></p></div>;
}

/** One strip whose place is always kept, so that nothing moves when an alarm comes. */
export function Strip() {
  if (feed.sessionEnded.value) return <SessionEnded />;
  const isLost = feed.link.state.value === "lost";
  return (
    <div class="strip">
      {isLost && <LinkLost />}
      {!isLost && <NewAlertBar />}
      {!isLost && <p class="calm">{t().counts(fresh.value.length, queue.value.length)}</p>}
      {!isLost && <Notices />}
      <SoundOff />
    </div>
  );
}
