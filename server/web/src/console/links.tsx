import { signal, useSignal } from "@preact/signals";
import { timeOfDay } from "../clock";
import { named } from "../lang";
import { t } from "../texts/console";
import { l } from "../texts/links";
import type { AlertLink, IncidentCard } from "../wire";
import { Asking } from "./asking";
import { asksAgain, isNew, isPre, mayAct } from "./feed";
import { acknowledge, feed, queue, select } from "./seat";

/** What was done last, and how it is taken back; it stands until the next one. */
const undo = signal<{ words: string; run: () => Promise<void> } | null>(null);
export const linkKey = (id: string) => `link:${id}`;

async function command(name: string, id: string, args: object): Promise<Record<string, unknown> | null> {
  return feed.command(linkKey(id), name, id, args);
}

async function merge(id: string, into: string): Promise<void> {
  const answer = await command("merge", id, { into });
  if (!answer) return;
  const moved = answer.moved as string[];
  undo.value = {
    words: l().merged,
    run: async () => { for (const alert of moved) await split(into, alert, id); },
  };
  select(into);
}

async function split(id: string, alert: string, backTo?: string): Promise<void> {
  const answer = await command("split", id, { alert_id: alert });
  if (!answer) return;
  const to = answer.to as string;
  undo.value = backTo ? null : { words: l().splitDone, run: async () => { await merge(to, id); undo.value = null; } };
  select(backTo ?? to);
}

async function link(id: string, other: string, name: "link" | "unlink" = "link"): Promise<void> {
  if (!(await command(name, id, { with: other }))) return;
  const back = name === "link" ? "unlink" : "link";
  undo.value = {
    words: name === "link" ? l().linked : l().unlinked,
    run: async () => { await link(id, other, back); undo.value = null; },
  };
}

function isOff(card: IncidentCard): boolean {
  return !mayAct(card) || isPre(card) || feed.link.state.value === "lost";
}

/** She has pressed again while somebody has it: rings until it is answered. */
export function PressedAgain({ card }: { card: IncidentCard }) {
  if (!asksAgain(card) || isNew(card)) return null;
  return (
    <p class="banner alarm pressed-again" role="alert">
      {l().againBanner}{" "}
      <button type="button" class="heard" disabled={feed.link.state.value === "lost"} onClick={() => void acknowledge(card.incident_id)}>{l().heard}</button>
    </p>
  );
}

function Alerts({ card }: { card: IncidentCard }) {
  if (card.alerts.length < 2) return null;
  return (
    <ol class="alerts" aria-label={l().alerts}>
      {card.alerts.map((alert, i) => (
        <li key={alert.alert_id} data-alert={alert.alert_id}>
          <span>{l().nth(i + 1)} · {timeOfDay(alert.received_at)} · {alert.name_masked || "?"} · {t().trigger[alert.trigger] ?? alert.trigger}
            {" · "}{alert.superseded ? l().moved : l().phase[alert.phase] ?? alert.phase}</span>
          <button type="button" disabled={isOff(card)} onClick={() => void split(card.incident_id, alert.alert_id)}>{l().split}</button>
        </li>
      ))}
    </ol>
  );
}

/** One row for each incident that is linked, open ones first: also those linked to the same alert as this one, whose own
 * incident may be closed by now. */
function rowsOf(card: IncidentCard): AlertLink[] {
  const known = new Map<string, AlertLink>();
  const mine = [...card.links];
  const shared = new Set(card.links.filter((one) => one.kind !== "same_number").map((one) => one.other_id));
  for (const held of feed.open.value) { // links are kept at the later alert: the earlier one's card sees them too
    for (const one of held.value.links) {
      if (card.alert_ids.includes(one.other_id) && held.value.incident_id !== card.incident_id) {
        mine.push({ ...one, alert_id: one.other_id, other_id: one.alert_id, incident_id: held.value.incident_id, center: held.value.center });
      } else if (shared.has(one.other_id) && one.kind !== "same_number" && held.value.incident_id !== card.incident_id) {
        mine.push({ ...one, other_id: held.value.alert_ids[0], incident_id: held.value.incident_id, center: held.value.center });
      }
    }
  }
  for (const one of mine) {
    const key = one.incident_id ?? one.other_id;
    if (!known.has(key)) known.set(key, one);
  }
  const waiting = new Set(queue.value.map((one) => one.incident_id));
  const isOpen = (one: AlertLink) => Number(one.incident_id !== null && waiting.has(one.incident_id));
  return [...known.values()].sort((a, b) => isOpen(b) - isOpen(a));
}

function Row({ card, link: one }: { card: IncidentCard; link: AlertLink }) {
  const other = feed.card(one.incident_id);
  const mayMerge = !isOff(card) && other !== null && mayAct(other) && !isPre(other) && other.center.code === card.center.code;
  return (
    <li data-link={one.kind}>
      <span>{l().kind[one.kind] ?? one.kind} · {other ? `${other.caller.name_masked || "?"} · ${timeOfDay(other.opened_at)}` : l().elsewhere(named(one.center))}</span>
      {one.incident_id && <button type="button" onClick={() => select(one.incident_id!)}>{l().open}</button>}
      {mayMerge && <button type="button" onClick={() => void merge(card.incident_id, one.incident_id!)}>{l().merge}</button>}
      {one.kind === "manual" && one.incident_id && (
        <button type="button" disabled={isOff(card)} onClick={() => void link(card.incident_id, one.incident_id!, "unlink")}>{l().unlink}</button>
      )}
    </li>
  );
}

function Choose({ card }: { card: IncidentCard }) {
  const chosen = useSignal("");
  const others = queue.value.filter((one) => one.incident_id !== card.incident_id && !isPre(one));
  const other = others.find((one) => one.incident_id === chosen.value);
  if (others.length === 0 || !mayAct(card) || isPre(card)) return null;
  return (
    <div class="choose-other">
      <label for="other-incident">{l().other}</label>
      <select id="other-incident" value={chosen.value} onChange={(event) => { chosen.value = event.currentTarget.value; }}>
        <option value="">{l().choose}</option>
        {others.map((one) => (
          <option key={one.incident_id} value={one.incident_id}>{one.caller.name_masked || "?"} · {timeOfDay(one.opened_at)} · {named(one.center)}</option>
        ))}
      </select>
      <button type="button" disabled={!other || isOff(card) || other.center.code !== card.center.code} title={l().mergeHint}
        onClick={() => void merge(card.incident_id, chosen.value)}>{l().merge}</button>
      <button type="button" disabled={!other || isOff(card)} onClick={() => void link(card.incident_id, chosen.value)}>{l().link}</button>
    </div>
  );
}

const SHOWN = 8;

export function Links({ card }: { card: IncidentCard }) {
  const rows = rowsOf(card);
  const done = undo.value;
  return (
    <section class="links" aria-labelledby="links-head">
      <h3 id="links-head">{l().head}{rows.length > 0 && <span class="badge">{l().kind[rows[0].kind]} {Math.max(rows.length, card.link_count)}</span>}</h3>
      {done && (
        <p class="asking" role="status">
          {done.words} <button type="button" disabled={feed.link.state.value === "lost"} onClick={() => void done.run()}>{l().undo}</button>
        </p>
      )}
      {card.merged_into && (
        <p class="banner">{l().mergedInto} <button type="button" onClick={() => select(card.merged_into!)}>{l().openTarget}</button></p>
      )}
      <Alerts card={card} />
      {rows.length > 0 && <ul>{rows.slice(0, SHOWN).map((one) => <Row key={`${one.other_id}${one.kind}`} card={card} link={one} />)}</ul>}
      {rows.length > SHOWN && <p class="quiet-text">{l().more(Math.max(rows.length, card.link_count) - SHOWN)}</p>}
      <Choose key={card.incident_id} card={card} />
      <Asking of={linkKey(card.incident_id)} onlyErrors />
    </section>
  );
}
