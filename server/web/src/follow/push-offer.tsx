import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../texts/push";
import { Bell } from "./icons";
import type { BrowserPush, PushState } from "./push";

const KEY = "ansim.push.later";

function wasPutOff(): boolean {
  try {
    return sessionStorage.getItem(KEY) === "1";
  } catch {
    return false;
  }
}

function Offer({ push, onLater }: { push: BrowserPush; onLater?: () => void }) {
  const isBusy = push.state.value === "busy";
  return (
    <>
      <p>{t().why}</p>
      <div class="choices">
        <button type="button" class="primary" disabled={isBusy} onClick={() => void push.turnOn()}>{isBusy ? t().busy : t().turnOn}</button>
        {onLater && <button type="button" class="quiet" onClick={onLater}>{t().later}</button>}
      </div>
    </>
  );
}

const SAYS: Partial<Record<PushState, () => string>> = {
  denied: () => t().denied, unsupported: () => t().unsupported, home_screen: () => t().homeScreen, failed: () => t().failed,
};

/** Explains once how to be notified; who says "later" is not asked again on this page. */
export function PushOffer({ push, mayPutOff = false }: { push: BrowserPush; mayPutOff?: boolean }) {
  const putOff = useSignal(mayPutOff && wasPutOff());
  useEffect(() => void push.look(), [push]);
  const state = push.state.value;
  if (state === "looking" || (putOff.value && state !== "on")) return null;
  const later = () => {
    putOff.value = true;
    try { sessionStorage.setItem(KEY, "1"); } catch { /* then it is asked again next time */ }
  };
  const words = SAYS[state]?.();
  return (
    <section class="push" data-push={state} aria-label={t().head}>
      <h2><Bell />{t().head}</h2>
      {state === "on" && <div class="choices even"><p role="status">{t().on}</p><button type="button" class="quiet" onClick={() => void push.turnOff()}>{t().turnOff}</button></div>}
      {(state === "off" || state === "busy") && <Offer push={push} onLater={mayPutOff ? later : undefined} />}
      {words && <p role="status">{words}</p>}
      {state === "failed" && <div class="choices"><button type="button" class="quiet" onClick={() => void push.turnOn()}>{t().again}</button></div>}
    </section>
  );
}
