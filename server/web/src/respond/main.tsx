import { signal, useSignal } from "@preact/signals";
import { render } from "preact";
import { now, timeOfDay, toMinute } from "../clock";
import { LanguageSwitch } from "../language-switch";
import { triggerWords } from "../asked";
import { named, said } from "../lang";
import { t } from "../texts/respond";
import { CrewNotes } from "../traffic/crew";
import { ThemeSwitch } from "../theme-switch";
import { stop } from "./mine";
import { Where } from "./place";
import { ask, freshness, heardAt, open, problem, stage, tell, view, type View } from "./source";
import { Stills, Thread } from "./talk";
import "../styles/base.css";
import "../styles/sheet.css";
import "../styles/respond.css";

/** The field officer's phone: one column, read while walking; dark the second the right ends. */
const CODE = /^\d{6}$/;
const SOON_MIN = 10;

function Code() {
  const isBusy = useSignal(false);
  const isShort = useSignal(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const code = String(new FormData(event.currentTarget as HTMLFormElement).get("code") ?? "").replace(/\s/g, "");
    isShort.value = !CODE.test(code);
    if (isShort.value) return;
    isBusy.value = true;
    const refused = await open(code);
    if (refused && refused.code === "unreachable") problem.value = refused;
    isBusy.value = false;
  };
  return (
    <form class="code-form" onSubmit={submit} novalidate>
      <h1>{t().codeHead}</h1>
      <p id="why">{t().codeLead}</p>
      <label for="code">{t().code}</label>
      <input id="code" name="code" inputMode="numeric" autocomplete="one-time-code" maxLength={7} aria-describedby="why trouble" />
      <p id="trouble" class="trouble" role="alert">{isShort.value ? t().sixDigits : problem.value ? said(problem.value) : ""}</p>
      <button type="submit" class="primary" disabled={isBusy.value}>{isBusy.value ? t().opening : t().open}</button>
    </form>
  );
}

const NEXT: Record<string, "en_route" | "on_scene"> = { accepted: "en_route", en_route: "on_scene" };

function Steps({ of }: { of: View }) {
  const isBusy = useSignal(false);
  const refused = useSignal("");
  const next = NEXT[of.dispatch.state];
  const press = async () => {
    isBusy.value = true;
    const trouble = await tell("step", { step: next });
    refused.value = trouble ? said(trouble) : "";
    isBusy.value = false;
  };
  return (
    <div class="next">
      {next ? <button type="button" class="primary" data-step={next} disabled={isBusy.value} onClick={() => void press()}>{isBusy.value ? t().stepping : t().step[next]}</button>
        : <p class="quiet-text">{t().doneHint}</p>}
      {refused.value && <p class="trouble" role="alert">{refused.value}</p>}
    </div>
  );
}

function Connection() {
  const how = freshness.value;
  return <span class={`connection ${how}`} role="status" data-connection={how}>{how === "offline" ? `✕ ${t().offline(heardAt.value ? timeOfDay(heardAt.value) : "—")}` : how === "live" ? `● ${t().live}` : `◐ ${t().polling}`}</span>;
}

function Scene({ of }: { of: View }) {
  const d = of.dispatch;
  const isAsked = d.part === "request";
  const minutes = Math.max(0, Math.ceil((Date.parse(of.ends_at) - now.value) / 60_000));
  return (
    <>
      {d.is_drill && <p class="banner drill">{t().drill}</p>}
      <section class={`state state-${d.state}`} role="status" data-state={d.state}>
        <h1>{isAsked ? t().asked : t().state[d.state] ?? d.state}</h1>
        <p>{isAsked ? triggerWords(d.trigger) : t().types[d.type] ?? d.type} · {named(d.agency)}{d.unit && ` · ${d.unit}`}</p>
        {d.case_no && <p class="case-no">{t().case} {d.case_no}</p>}
      </section>
      <p class="under-state"><Connection /><span class={minutes <= SOON_MIN ? "warn" : "quiet-text"}>{minutes <= SOON_MIN ? t().left(minutes) : t().until(toMinute(of.ends_at))}</span></p>
      {isAsked ? <p class="quiet-text view-only">{t().viewOnly}</p> : <Steps of={of} />}
      <Where of={of} />
      <CrewNotes notes={of.access_notes} />
      <Thread of={of} />
      <Stills of={of} />
      <p class="quiet-text recorded">{t().recorded}</p>
    </>
  );
}

const HEADS: Record<string, () => string> = { ended: () => t().goneHead, bound: () => t().boundHead, no_link: () => t().noLinkHead, locked: () => t().lockedHead };

function Over() {
  return (
    <section class="message" role="alert" data-ended={problem.value?.code}>
      <h1>{HEADS[stage.value]?.() ?? t().goneHead}</h1>
      {problem.value && <p class="reason">{said(problem.value)}</p>}
      {stage.value === "ended" && <p class="quiet-text">{t().goneLead}</p>}
    </section>
  );
}

function Body() {
  if (stage.value === "loading") return <p class="message" role="status">{freshness.value === "offline" ? t().unreachable : t().loading}</p>;
  if (stage.value === "code") return <Code />;
  return stage.value === "open" && view.value ? <Scene of={view.value} /> : <Over />;
}

function Page() {
  document.title = t().title;
  const center = view.value?.dispatch.center;
  return (
    <div class={`page is-${stage.value} ${freshness.value === "offline" ? "is-cut" : ""}`}>
      <header><img src="/static/mark.svg" alt="" width="28" height="28" /><strong>{t().title}</strong><ThemeSwitch /><LanguageSwitch label={t().otherLanguage} /></header>
      <main><Body /></main>
      {center?.callback && <footer><a class="call" href={`tel:${center.callback.replace(/[^+\d]/g, "")}`}>{t().call(named(center))} <small>{center.callback}</small></a></footer>}
    </div>
  );
}

/** While the page is in front the screen stays on; browsers give the lock back by themselves when it is hidden. */
let lock: WakeLockSentinel | null = null;
const isWatching = signal(false);
async function keepAwake(): Promise<void> {
  isWatching.value = stage.peek() === "open" && document.visibilityState === "visible";
  if (isWatching.peek()) lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? lock;
  else void lock?.release().catch(() => undefined);
}
document.addEventListener("visibilitychange", () => void keepAwake());
stage.subscribe((next) => { void keepAwake(); if (!["open", "loading"].includes(next)) stop(); });

void ask();
render(<Page />, document.getElementById("page")!);
