import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { now, timeOfDay, toMinute } from "../clock";
import { named } from "../lang";
import { t } from "../texts/sos";
import { ThemeSwitch } from "../theme-switch";
import { battery } from "./battery";
import type { Cry } from "./cry";
import { link, placeToldAt } from "./line";
import { PlaceWords } from "./ready";
import { sayLine, Talk } from "./say";
import { sendOnce, sendUntilAccepted, tries } from "./send";
import { change, isCovert, isForgetful, keep, TEXT_NUMBER } from "./state";
import { messageFor, textLink } from "./text-message";

const SLOW_MS = 8000;
const HELP = ["dispatched", "en_route", "on_scene"];

function has(held: Cry, ...states: string[]): string | undefined {
  return held.steps.find((one) => states.includes(one.state))?.at;
}

function Calls({ held, isBig }: { held: Cry; isBig: boolean }) {
  if (held.is_drill) return isBig ? <p class="card">{t().slowDrill}</p> : null;
  const place = held.fix ? `${held.fix.lat.toFixed(5)}, ${held.fix.lon.toFixed(5)}` : held.words;
  const words = `긴급신고입니다. 도와주세요. ${place ? `위치: ${place}` : ""}`.trim();
  return (
    <div class={`calls ${isBig ? "is-big" : ""}`}>
      <a class="call police" href="tel:112">{t().call112}</a>
      {isBig && <a class="call" href={textLink(TEXT_NUMBER, messageFor(TEXT_NUMBER, held, words, battery()))}>{t().text112}</a>}
    </div>
  );
}

/** What has become of it, in one sentence that a person reads at a glance. */
function headline(held: Cry, isOnline: boolean): { head: string; lead: string } {
  if (held.is_ending) return { head: t().drillEnding, lead: "" };
  if (!held.center) {
    return { head: held.is_drill ? t().sendingDrill : t().sending, lead: isOnline ? t().sendingLead : t().sendingOffline };
  }
  const head = held.is_drill ? t().hasDrill(named(held.center)) : t().has(named(held.center));
  const lead = has(held, "on_scene") ? t().onScene : has(held, "en_route") ? t().onTheWay : has(held, "dispatched") ? t().helpCalled
    : has(held, "acknowledged") ? t().operatorIsThere : held.is_drill ? "" : t().waitsForOperator;
  return { head, lead };
}

function Steps({ held }: { held: Cry }) {
  const at = [held.center ? held.raised_at : undefined, has(held, "received") ?? (held.center ? held.received_at : undefined), has(held, "acknowledged"), has(held, ...HELP)];
  return (
    <ol class="steps" aria-label={t().stepsLabel}>
      {t().steps.map((name, index) => (
        <li key={name} class={at[index] ? "reached" : ""}>
          <span class="dot" aria-hidden="true">{at[index] ? <svg viewBox="0 0 16 16"><path d="m3.5 8.5 3 3 6-7" /></svg> : index + 1}</span>
          <span>{name}</span>
          <small>{at[index] ? toMinute(at[index]!) : t().notYet}</small>
        </li>
      ))}
    </ol>
  );
}

function Place({ held }: { held: Cry }) {
  const words = useSignal("");
  const isSent = useSignal(false);
  const ageS = Math.max(0, Math.floor((now.value - placeToldAt.value) / 1000));
  function send(event: SubmitEvent): void {
    event.preventDefault();
    const said = words.peek().trim();
    if (!said) return;
    change(held.alert_id, (one) => ({ ...one, words: said }));
    sayLine(held, { kind: "text", text: t().wordsPrefix + said });
    if (held.center) void sendOnce().catch(() => {});
    words.value = "";
    isSent.value = true;
  }
  return (
    <section class="card" aria-labelledby="place-head">
      <h2 id="place-head">{t().placeHead}</h2>
      {placeToldAt.value > 0 ? <p class="place-state is-good">{t().placeSent(t().age(ageS))}{held.fix ? ` · ±${Math.round(held.fix.accuracy_m)} m` : ""}</p>
        : <>{held.center && !held.fix && <p class="place-state is-missing">{t().noPlace}</p>}{held.center && held.fix ? <p class="place-state">{t().placeWaits}</p> : <PlaceWords />}</>}
      <form class="write" onSubmit={send}>
        <label class="hidden-text" for="place-words">{t().placeWords}</label>
        <input id="place-words" value={words.value} maxLength={200} autocomplete="off" placeholder={t().placeWordsHint} onInput={(event) => { words.value = event.currentTarget.value; }} />
        <button type="submit">{t().placeWordsSend}</button>
      </form>
      <p role="status" class="quiet-text">{isSent.value && held.words ? `${t().placeWordsSent}: ${held.words}` : ""}</p>
    </section>
  );
}

function Phone({ held }: { held: Cry }) {
  const text = useSignal("");
  if (held.was_named || !held.flags.includes("unverified")) return null;
  function send(event: SubmitEvent): void {
    event.preventDefault();
    const phone = text.peek().replace(/[^0-9+-]/g, "");
    if (phone.length < 3) return;
    change(held.alert_id, (one) => ({ ...one, phone }));
    if (held.center) void sendOnce().catch(() => {});
  }
  return (
    <form class="card" onSubmit={send}>
      <label for="phone" class="card-label">{t().phoneHead}</label>
      {held.phone ? <p role="status">{held.phone} · {t().phoneSent}</p> : (
        <div class="write">
          <input id="phone" type="tel" inputMode="tel" autocomplete="tel" value={text.value} maxLength={20} onInput={(event) => { text.value = event.currentTarget.value; }} />
          <button type="submit">{t().phoneSend}</button>
        </div>
      )}
    </form>
  );
}

function Safe({ held }: { held: Cry }) {
  const stage = useSignal<"" | "ask" | "said">("");
  const say = (code: string) => {
    sayLine(held, { kind: "quick", code });
    stage.value = "said";
  };
  if (held.is_drill) {
    return <button type="button" onClick={() => { change(held.alert_id, (one) => ({ ...one, is_ending: true })); void sendUntilAccepted(); }}>{t().drillEnd}</button>;
  }
  if (stage.value === "said") return <p role="status" class="safe-said">{t().safeSent}</p>;
  if (stage.value === "") return <button type="button" onClick={() => { stage.value = "ask"; }}>{t().safe}</button>;
  return (
    <div class="sure" role="group" aria-labelledby="safe-head">
      <h2 id="safe-head">{t().safeHead}</h2>
      <p>{t().safeLead}</p>
      <button type="button" class="primary" ref={(made) => made?.focus()} onClick={() => say("safe_now")}>{t().safeYes}</button>
      <button type="button" onClick={() => say("pressed_by_mistake")}>{t().mistake}</button>
      <button type="button" class="quiet" onClick={() => { stage.value = ""; }}>{t().back}</button>
    </div>
  );
}

export function Running({ held, isOnline }: { held: Cry; isOnline: boolean }) {
  const startedAt = useSignal(Date.now());
  useEffect(() => { startedAt.value = Date.now(); }, [held.alert_id]);
  const isSlow = !held.center && now.value - startedAt.value >= SLOW_MS;
  const { head, lead } = headline(held, isOnline);
  return (
    <main class={held.is_drill ? "is-drill" : ""} data-stage={held.center ? "accepted" : "sending"} data-alert={held.alert_id}>
      {held.is_drill && <div class="drill-band" role="status"><strong>{t().drillHead}</strong> {t().drillLead}</div>}
      <div class={`state ${held.center ? "is-accepted" : "is-sending"}`} role="status">
        <h1>{head}</h1>
        {lead && <p>{lead}</p>}
        {!held.center && tries.value > 1 && <p class="quiet-text">{t().sendingTimes(tries.value)}</p>}
        {held.center && <p class="quiet-text">{t().hasAt(timeOfDay(held.received_at))} {held.is_drill ? "" : held.flags.includes("unverified") && !held.was_named ? t().unverified : t().verified}</p>}
      </div>
      {isForgetful.value && <p class="offline-note" role="alert">{t().forgetful}</p>}
      {held.local_police && held.local_police !== "112" && <p class="offline-note">{t().abroad(held.local_police)} <a href={`tel:${held.local_police}`}>{held.local_police}</a></p>}
      {isSlow && <section class="slow" role="alert"><h2>{t().slowHead}</h2><p>{t().slowLead}</p><Calls held={held} isBig /></section>}
      <Steps held={held} />
      {held.center && <p class="quiet-text connection" data-link={link.value}>{link.value === "live" ? t().live : t().reconnecting}</p>}
      <Place held={held} />
      {held.center && <Talk held={held} />}
      {held.center && <Phone held={held} />}
      <div class="below">
        <Safe held={held} />
        <div class="row"><button type="button" class="quiet" onClick={() => { isCovert.value = true; }}>{t().covert}</button><ThemeSwitch /></div>
      </div>
      {!isSlow && !held.is_drill && <div class="sticky"><Calls held={held} isBig={false} /></div>}
    </main>
  );
}

export function Ended({ held }: { held: Cry }) {
  return (
    <main class="ended" data-stage="ended">
      <h1>{held.is_drill ? t().endedDrill : t().ended}</h1>
      <p>{held.is_drill ? t().endedDrillLead : t().endedLead}</p>
      <a class="button-link" href="/mine">{t().endedMine}</a>
      <button type="button" class="primary" onClick={() => { placeToldAt.value = 0; keep(null); }}>{t().close}</button>
    </main>
  );
}
