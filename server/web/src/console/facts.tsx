import { useComputed } from "@preact/signals";
import { now, secondsSince, stopwatch } from "../clock";
import { named } from "../lang";
import { t } from "../texts/console";
import { l } from "../texts/links";
import { w } from "../texts/work";
import { a } from "../texts/asks";
import { triggerWords as askWords } from "../asked";
import type { IncidentCard } from "../wire";
import { asksAgain, isNew, isOpen, isPre } from "./feed";
import { placeOf } from "./place-known";
import { RoleBadge } from "./roles";
import { detail, me } from "./seat";

/** Pieces that both the queue and the incident panel show. Each timer is a leaf: only it renders each second. */
const LATE_S = 15;
const VERY_LATE_S = 60;
export const STALE_S = 15;

export function since(card: IncidentCard): string {
  return card.active_at ?? card.opened_at;
}

/** Time since the alarm. Aloud only once, by the card; a screen reader must not hear each second. */
export function Waiting({ card }: { card: IncidentCard }) {
  const end = card.closed_at;
  const seconds = useComputed(() =>
    end ? Math.max(0, Math.floor((Date.parse(end) - Date.parse(since(card))) / 1000)) : secondsSince(since(card)));
  const late = !isNew(card) ? "" : seconds.value >= VERY_LATE_S ? "very-late" : seconds.value >= LATE_S ? "late" : "";
  return <span class={`timer waiting ${late}`} aria-hidden="true">{late === "very-late" ? "!! " : late ? "! " : ""}{stopwatch(seconds.value)}</span>;
}

const isRead = (card: IncidentCard) => detail.value?.incidentId === card.incident_id && detail.value.loaded && !detail.value.problem;

/** In place of a position: that it is on its way, or that there is none, in these words. */
export function NoPlace({ card, none }: { card: IncidentCard; none: string }) {
  const isComing = useComputed(() => placeOf(card, { nowMs: now.value, isRead: isRead(card) }) === "coming");
  return isComing.value ? <span>{t().positionComing}</span> : <span class="warn">{none}</span>;
}

/** How old the position is, in words; amber with a sign when it should not be trusted. */
export function PositionAge({ card }: { card: IncidentCard }) {
  if (!card.position) return <NoPlace card={card} none={t().noPosition} />;
  const age = secondsSince(card.position.fixed_at);
  return <span class={age > STALE_S ? "warn" : ""} aria-hidden="true">{age > STALE_S ? "◌ " : ""}{t().age(age)}</span>;
}

export function isStale(card: IncidentCard): boolean {
  return card.position !== null && (now.value - Date.parse(card.position.fixed_at)) / 1000 > STALE_S;
}

/** What an agency asks, how it stands, and the time to decide. */
export function AskLine({ card }: { card: IncidentCard }) {
  const one = card.requests.find((asks) => asks.state === "received") ?? card.requests[0];
  const left = useComputed(() => (one?.verify_due_at ? Math.ceil((Date.parse(one.verify_due_at) - now.value) / 1000) : 0));
  if (!one) return null;
  const isLate = one.state === "received" && (one.is_overdue || left.value <= 0);
  const time = one.state !== "received" ? "" : isLate ? `! ${a().console.overdue}` : a().console.decideIn(stopwatch(left.value));
  return (
    <span class="fact ask-line" data-ask={one.state}>
      <span>{a().state[one.state] ?? one.state}</span>
      {time && <span class={`timer${isLate ? " late" : ""}`}>{time}</span>}
    </span>
  );
}

/** State = shape + word + colour. */
export function StateMark({ card }: { card: IncidentCard }) {
  const kind = isPre(card) ? "pre" : isNew(card) && card.state === "received" ? "received" : card.state;
  const shape: Record<string, string> = {
    pre: "○", received: "▲", acknowledged: "●", verified: "●", dispatched: "■", on_scene: "■",
  };
  return <span class={`mark mark-${kind}`}><span aria-hidden="true">{shape[kind] ?? "✓"}</span> {t().state[kind] ?? kind}</span>;
}

export function Badges({ card }: { card: IncidentCard }) {
  const flags = card.flags.filter((flag) => flag !== "no_position");
  return (
    <span class="badges">
      {card.is_drill && <span class="badge drill">{card.banner === "exercise" ? w().exercise : t().drill}</span>}
      {card.classification === "grave" && <span class="badge alarm">{w().classified.grave}</span>}
      {card.repeat && isOpen(card) && <span class="badge repeat" title={w().repeatHint}>{w().repeat(card.repeat.false_before)}</span>}
      {card.reminders > 0 && isOpen(card) && <span class="badge reminder">{w().reminder(card.reminders)}</span>}
      {asksAgain(card) && <span class="badge alarm">{l().again}</span>}
      {card.alert_ids.length > 1 && <span class="badge">{l().inOne(card.alert_ids.length)}</span>}
      {card.is_duress && <span class="badge alarm">{t().duressShort}</span>}
      {card.escalation_level > 0 && isOpen(card) && <span class="badge alarm">{t().escalation[Math.min(2, card.escalation_level)]}</span>}
      <RoleBadge card={card} />
      {card.superseded && card.role === "owner" && <span class="badge">{t().superseded}</span>}
      {flags.map((flag) => <span class="badge" key={flag}>{t().flag[flag] ?? flag}</span>)}
    </span>
  );
}

export function ownerWords(card: IncidentCard): string {
  if (!card.owner) return t().nobody;
  return card.owner.account_id === me.value?.account_id ? `${card.owner.name} (${t().mine})` : card.owner.name;
}

/** Who it is; one that nobody raised says how it came to be. */
export function callerWords(card: IncidentCard): string {
  if (card.caller.name_masked) return card.caller.name_masked;
  const asks = card.requests[0];
  if (asks) return named(asks.agency) + (asks.branch ? ` · ${asks.branch}` : "");
  if (card.origin === "exercise") return w().exercise;
  return card.origin === "observed" || card.alert_ids.length === 0 ? w().observed : "?";
}

const LONG_NAME = 10;
/** An agency's name takes more room than a person's. */
export const whoClass = (words: string): string => (words.length > LONG_NAME ? "who long" : "who");

/** "안양시 · 관할 구역 안", with the distance when it was not inside. */
export function whereWords(card: IncidentCard): string {
  const a = card.assignment;
  const reason = a?.reason ? t().reason[a.reason] ?? a.reason : ""; // one that the desk itself opened was assigned by nobody
  const distance = a?.distance_m ? ` ${t().metres(Math.round(a.distance_m))}` : "";
  return [named(card.center), reason + distance].filter(Boolean).join(" · ");
}

export function triggerWords(card: IncidentCard): string {
  if (card.requests[0]) return askWords(card.requests[0].trigger);
  if (card.origin === "exercise") return w().exercise;
  return t().trigger[card.trigger || "observed"] ?? card.trigger;
}

export function accuracyWords(card: IncidentCard): string {
  return card.position ? t().accuracy(Math.round(card.position.accuracy_m)) : "";
}
