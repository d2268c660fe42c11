import { useSignal } from "@preact/signals";
import { lang } from "../lang";
import { t } from "../texts/sos";
import { ThemeSwitch } from "../theme-switch";
import { newCry } from "./cry";
import { HoldButton } from "./hold-button";
import { fix, trouble, watch } from "./place";
import { sendUntilAccepted } from "./send";
import { heldElsewhere, isDrill, keep } from "./state";
import { who } from "./who";

/** The cry is on the device before anything is sent, and only then the browser may ask about the place. */
export function raise(words: string): void {
  const now = Date.now();
  keep(heldElsewhere() ?? newCry(now, { isDrill: isDrill.peek(), language: lang.peek(), fix: fix.peek(), words }));
  isDrill.value = false;
  void sendUntilAccepted();
  watch();
}

const ROUGH_M = 200;

/** What is known of the place, in words; also used while it runs. */
export function PlaceWords() {
  const at = fix.value;
  if (trouble.value === "denied") return <><p class="place-state is-missing">{t().placeDenied}</p><p class="quiet-text">{t().placeDeniedHow}</p></>;
  if (trouble.value === "unsupported") return <p class="place-state is-missing">{t().placeUnsupported}</p>;
  if (at) return <p class="place-state is-good">{at.accuracy_m > ROUGH_M ? t().placeRough(Math.round(at.accuracy_m)) : t().placeGood(Math.round(at.accuracy_m))}</p>;
  if (trouble.value === "missing") return <p class="place-state">{t().placeFinding}</p>;
  return (
    <>
      <button type="button" onClick={watch}>{t().placeAsk}</button>
      <p class="quiet-text">{t().placeWhy}</p>
    </>
  );
}

export function Ready({ isOnline }: { isOnline: boolean }) {
  const isSure = useSignal(false);
  const words = useSignal("");
  const isTest = isDrill.value;
  const needsWords = trouble.value === "denied" || trouble.value === "unsupported";
  return (
    <main class={isTest ? "is-drill" : ""} data-stage="ready">
      {isTest && <div class="drill-band" role="status"><strong>{t().drillHead}</strong> {t().drillLead}</div>}
      <div class="sos-head">
        <h1>{t().head}</h1>
      </div>
      {isSure.value ? (
        <div class="sure" role="group" aria-labelledby="sure-head">
          <h2 id="sure-head">{t().sureHead}</h2>
          <p>{isTest ? t().sureDrill : t().sureLead}</p>
          <button type="button" class={isTest ? "primary" : "danger"} ref={(made) => made?.focus()} onClick={() => raise(words.peek().trim())}>
            {isTest ? t().sureYesDrill : t().sureYes}
          </button>
          <button type="button" onClick={() => { isSure.value = false; }}>{t().sureNo}</button>
        </div>
      ) : (
        <>
          <HoldButton label={isTest ? t().drillHold : t().hold} hint={t().holdHint} isDrill={isTest} describedBy="sos-how"
            onDone={() => raise(words.peek().trim())} onClick={() => { isSure.value = true; }} />
          <p id="sos-how" class="hidden-text">{t().holdHow}</p>
          <button type="button" class="quiet cannot-hold" onClick={() => { isSure.value = true; }}>{t().cannotHold}</button>
        </>
      )}
      <p class="lead">{t().lead}</p>
      {!isOnline && <p class="offline-note" role="status">{t().offline}</p>}
      <section class="card" aria-labelledby="place-head">
        <h2 id="place-head">{t().placeHead}</h2>
        <PlaceWords />
        {needsWords && (
          <label class="field">{t().placeWords}
            <input value={words.value} maxLength={200} placeholder={t().placeWordsHint} onInput={(event) => { words.value = event.currentTarget.value; }} />
          </label>
        )}
      </section>
      <div class="below">
        <p class="quiet-text">{who.value ? t().enrolled(who.value.caller.nickname ?? "") : t().notEnrolled}</p>
        <div class="row">
          <button type="button" class="quiet" aria-pressed={isTest} onClick={() => { isDrill.value = !isTest; }}>{isTest ? t().drillOff : t().drillOn}</button>
          <a class="button-link" href="/mine">{who.value ? t().mine : t().enrol}</a>
          <ThemeSwitch />
        </div>
      </div>
    </main>
  );
}
