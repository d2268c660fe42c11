import { signal, useSignal } from "@preact/signals";
import { render } from "preact";
import { now, toMinute } from "../clock";
import { Dialog } from "../dialog";
import { LanguageSwitch } from "../language-switch";
import { named, said } from "../lang";
import { t } from "../texts/scout";
import { ThemeSwitch } from "../theme-switch";
import { BookingCard } from "./booking";
import { ask, cry, crying, isCut, placing, problem, stage, tell, view, type View } from "./source";
import "../styles/base.css";
import "../styles/sheet.css";
import "../styles/respond.css";
import "../styles/scout.css";

/** The scouts' work phone: tonight's bookings, the codes, their own way back, and help for themselves. */
const CODE = /^\d{6}$/;

function Code() {
  const isBusy = useSignal(false);
  const trouble = useSignal("");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const code = String(new FormData(event.currentTarget as HTMLFormElement).get("code") ?? "").replace(/\s/g, "");
    if (!CODE.test(code)) { trouble.value = t().sixDigits; return; }
    isBusy.value = true;
    const refused = await tell("open", { code });
    trouble.value = refused ? said(refused) : "";
    isBusy.value = false;
  };
  return (
    <form class="code-form" onSubmit={submit} novalidate>
      <h1>{t().codeHead}</h1>
      <p id="why">{t().codeLead}</p>
      <label for="code">{t().code}</label>
      <input id="code" name="code" inputMode="numeric" autocomplete="one-time-code" maxLength={7} aria-describedby="why trouble" />
      <p id="trouble" class="trouble" role="alert">{trouble.value}</p>
      <button type="submit" class="primary" disabled={isBusy.value}>{isBusy.value ? t().busy : t().open}</button>
    </form>
  );
}

function WayBack({ of }: { of: View }) {
  const isBusy = useSignal(false);
  const trouble = useSignal("");
  const isAsking = useSignal(false);
  const press = async (path: string, body: unknown = {}) => {
    isBusy.value = true;
    const refused = await tell(path, body);
    trouble.value = refused ? said(refused) : "";
    isBusy.value = isAsking.value = false;
  };
  const isLate = of.pair.safe_by !== null && Date.parse(of.pair.safe_by) <= now.value;
  return (
    <section class={`way-back${isLate ? " is-late" : ""}`} aria-labelledby="way-back-head">
      <h2 id="way-back-head">{t().safeHead}</h2>
      {isLate ? <p class="trouble" role="alert">{t().late}</p> : of.pair.safe_by && <p>{t().safeBy(toMinute(of.pair.safe_by))}</p>}
      <div class="two">
        <button type="button" class="primary" disabled={isBusy.value} onClick={() => void press("safe")}>{t().safe}</button>
        <button type="button" disabled={isBusy.value} onClick={() => void press("longer", { minutes: 30 })}>{t().longer}</button>
      </div>
      <button type="button" class="quiet wide" onClick={() => { isAsking.value = true; }}>{t().offDuty}</button>
      <p class="trouble" role="alert">{trouble.value}</p>
      {isAsking.value && (
        <Dialog title={t().offDuty} onClose={() => { isAsking.value = false; }}>
          <p>{t().offDutyAsk}</p>
          <div class="sheet-buttons"><button type="button" onClick={() => { isAsking.value = false; }}>{t().no}</button><button type="button" class="primary" disabled={isBusy.value} onClick={() => void press("off_duty")}>{t().yes}</button></div>
        </Dialog>
      )}
    </section>
  );
}

const isCalling = signal(false);

function Help({ of }: { of: View }) {
  const called = of.sos;
  return (
    <>
      {crying.value === "sending" && <p class="sos-state" role="alert">{t().sosWaiting}</p>}
      {crying.value === "failed" && <p class="sos-state" role="alert">{t().sosFailed} <a href="tel:112">{t().call112}</a></p>}
      {crying.value === "" && called && <p class="sos-state" role="status" data-sos={called.accepted_at ? "taken" : "sending"}>{called.accepted_at ? t().sosSent(toMinute(called.accepted_at)) : t().sosWaiting}</p>}
      {isCalling.value && (
        <Dialog title={t().sosAsk} onClose={() => { isCalling.value = false; }}>
          <p>{t().sosLead}</p>
          <div class="sheet-buttons"><button type="button" onClick={() => { isCalling.value = false; }}>{t().no}</button>
            <button type="button" class="danger" onClick={() => { isCalling.value = false; void cry(); }}>{t().sosSend}</button></div>
        </Dialog>
      )}
    </>
  );
}

function Tonight({ of }: { of: View }) {
  return (
    <>
      {isCut.value && <p class="trouble" role="alert">{t().offline}</p>}
      <section class="pair"><h1>{of.pair.name}</h1><p>{t().duty(toMinute(of.pair.begins_at), toMinute(of.pair.ends_at))}</p>
        <p class={placing.value === "denied" ? "warn" : "quiet-text"}>{t().place[placing.value]}</p></section>
      <Help of={of} />
      {of.bookings.map((one) => <BookingCard key={one.booking_id} of={one} />)}
      {of.bookings.length === 0 && <p class="region-state">{t().none}</p>}
      {of.later.length > 0 && <section class="later"><h2>{t().later}</h2><ul>{of.later.map((one) => <li key={one}>{t().laterAt(toMinute(one))}</li>)}</ul></section>}
      <WayBack of={of} />
      <p class="quiet-text recorded">{t().recorded}</p>
    </>
  );
}

const HEADS: Record<string, () => string> = { ended: () => t().goneHead, bound: () => t().boundHead, no_link: () => t().noLinkHead, locked: () => t().lockedHead };

function Body() {
  if (stage.value === "loading") return <p class="message" role="status">{isCut.value ? t().unreachable : t().loading}</p>;
  if (stage.value === "code") return <Code />;
  if (stage.value === "open" && view.value) return <Tonight of={view.value} />;
  return <section class="message" role="alert"><h1>{HEADS[stage.value]?.() ?? t().goneHead}</h1>{problem.value && <p class="reason">{said(problem.value)}</p>}</section>;
}

function Page() {
  document.title = t().title;
  const center = view.value?.center;
  return (
    <div class={`page is-${stage.value}`}>
      <header><img src="/static/mark.svg" alt="" width="28" height="28" /><strong>{t().title}</strong><ThemeSwitch /><LanguageSwitch label={t().otherLanguage} /></header>
      <main><Body /></main>
      {stage.value === "open" && (
        <footer class="scout-foot">
          {center?.callback && <a class="call" href={`tel:${center.callback.replace(/[^+\d]/g, "")}`}>{t().call(named(center))}</a>}
          <button type="button" class="danger" onClick={() => { isCalling.value = true; }}>{t().sos}</button>
        </footer>
      )}
    </div>
  );
}

document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible" && stage.peek() === "open") void ask(); });
void ask();
render(<Page />, document.getElementById("page")!);
