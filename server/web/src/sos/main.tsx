import { effect, signal } from "@preact/signals";
import { render } from "preact";
import { dayAndTime } from "../clock";
import { LanguageSwitch } from "../language-switch";
import { t } from "../texts/sos";
import { watchBattery } from "./battery";
import { Covert } from "./covert";
import { ASKED_AFTER_MS } from "./cry";
import { hold } from "./line";
import { loadPhrases } from "./phrases";
import { begin, fix, watch } from "./place";
import { Ready } from "./ready";
import { Ended, Running } from "./running";
import { sendOnce, sendUntilAccepted } from "./send";
import { change, cry, isCovert, keep } from "./state";
import { named, who } from "./who";
import "../styles/base.css";
import "../styles/sos.css";

/** The SOS page: one screen for shaking hands. It works before anything but itself has loaded. */
const isOnline = signal(navigator.onLine);
addEventListener("online", () => { isOnline.value = true; });
addEventListener("offline", () => { isOnline.value = false; });

/** Kept from an earlier visit, never delivered, and old: she is asked. */
const isOld = signal(false);

function Old() {
  const held = cry.value!;
  return (
    <main class="ended" data-stage="old">
      <h1>{t().oldHead}</h1>
      <p>{t().oldLead(dayAndTime(held.raised_at))}</p>
      <button type="button" class="danger" onClick={() => { isOld.value = false; void sendUntilAccepted(); watch(); }}>{t().oldSend}</button>
      <button type="button" onClick={() => { isOld.value = false; keep(null); }}>{t().oldDrop}</button>
      <a class="call police" href="tel:112">{t().call112}</a>
    </main>
  );
}

function Page() {
  const held = cry.value;
  if (held && isCovert.value && !held.ended_at) return <Covert held={held} />;
  return (
    <div class="page">
      <header>
        <img src="/static/mark.svg" alt="" width="24" height="24" />
        <strong>{t().title}</strong>
        <LanguageSwitch label={t().otherLanguage} />
      </header>
      {isOld.value ? <Old /> : !held ? <Ready isOnline={isOnline.value} /> : held.ended_at ? <Ended held={held} /> : <Running held={held} isOnline={isOnline.value} />}
      {!held && !isOld.value && <footer><a class="call" href="tel:112">{t().call112}</a></footer>}
    </div>
  );
}

/** The screen stays on while an alert runs. */
let lock: WakeLockSentinel | null = null;
async function stayAwake(): Promise<void> {
  if (lock || document.visibilityState !== "visible") return;
  try {
    lock = await navigator.wakeLock.request("screen");
    lock.addEventListener("release", () => { lock = null; });
  } catch {
    lock = null; // not here, or the battery is low
  }
}

effect(() => {
  const held = cry.value;
  const isRunning = held !== null && !held.ended_at;
  document.title = isRunning && isCovert.value ? t().covertTitle : t().title;
  document.documentElement.classList.toggle("is-covert", isRunning && isCovert.value);
  if (isRunning) void stayAwake();
  else void lock?.release();
  if (held?.live_token && !held.ended_at) hold();
});

// A place that comes while the alert is still on its way goes with it.
effect(() => {
  const at = fix.value;
  const held = cry.peek();
  if (at && held && !held.center && !held.ended_at) change(held.alert_id, (one) => ({ ...one, fix: at }));
});

// Who she is comes after the alert if it must.
let isNaming = false;
effect(() => {
  const held = cry.value;
  if (!who.value || !held?.center || held.was_named || held.ended_at || held.is_ending || isNaming) return;
  isNaming = true;
  void sendOnce().catch(() => {}).finally(() => { isNaming = false; });
});

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  const held = cry.peek();
  if (held && !held.ended_at) void stayAwake();
  void named(0);
});

const held = cry.peek();
if (held?.ended_at) keep(null);
else if (held && !held.center && Date.now() - Date.parse(held.raised_at) > ASKED_AFTER_MS) isOld.value = true;
else if (held) {
  void sendUntilAccepted();
  watch();
}

const root = document.getElementById("page")!;
root.replaceChildren(); // what stood there for who had to wait for this script
render(<Page />, root);
void begin();
void named(0);
void loadPhrases();
watchBattery();
addEventListener("load", () => {
  void navigator.serviceWorker?.register("/sos/worker.js", { scope: "/sos" }).catch(() => {});
});
