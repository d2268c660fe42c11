import { call } from "../api";
import { timeOfDay } from "../clock";
import { LanguageSwitch } from "../language-switch";
import { t } from "../texts/console";
import { Waiting, whereWords } from "./facts";
import { feed, fresh, me, nextToTake, queue, select, selectedId, sheet, acknowledge } from "./seat";
import { RequestsButton } from "./video-requests";
import { muteLeft, running, test, toggleMute, wake } from "./sound";

async function logout(): Promise<void> {
  await call("POST", "/api/logout").catch(() => undefined);
  location.assign("/login");
}

function SoundButtons() {
  if (!running.value) return null; // the strip below has the one button that matters
  return (
    <>
      <button type="button" class="quiet" onClick={() => void test()}>{t().soundTest}</button>
      <button type="button" class="quiet" aria-pressed={muteLeft.value > 0} onClick={toggleMute}>
        {muteLeft.value > 0 ? t().muted(muteLeft.value) : t().mute} <kbd aria-hidden="true">M</kbd>
      </button>
    </>
  );
}

export function Header() {
  const state = feed.link.state.value;
  const shape = { connecting: "○", live: "●", late: "◐", lost: "✕" }[state];
  return (
    <header class="top">
      <a class="skip" href="#incident">{t().skip}</a>
      <img src="/static/mark.svg" alt="" width="28" height="28" />
      <h1>{t().title}</h1>
      <span class={`link link-${state}`} data-link={state}><span aria-hidden="true">{shape}</span> {t().link[state]}</span>
      <span class="space" />
      <RequestsButton />
      <SoundButtons />
      <button type="button" class="quiet" onClick={() => { sheet.value = { kind: "keys" }; }}>{t().help} <kbd aria-hidden="true">?</kbd></button>
      {["admin", "supervisor"].includes(me.value?.role ?? "") && <a class="admin-link" href="/admin">{t().admin}</a>}
      <LanguageSwitch label={t().otherLanguage} />
      <span class="who-am-i">{me.value ? `${me.value.name} · ${t().role[me.value.role] ?? me.value.role}` : ""}</span>
      <button type="button" class="quiet" onClick={() => void logout()}>{t().logout}</button>
    </header>
  );
}

function LinkLost() {
  const heard = feed.link.heardAt.value;
  return <p class="strip-bar lost" role="alert">✕ {heard ? t().linkLost(timeOfDay(heard)) : t().neverConnected}</p>;
}

/** New alerts that are not on this desk's screen: they never take the selection, they ask for it. */
function NewAlertBar() {
  const others = fresh.value.filter((card) => card.incident_id !== selectedId.value);
  const first = others[0];
  return (
    <div class="strip-alert" role="alert">
      {first && (
        <p class="strip-bar new">
          <span class="shape" aria-hidden="true">▲</span>
          <strong>{t().newAlertBar(first.caller.name_masked, whereWords(first))}</strong>
          {others.length > 1 && <span>{t().moreNew(others.length - 1)}</span>}
          <Waiting card={first} />
          <button type="button" onClick={() => { select(first.incident_id); void acknowledge(first.incident_id); }}>{t().take} {nextToTake.value === first && <kbd aria-hidden="true">Space</kbd>}</button>
        </p>
      )}
    </div>
  );
}

/** One strip whose place is always kept, so that nothing moves when an alarm comes. */
export function Strip() {
  if (feed.sessionEnded.value) {
    return <div class="strip"><p class="strip-bar lost" role="alert">{t().sessionEnded} <a href="/login">{t().loginAgain}</a></p></div>;
  }
  const isLost = feed.link.state.value === "lost";
  return (
    <div class="strip">
      {isLost && <LinkLost />}
      {!isLost && <NewAlertBar />}
      {!running.value && <button type="button" class="sound-off" onClick={() => void wake()}>{t().soundOff}</button>}
      {!isLost && <p class="calm">{t().counts(fresh.value.length, queue.value.length)}</p>}
    </div>
  );
}
