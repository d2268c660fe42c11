import { useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { timeOfDay } from "../clock";
import { t } from "../texts/console";
import { l } from "../texts/links";
import type { IncidentCard } from "../wire";
import { acknowledge, acknowledgeKey, closed, feed, fresh, nextToTake, queue, select, selectedId } from "./seat";
import { isNew, isPre } from "./feed";
import { Asking } from "./asking";
import { Key } from "./key-list";
import { isMonitor } from "./page-kind";
import { grouped, type Group } from "./groups";
import { inHeldOrder } from "./held-order";
import { DeskTools, UnreadMark } from "./work/queue-parts";
import { accuracyWords, AskLine, Badges, callerWords, ownerWords, PositionAge, since, StateMark, triggerWords, Waiting, whereWords, whoClass } from "./facts";

const HOLD_MS = 1000;
const CROWD = 4;

/** The order on screen holds while the pointer or the focus is in the list, so that nothing moves under a hand. */
function useHeldOrder() {
  const order = useRef<IncidentCard[]>([]);
  const isHeld = useSignal(false);
  const timer = useRef(0);
  // worked out while it is drawn, not in an effect: that would come a picture later than the alert
  order.current = isHeld.value ? inHeldOrder(order.current, queue.value, isNew) : queue.value;
  const hold = () => { clearTimeout(timer.current); isHeld.value = true; };
  const free = () => {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => { isHeld.value = false; }, HOLD_MS);
  };
  return { shown: order.current, hold, free };
}

/** A card's click moves the focus on to the incident, so that Space then takes it. */
export function openAndFocus(incidentId: string): void {
  select(incidentId);
  document.getElementById("incident")?.focus({ preventScroll: true });
}

/** By its id: what happens to one incident renders this card and no other. */
function Card({ id }: { id: string }) {
  const card = feed.card(id);
  if (!card) return null;
  const isSelected = selectedId.value === id;
  const kind = isPre(card) ? "pre" : isNew(card) ? "new" : "worked";
  return (
    <li class={`card card-${kind}${isSelected ? " selected" : ""}`} data-incident={id} data-state={card.state}>
      <button type="button" class="card-open" aria-current={isSelected ? "true" : undefined} onClick={() => openAndFocus(id)}>
        <span class="row"><StateMark card={card} /><Waiting card={card} /></span>
        <strong class={whoClass(callerWords(card))} title={callerWords(card)}><span>{callerWords(card)}</span> <UnreadMark card={card} /></strong>
        <span class="fact">{whereWords(card)}</span>
        <span class="fact">{accuracyWords(card)} {card.position && "· "}<PositionAge card={card} /></span>
        <span class="fact">{triggerWords(card)} · {timeOfDay(since(card))}</span>
        <span class="fact">{t().facts.owner}: {ownerWords(card)}</span>
        <AskLine card={card} />
        <Badges card={card} />
      </button>
      {kind === "new" && (
        <button type="button" class="danger take" disabled={feed.link.state.value === "lost"}
          onClick={() => { openAndFocus(id); void acknowledge(id); }}>
          {t().take} {nextToTake.value?.incident_id === id && <Key of="take" />}
        </button>
      )}
      <Asking key={acknowledgeKey(id)} of={acknowledgeKey(id)} onlyErrors />
    </li>
  );
}

/** Many alerts of one place stay one group: each card is there, with what one needs to take it. */
function Together({ group }: { group: Group }) {
  const [first] = group.cards;
  if (group.cards.length === 1) return <Card id={first.incident_id} />;
  const words = group.isPlace ? l().group(group.cards.length) : l().linkedGroup(group.cards.length);
  return (
    <li class={`card-group${group.cards.length > CROWD ? " crowd" : ""}`} data-group={group.cards.length}>
      <h3>{words}</h3>
      <ul>{group.cards.map((card) => <Card key={card.incident_id} id={card.incident_id} />)}</ul>
    </li>
  );
}

export function Queue() {
  const { shown, hold, free } = useHeldOrder();
  return (
    <nav class="queue" aria-labelledby="queue-head" onPointerEnter={hold} onPointerLeave={free} onFocusIn={hold} onFocusOut={free}>
      <h2 id="queue-head">{t().regions.queue} <small>{t().counts(fresh.value.length, queue.value.length)}</small></h2>
      <div class="queue-scroll">
      {shown.length === 0
        ? <div class="empty"><p>{t().emptyQueue}</p><p>{t().emptyQueueHint}</p></div>
        : <ul>{grouped(shown).map((group) => <Together key={group.cards[0].incident_id} group={group} />)}</ul>}
      {closed.value.length > 0 && (
        <details class="closed">
          <summary>{t().closedHead} ({closed.value.length})</summary>
          <ul>
            {closed.value.map((card) => (
              <li key={card.incident_id}>
                <button type="button" class="quiet" onClick={() => openAndFocus(card.incident_id)}>
                  <StateMark card={card} /> {callerWords(card)} · {timeOfDay(card.closed_at ?? card.opened_at)}
                </button>
              </li>
            ))}
          </ul>
        </details>
      )}
      </div>
      {!isMonitor && <DeskTools />}
    </nav>
  );
}
