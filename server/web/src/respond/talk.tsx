import { useSignal } from "@preact/signals";
import { timeOfDay } from "../clock";
import { Dialog } from "../dialog";
import { named, said } from "../lang";
import { u } from "../texts/follow-ups";
import { t } from "../texts/respond";
import { Watermark } from "../watermark";
import type { Problem } from "../wire";
import { base, tell, view, type View } from "./source";

/** Pictures that operators sent, and the thread. What could not be sent stays in the field. */
function Still({ of, index, onClose, onIndex }: { of: View["stills"]; index: number; onClose: () => void; onIndex: (next: number) => void }) {
  const failed = useSignal(false);
  const attempt = useSignal(0);
  const one = of[index];
  const dispatch = view.value?.dispatch;
  return (
    <Dialog title={t().stillAt(one.camera.name, timeOfDay(one.at))} onClose={onClose}>
      {failed.value
        ? <p class="trouble" role="alert">{t().stillFailed} <button type="button" onClick={() => { failed.value = false; attempt.value += 1; }}>{t().retry}</button></p>
        : (
          <div class="still-frame">
            <img class="still-large" key={`${one.still_id}${attempt.value}`} src={`${base}/stills/${one.still_id}`} alt={t().stillAt(one.camera.name, timeOfDay(one.at))} onError={() => { failed.value = true; }} />
            {dispatch && <Watermark viewer={`${named(dispatch.agency)} ${dispatch.unit}`.trim()} caseNo={dispatch.case_no} />}
          </div>
        )}
      <div class="sheet-buttons">
        {index + 1 < of.length && <button type="button" onClick={() => onIndex(index + 1)}>{t().previous}</button>}
        {index > 0 && <button type="button" onClick={() => onIndex(index - 1)}>{t().next}</button>}
        <button type="button" class="primary" onClick={onClose}>{t().close}</button>
      </div>
    </Dialog>
  );
}

/** Fetched only when opened: each picture that is fetched is a release of its own. */
export function Stills({ of }: { of: View }) {
  const shown = useSignal<number | null>(null);
  return (
    <section class="stills" aria-labelledby="stills-head">
      <h2 id="stills-head">{t().stills} <small>{of.stills.length || ""}</small></h2>
      {of.stills.length === 0 ? <p class="quiet-text">{t().noStills}</p> : (
        <ul>{of.stills.map((one, i) => (
          <li key={one.still_id}><button type="button" data-still={one.still_id} onClick={() => { shown.value = i; }}>
            <svg viewBox="0 0 20 20" width="22" height="22" aria-hidden="true"><path d="M1.5 3h17v14h-17zm2 2v8.5l4-4 3 3 2.5-2.5 3.5 3.5V5zM13 6.5a1.5 1.5 0 1 1 0 3a1.5 1.5 0 0 1 0-3z" fill="currentColor" /></svg>
            <span>{one.camera.name || t().stills}</span><small>{timeOfDay(one.at)}</small>
          </button></li>
        ))}</ul>
      )}
      {shown.value !== null && of.stills[shown.value] && <Still of={of.stills} index={shown.value} onClose={() => { shown.value = null; }} onIndex={(next) => { shown.value = next; }} />}
    </section>
  );
}

export function Thread({ of }: { of: View }) {
  const text = useSignal("");
  const problem = useSignal<Problem | null>(null);
  const isBusy = useSignal(false);
  const send = async (words: string) => {
    if (!words.trim() || isBusy.value) return;
    isBusy.value = true;
    problem.value = await tell("messages", { text: words.trim() });
    if (!problem.value && words === text.value) text.value = "";
    else if (problem.value && !text.value) text.value = words;
    isBusy.value = false;
  };
  return (
    <section class="thread" aria-labelledby="thread-head">
      <h2 id="thread-head">{t().thread}</h2>
      {!of.dispatch.may_write ? <p class="quiet-text">{t().noWords}</p> : <>
      <ul class="quick" aria-label={t().quickLabel}>{t().quick.map((words) => <li key={words}><button type="button" disabled={isBusy.value} onClick={() => void send(words)}>{words}</button></li>)}</ul>
      <form onSubmit={(event) => { event.preventDefault(); void send(text.value); }}>
        <input aria-label={t().write} placeholder={t().write} maxLength={1000} autocomplete="off" enterkeyhint="send" value={text.value} onInput={(event) => { text.value = event.currentTarget.value; }} />
        <button type="submit" class="primary" disabled={isBusy.value || !text.value.trim()}>{t().send}</button>
      </form>
      </>}
      {problem.value && <p class="trouble" role="alert">{problem.value.code === "unreachable" ? t().notSent : said(problem.value)}</p>}
      {of.messages.length === 0 ? <p class="quiet-text">{t().noMessages}</p> : (
        <div role="log" aria-label={t().thread}><ol>{[...of.messages].reverse().map((one) => (
          <li key={one.message_id} class={`by-${one.by}`}><small>{t().by[one.by] ?? one.by} {one.name} · {timeOfDay(one.at)}</small><p>{one.asks ? u().line(u().kinds[one.asks] ?? one.asks) : ""} {one.text}</p></li>
        ))}</ol></div>
      )}
    </section>
  );
}
