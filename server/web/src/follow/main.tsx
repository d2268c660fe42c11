import { signal, useSignal } from "@preact/signals";
import { render } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { secondsSince, timeOfDay } from "../clock";
import { LanguageSwitch } from "../language-switch";
import { named, said } from "../lang";
import type { SeatMap } from "../map";
import { t } from "../texts/follow";
import type { FollowView, Position } from "../wire";
import { ask, bind, freshness, problem, stage, view } from "./source";
import "../styles/base.css";
import "../styles/follow.css";

/** The guardian's page: one column, words before map, and nothing on it that could ring her phone. */
const AMBER_S = 30;
const LAST_KNOWN_S = 120;

/** 신고 → 접수 → 출동 → 안전 확인: the states of the wire that reach each step. */
const STEP_STATES = [
  ["assigned", "received"], ["acknowledged"], ["dispatched", "en_route", "on_scene"], ["closed", "cancelled"],
];

function Digits() {
  const busy = useSignal(false);
  const short = useSignal(false);
  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const last4 = String(new FormData(event.currentTarget as HTMLFormElement).get("last4") ?? "").trim();
    short.value = !/^\d{4}$/.test(last4);
    if (short.value) return;
    busy.value = true;
    await bind(last4);
    busy.value = false;
  }
  const left = problem.value?.attempts_left;
  const text = short.value ? t().fourDigits : problem.value ? (left === undefined ? said(problem.value) : t().wrong(left)) : "";
  return (
    <form class="digits" onSubmit={submit} novalidate>
      <h1>{t().digitsHead}</h1>
      <p id="why">{t().digitsLead}</p>
      <label for="last4">{t().digits}</label>
      <input id="last4" name="last4" inputMode="numeric" autocomplete="off" maxLength={4} pattern="[0-9]{4}" aria-describedby="why trouble" />
      <p id="trouble" class="trouble" role="alert">{text}</p>
      <button type="submit" class="primary" disabled={busy.value}>{busy.value ? t().opening : t().open}</button>
    </form>
  );
}

function Steps({ of }: { of: FollowView }) {
  const reached = STEP_STATES.map((states) => of.steps.find((step) => states.includes(step.state))?.at ?? null);
  const furthest = reached.findLastIndex((at) => at !== null);
  return (
    <ol class="steps" aria-label={t().stepsLabel}>
      {t().steps.map((name, i) => (
        <li key={i} class={i <= furthest ? "reached" : ""} aria-current={i === furthest ? "step" : undefined}>
          <span class="dot" aria-hidden="true">{i <= furthest ? "✓" : i + 1}</span>
          <span>{name}</span>
          <small>{reached[i] ? timeOfDay(reached[i]).slice(0, 5) : i <= furthest ? "" : t().notYet}</small>
        </li>
      ))}
    </ol>
  );
}

function Freshness({ position }: { position: Position }) {
  const age = secondsSince(position.fixed_at);
  const m = Math.round(position.accuracy_m);
  const isOld = age > LAST_KNOWN_S;
  return <p class={`freshness${age > AMBER_S ? " amber" : ""}`}>{age > AMBER_S ? "◌ " : "● "}{isOld ? t().last(t().age(age), m) : t().fresh(t().age(age), m)}</p>;
}

/** The map comes after the words, in a file of its own; without it the coordinates stand there. */
function Place({ position }: { position: Position }) {
  const element = useRef<HTMLDivElement>(null);
  const map = useSignal<SeatMap | null>(null);
  const failed = useSignal(false);
  const following = useSignal(true);
  const isStale = secondsSince(position.fixed_at) > AMBER_S;
  useEffect(() => {
    let isGone = false;
    import("../map").then(({ createMap }) => {
      if (isGone || !element.current) return;
      map.value = createMap(element.current, {
        center: { lat: position.lat, lon: position.lon, zoom: 16 }, theme: "light", attribution: t().attribution,
        onFollowing: (next) => { following.value = next; },
      });
    }, () => { failed.value = true; });
    return () => { isGone = true; map.peek()?.close(); };
  }, []);
  useEffect(() => map.value?.showCaller(position, isStale, ""), [position, isStale, map.value]);
  return (
    <div class="map">
      <div class="canvas" ref={element} role="group" aria-label={t().mapLabel} />
      <p class="over no-streets">{failed.value ? t().mapFailed : map.value ? t().noStreets : t().mapLoading}</p>
      {!following.value && <div class="over map-buttons"><button type="button" onClick={() => map.value?.follow()}>{t().follow}</button></div>}
    </div>
  );
}

function Calls({ of }: { of: FollowView | null }) {
  const callback = of?.center.callback;
  return (
    <div class="calls">
      <a class="call police" href="tel:112">{t().call112}</a>
      {of && callback && <a class="call" href={`tel:${callback.replace(/[^+\d]/g, "")}`}>{t().callCenter(named(of.center))} <small>{callback}</small></a>}
    </div>
  );
}

function Ended({ of }: { of: FollowView }) {
  const at = of.steps.find((step) => STEP_STATES[3].includes(step.state))?.at;
  return (
    <section class="ended" role="status">
      <h1><span aria-hidden="true">✓ </span>{of.state === "cancelled" ? t().cancelled : t().ended}</h1>
      {at && <p>{t().endedAt(timeOfDay(at).slice(0, 5))}</p>}
    </section>
  );
}

function Following({ of }: { of: FollowView }) {
  const who = of.person_nickname;
  const began = of.steps[0]?.at;
  const connection = freshness.value;
  return (
    <>
      <div role="status">
        <h1>{who ? t().head(who) : t().headPlain}</h1>
        <p class="lead">{began && `${timeOfDay(began).slice(0, 5)} · `}{of.center.name_ko ? t().has(named(of.center)) : t().hasNot}</p>
      </div>
      <Steps of={of} />
      <section class="warning"><h2>{t().warningHead}</h2><p>{t().warning}</p></section>
      <section class="place" aria-label={t().positionHead}>
        {of.position ? (
          <>
            <Freshness position={of.position} />
            <Place position={of.position} />
            <p class="coordinates">{of.position.lat.toFixed(5)}, {of.position.lon.toFixed(5)}</p>
          </>
        ) : <p class="freshness amber">◌ {t().noPosition}</p>}
      </section>
      <p class={`connection ${connection}`} data-connection={connection}>{connection === "offline" ? `✕ ${t().offline}` : connection === "live" ? `● ${t().live}` : `◐ ${t().polling}`}</p>
      <p class="privacy">{t().privacy}</p>
    </>
  );
}

function Message({ head, text }: { head: string; text: string }) {
  return <section class="message" role="alert"><h1>{head}</h1><p>{text}</p></section>;
}

function Body() {
  const held = view.value;
  switch (stage.value) {
    case "loading":
      return <p class="loading" role="status">{freshness.value === "offline" ? t().unreachable : "…"}</p>;
    case "digits": return <Digits />;
    case "locked": return <Message head={t().digitsHead} text={t().locked} />;
    case "bound": return <Message head={t().digitsHead} text={t().bound} />;
    case "gone": return held?.ended ? <Ended of={held} /> : <Message head={t().goneHead} text={t().gone} />;
    case "following": return held ? (held.ended ? <Ended of={held} /> : <Following of={held} />) : null;
  }
}

/** While the page is in front the screen stays on; browsers give the lock back by themselves when it is hidden. */
const isWatching = signal(false);
async function keepAwake(): Promise<void> {
  isWatching.value = stage.peek() === "following" && !view.peek()?.ended && document.visibilityState === "visible";
  if (isWatching.peek()) await navigator.wakeLock?.request("screen").catch(() => undefined);
}
document.addEventListener("visibilitychange", () => void keepAwake());
stage.subscribe(() => void keepAwake());

function Page() {
  document.title = t().title;
  const isOver = view.value?.ended;
  return (
    <div class="page">
      <header><img src="/static/mark.svg" alt="" width="28" height="28" /><strong>{t().title}</strong><LanguageSwitch label={t().otherLanguage} /></header>
      <main><Body /></main>
      {!isOver && <footer><Calls of={view.value} /></footer>}
    </div>
  );
}

void ask();
render(<Page />, document.getElementById("page")!);
