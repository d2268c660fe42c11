import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { toMinute } from "../clock";
import { lang } from "../lang";
import { t } from "../texts/sos";
import { lastHeard, speak, type Cry, type Said } from "./cry";
import { uuid7 } from "./ids";
import { speakUp } from "./line";
import { answersTo, offered, words } from "./phrases";
import { change } from "./state";

const LONGEST = 500;

export function sayLine(held: Cry, line: { kind: Said["kind"]; code?: string; text?: string }): void {
  const now = Date.now();
  const said: Said = {
    said_id: uuid7(now), by: "person", kind: line.kind, code: line.code ?? "", text: (line.text ?? "").slice(0, LONGEST),
    language: lang.peek(), at: new Date(now).toISOString(), ref: lastHeard(held),
  };
  change(held.alert_id, (one) => speak(one, said));
  speakUp();
}

function textOf(line: Said): string {
  return line.kind === "call" ? t().callThem(line.text) : (line.code && words(line.code)) || line.text || line.code;
}

/** The center's last question, while she has not said anything after it. */
export function openQuestion(held: Cry): Said | null {
  const last = held.lines.findLast((one) => one.by === "operator");
  if (!last || held.lines.at(-1) !== last || answersTo(last.code).length === 0) return null;
  return last;
}

export function Talk({ held }: { held: Cry }) {
  const text = useSignal("");
  const log = useRef<HTMLDivElement>(null);
  useEffect(() => { if (log.current) log.current.scrollTop = log.current.scrollHeight; }, [held.lines.length]);
  const question = openQuestion(held);
  const codes = question ? answersTo(question.code) : offered();
  function write(event: SubmitEvent): void {
    event.preventDefault();
    if (!text.peek().trim()) return;
    sayLine(held, { kind: "text", text: text.peek().trim() });
    text.value = "";
  }
  return (
    <section class="card talk" aria-labelledby="talk-head">
      <h2 id="talk-head">{t().talkHead}</h2>
      <p class="quiet-text">{t().talkLead}</p>
      <div ref={log} class="talk-lines" role="log" tabIndex={0} aria-labelledby="talk-head"><ol>
        {held.lines.length === 0 && <li class="quiet-text">{t().talkEmpty}</li>}
        {held.lines.map((line) => (
          <li key={line.said_id} class={line.by === "person" ? "mine" : "theirs"}>
            <span class="who">{line.by === "person" ? t().you : t().center} · {toMinute(line.at)}</span>
            {line.kind === "call" ? <a class="bubble" href={`tel:${line.text.replace(/[^0-9+]/g, "")}`}>{textOf(line)}</a> : <span class="bubble">{textOf(line)}</span>}
            {held.unsaid.includes(line.said_id) && <span class="who">{t().notDelivered}</span>}
          </li>
        ))}
      </ol></div>
      <div class="quick" role="group" aria-label={question ? t().answerHead : t().quickHead} data-question={question?.code ?? ""}>
        {codes.map((code) => (
          <button key={code} type="button" class={question ? "primary" : ""} onClick={() => sayLine(held, { kind: question && (code === "yes" || code === "no") ? "tap" : "quick", code })}>{words(code)}</button>
        ))}
      </div>
      <form class="write" onSubmit={write}>
        <label class="hidden-text" for="write">{t().write}</label>
        <input id="write" value={text.value} maxLength={LONGEST} autocomplete="off" placeholder={t().write} onInput={(event) => { text.value = event.currentTarget.value; }} />
        <button type="submit">{t().send}</button>
      </form>
    </section>
  );
}
