import { useComputed } from "@preact/signals";
import { now } from "../../clock";
import { t } from "../../texts/console";
import { w } from "../../texts/work";
import type { DispatchCard, IncidentCard } from "../../wire";
import { LatestAsking } from "../asking";
import { ownerWords } from "../facts";
import { isNew } from "../feed";
import { Key } from "../key-list";
import { acknowledge, acknowledgeKey, closeKey, dispatchKey, feed, sheet } from "../seat";
import { Icon } from "./icons";
import { closedBecause, Do, told } from "./parts";
import { isMine, nextStage } from "./rules";
import { hasPhone, tab } from "./talk-state";
import { me } from "../seat";
import { workKey } from "./commands";

export function dispatchTo(card: IncidentCard, agency: "112" | "119"): DispatchCard | undefined {
  const kind = (d: DispatchCard) => [d.agency.kind, d.agency.agency_id].some((name) => name.includes(agency));
  return card.dispatches.find(kind);
}

function DispatchButton({ card, agency }: { card: IncidentCard; agency: "112" | "119" }) {
  const held = dispatchTo(card, agency);
  const words = agency === "112" ? t().actions.dispatch112 : t().actions.dispatch119;
  return (
    <Do card={card} command="dispatch" class={`big to-${agency}`} onClick={() => { sheet.value = { kind: "dispatch", agency }; }}>
      <span>{words} <Key of={agency === "112" ? "dispatch112" : "dispatch119"} /></span>
      {held && <small>■ {t().dispatch.state[held.state] ?? held.state}</small>}
    </Do>
  );
}

function openTalk(card: IncidentCard, isCall: boolean): void {
  tab.value = "talk";
  if (isCall && hasPhone(card)) sheet.value = { kind: "call" };
  else requestAnimationFrame(() => document.getElementById("say")?.focus());
}

/** Second row: what is done in every incident. A closed one has only its way back. */
function Second({ card }: { card: IncidentCard }) {
  const words = w();
  const mayTake = card.owner !== null && !isMine({ card, me: me.value });
  const isEnded = ["closed", "cancelled", "transferred"].includes(card.state);
  return (
    <div class="actions-second">
      <Do card={card} command="talk" onClick={() => openTalk(card, false)}><Icon name="talk" />{words.talk}</Do>
      <Do card={card} command="talk" onClick={() => openTalk(card, true)}><Icon name="call" />{words.call}</Do>
      <Do card={card} command="classify" onClick={() => { sheet.value = { kind: "classify" }; }}><Icon name="classify" />{words.classify}</Do>
      {mayTake
        ? <Do card={card} command="take_over" onClick={() => { sheet.value = { kind: "reason", command: "take_over" }; }}><Icon name="hand" />{words.takeOver}</Do>
        : <Do card={card} command="hand_over" onClick={() => { sheet.value = { kind: "hand_over" }; }}><Icon name="hand" />{words.handOver}</Do>}
      {isEnded
        ? <Do card={card} command="reopen" onClick={() => { sheet.value = { kind: "reason", command: "reopen" }; }}><Icon name="reopen" />{words.reopen}</Do>
        : <Do card={card} command="close" class="close" onClick={() => { sheet.value = { kind: "close" }; }}><Icon name="done" />{words.close}</Do>}
    </div>
  );
}

/** What to do next, in words; a leaf, since a stage can become late at any second. */
function Next({ card }: { card: IncidentCard }) {
  const stage = useComputed(() => nextStage(card, now.value)?.name ?? "");
  if (isNew(card)) return <>{w().next.take}</>;
  if (card.owner === null || card.closed_at) return null;
  return <>{stage.value ? w().next[stage.value] : w().next.all}</>;
}

/** One line whose place is always kept: why not, what is being sent, what was refused, or what comes next. */
function StatusLine({ card }: { card: IncidentCard }) {
  const id = card.incident_id;
  const keys = [acknowledgeKey(id), dispatchKey(id, "112"), dispatchKey(id, "119"), closeKey(id), workKey(id)];
  const why = told.value?.incidentId === id ? told.value.why : "";
  return (
    <div class="status-line">
      {why && <p class="asking warn" role="status" data-why={why}>{w().why[why]}</p>}
      {!why && feed.link.state.value === "lost" && <p class="asking trouble">{t().offline}</p>}
      {!why && <LatestAsking of={keys}><p class="quiet-text"><Next card={card} /></p></LatestAsking>}
    </div>
  );
}

/** The same place for each button, always; what can't be done now is grey and says why, not gone. */
export function Actions({ card }: { card: IncidentCard }) {
  const mayTake = closedBecause(card, "acknowledge") === "";
  return (
    <div class="actions">
      <Do card={card} command="acknowledge" class={`big take${isNew(card) ? " danger" : ""}`} onClick={() => void acknowledge(card.incident_id)}>
        <span>{t().takeThis} {mayTake && <Key of="take" />}</span>
        {card.owner && <small>● {ownerWords(card)}</small>}
      </Do>
      <DispatchButton card={card} agency="112" />
      <DispatchButton card={card} agency="119" />
      <Second card={card} />
      <StatusLine card={card} />
    </div>
  );
}
