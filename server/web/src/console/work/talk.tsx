import { type Signal, useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { asProblem } from "../../api";
import { now, timeOfDay } from "../../clock";
import { lang, said } from "../../lang";
import { k } from "../../texts/talk";
import { t } from "../../texts/console";
import type { IncidentCard, Problem } from "../../wire";
import { feed, me } from "../seat";
import { Calls } from "./call";
import { Picker } from "./picker";
import { Silent } from "./silent";
import { hasPhone, type Line, loadPhrases, loadTalk, phrases, say, talk, type Say, type Talk } from "./talk-state";

/** The silent talk: what was said, what she may be asked by taps, and where to write. */
export const inWords = (line: Line) => (lang.value === "ko" ? line.ko : line.en) || line.text;

function Bubble({ line }: { line: Line }) {
  const isHers = line.by === "person";
  const isDanger = isHers && line.code === "danger";
  const who = isHers ? k().person : line.account_id === me.value?.account_id ? k().me : line.name || k().earlier;
  const hers = line.text && line.text !== inWords(line) ? line.text : "";
  return (
    <li class={`said ${isHers ? "hers" : "ours"}${isDanger ? " danger" : ""}`} data-said={line.by} data-code={line.code || undefined} data-heard={line.heard_at ? "yes" : "no"}>
      <p class="words">{isDanger && <strong>!! {k().danger} · </strong>}{inWords(line)}{hers && <span class="in-hers" lang={line.language}>{hers}</span>}</p>
      <p class="by">{who} · {timeOfDay(line.received_at)}{!isHers && ` · ${line.heard_at ? k().heard(timeOfDay(line.heard_at)) : k().unheard}`}</p>
    </li>
  );
}

function Lines({ lines }: { lines: Line[] }) {
  const list = useRef<HTMLOListElement>(null);
  const count = lines.length;
  useEffect(() => { list.current?.scrollTo({ top: list.current.scrollHeight }); }, [count]);
  if (count === 0) return <div class="region-state talk-empty"><p>{k().empty}</p><p>{k().emptyHint}</p></div>;
  return <ol class="said-lines" ref={list} aria-label={k().head} aria-live="polite" tabIndex={0}>{lines.map((line) => <Bubble key={line.said_id} line={line} />)}</ol>;
}

/** Why nothing can be said now; of too many lines, for how long. */
function WhyNot({ held, at, card }: { held: Talk; at: number; card: IncidentCard }) {
  const left = useComputed(() => { void now.value; return Math.ceil(held.wait_s - (Date.now() - at) / 1000); });
  useEffect(() => {
    if (held.wait_s <= 0) return;
    const timer = setTimeout(() => void loadTalk(card.incident_id), held.wait_s * 1000 + 200);
    return () => clearTimeout(timer);
  }, [at]);
  if (held.may_say) return null;
  return <p class="banner talk-closed" data-why={held.why_not}>{k().whyNot[held.why_not] ?? held.why_not} {left.value > 0 && <span class="timer">{k().wait(left.value)}</span>}</p>;
}

const drafts = new Map<string, string>();

function useSaying(card: IncidentCard) {
  const problem = useSignal<Problem | null>(null);
  const isSending = useSignal(false);
  const last = useRef<Promise<unknown>>(Promise.resolve());
  /** One after the other, in the order they were said: what is typed while a line is on its way is not lost. */
  const send = (line: Say): Promise<boolean> => {
    const turn = last.current.then(() => sendNow(line));
    last.current = turn;
    return turn;
  };
  const sendNow = async (line: Say): Promise<boolean> => {
    isSending.value = true;
    problem.value = null;
    try {
      await say(card.incident_id, line);
      return true;
    } catch (error) {
      problem.value = asProblem(error);
      return false;
    } finally {
      isSending.value = false;
    }
  };
  return { problem, isSending, send };
}

function Composer({ card, mayWrite, isSending, picking, send }: {
  card: IncidentCard; mayWrite: boolean; isSending: Signal<boolean>; picking: Signal<"" | "question" | "phrase">; send: (line: Say) => Promise<boolean>;
}) {
  const draft = useSignal(drafts.get(card.incident_id) ?? "");
  const set = (words: string) => { draft.value = words; drafts.set(card.incident_id, words); };
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const text = draft.value.trim();
    if (!text || !mayWrite) return;
    set(""); // a second Enter does not say it twice
    if (!(await send({ kind: "text", text, language: lang.peek() })) && !draft.peek()) set(text);
  };
  return (
    <form class="composer" onSubmit={submit}>
      <button type="button" disabled={!mayWrite} aria-pressed={picking.value === "question"} onClick={() => { picking.value = picking.value === "question" ? "" : "question"; }}>{k().ask}</button>
      <button type="button" disabled={!mayWrite} aria-pressed={picking.value === "phrase"} onClick={() => { picking.value = picking.value === "phrase" ? "" : "phrase"; }}>{k().phrases}</button>
      <label class="hidden-text" for="say">{k().input}</label>
      <input id="say" value={draft.value} maxLength={500} autocomplete="off" placeholder={k().placeholder} disabled={!mayWrite} onInput={(event) => set(event.currentTarget.value)} />
      <button type="submit" class="primary" disabled={!mayWrite || !draft.value.trim()}>{isSending.value ? k().sending : k().send}</button>
    </form>
  );
}

export function TalkPanel({ card }: { card: IncidentCard }) {
  const held = talk.value?.incidentId === card.incident_id ? talk.value : null;
  const { problem, isSending, send } = useSaying(card);
  const picking = useSignal<"" | "question" | "phrase">("");
  useEffect(() => { void loadPhrases(); if (hasPhone(card)) void loadTalk(card.incident_id); }, []);
  if (!hasPhone(card)) return <p class="region-state">{k().observed}</p>;
  if (["closed", "cancelled", "transferred"].includes(card.state)) return <p class="region-state">{k().whyNot.incident_closed}</p>;
  if (!held?.talk) {
    return held?.problem
      ? <div class="region-state trouble" role="alert"><p>{k().reload} {said(held.problem)}</p><button type="button" onClick={() => void loadTalk(card.incident_id)}>{t().retry}</button></div>
      : <p class="region-state" role="status">{t().tile.asking && k().sending && t().timeline.loading}</p>;
  }
  const mayWrite = held.talk.may_say && feed.link.state.value !== "lost";
  const pick = async (line: Say) => { if (await send(line)) picking.value = ""; };
  const language = phrases.value?.languages[held.talk.language];
  return (
    <div class="talk" data-may-say={held.talk.may_say}>
      <div class="talk-top">
        {held.talk.language !== lang.value && <span class="badge">{k().language(language ?? held.talk.language)}</span>}
        <Calls card={card} talk={held.talk} />
      </div>
      {mayWrite && <Silent silent={held.talk.silent} send={pick} />}
      {picking.value ? <Picker use={picking.value} language={held.talk.language} pick={pick} back={() => { picking.value = ""; }} /> : <Lines lines={held.talk.lines} />}
      <WhyNot held={held.talk} at={held.at} card={card} />
      {(problem.value ?? held.problem) && <p class="trouble" role="alert">{said((problem.value ?? held.problem)!)}</p>}
      <Composer card={card} mayWrite={mayWrite} isSending={isSending} picking={picking} send={send} />
    </div>
  );
}
