/**
 * A center's server as far as a seat's feed goes: two logs, incidents that open, are worked on, end and reopen, a
 * place for each open one, and what `server/console/feed.py` sends of it. Small, and without any of the seat's code.
 */
import type { Cursor, EventFrame, FeedFrame, IncidentCard, Position } from "../../server/web/src/wire";

const CENTERS = ["41170", "41171"];
export const MOST_MISSED = 12;

interface Logged { center: string; seq: number; incident: string | null; isForSeats: boolean; cardThen: IncidentCard | null }

export class ServerModel {
  private readonly logs = new Map<string, Logged[]>(CENTERS.map((center) => [center, []]));
  private readonly told = new Map<string, number>();
  private readonly cards = new Map<string, IncidentCard>();
  private readonly places = new Map<string, Position>();
  private seconds = 0;

  /** What is on the screen of a seat that knows everything: open incidents with their places. */
  screen(): Record<string, unknown> {
    return screenOf([...this.cards.values()].filter(isOpen).map((card) => this.shown(card)));
  }

  open(center: number): FeedFrame[] {
    const id = `incident-${this.cards.size}`;
    const card = {
      incident_id: id, center: { code: CENTERS[center], name_ko: "", name_en: "" }, state: "received", phase: "active",
      role: "owner", position: null, last_seq: 0, attention_at: null,
    } as unknown as IncidentCard;
    this.cards.set(id, card);
    return [this.log(card.center.code, id, true)];
  }

  /** The incident takes another state; `isSilent`: a line of its own that no seat hears (who was shown a place). */
  change(which: number, state: string, isSilent: boolean): FeedFrame[] {
    const id = this.idOf(which);
    if (!id) return [];
    const card = this.cards.get(id)!;
    if (!isSilent) this.cards.set(id, { ...card, state });
    const frame = this.log(card.center.code, id, !isSilent);
    if (isSilent) return [];
    const isReopened = !isOpen(card) && isOpen(this.cards.get(id)!);
    return isReopened && this.places.has(id) ? [frame, this.placeOf(id)] : [frame];
  }

  administer(center: number): void {
    this.log(CENTERS[center], null, false);
  }

  move(which: number): FeedFrame[] {
    const id = this.idOf(which);
    if (!id || !isOpen(this.cards.get(id)!)) return [];
    this.seconds += 1;
    const fixed_at = new Date(this.seconds * 1000).toISOString();
    this.places.set(id, { lat: 37 + this.seconds / 1000, lon: 127, accuracy_m: 9, fixed_at });
    return [this.placeOf(id)];
  }

  /** An answer to a command: the card as it is now. */
  answer(which: number): IncidentCard | null {
    const id = this.idOf(which);
    return id ? { ...this.cards.get(id)!, position: null } : null;
  }

  /** The first frames of a connection that says `hello` with this cursor. */
  hello(cursor: Readonly<Cursor> | null): FeedFrame[] {
    const heads = Object.fromEntries([...this.logs].filter(([, log]) => log.length > 0).map(([center, log]) => [center, log.length]));
    const missed = Object.entries(heads).reduce((sum, [center, head]) => sum + head - (cursor?.[center] ?? 0), 0);
    if (!cursor || missed > MOST_MISSED) {
      const incidents = [...this.cards.values()].filter(isOpen).map((card) => this.shown(card));
      return [{ type: "snapshot", now: this.now(), cursor: heads, incidents }];
    }
    const events: EventFrame[] = [];
    for (const [center, log] of this.logs) {
      let after = cursor[center] ?? 0;
      for (const one of log.slice(after)) {
        if (!one.isForSeats) continue;
        events.push(this.frame(one, after, one.incident && this.cards.get(one.incident)!)); // the card as it is now
        after = one.seq;
      }
    }
    return [{ type: "catchup", now: this.now(), cursor: heads, events }, ...this.placesShown()];
  }

  private log(center: string, incident: string | null, isForSeats: boolean): EventFrame {
    const log = this.logs.get(center)!;
    const seq = log.length + 1;
    if (incident) this.cards.set(incident, { ...this.cards.get(incident)!, last_seq: seq });
    const cardThen = incident ? this.cards.get(incident)! : null;
    const one = { center, seq, incident, isForSeats, cardThen };
    log.push(one);
    const after = this.told.get(center) ?? 0;
    if (isForSeats) this.told.set(center, seq);
    return this.frame(one, after, cardThen);
  }

  private frame(one: Logged, after: number, card: IncidentCard | null | ""): EventFrame {
    const event = { seq: one.seq, event_id: `${one.center}-${one.seq}`, tag: "t", at: this.now(), actor: { kind: "", id: "", name: "" }, payload: {} };
    return { type: "event", center: one.center, seq: one.seq, after, event, incident: card ? { ...card, position: null } : null };
  }

  private placeOf(id: string): FeedFrame {
    return { type: "position", incident_id: id, alert_id: `alert of ${id}`, position: this.places.get(id)! };
  }

  private placesShown(): FeedFrame[] {
    return [...this.places.keys()].filter((id) => isOpen(this.cards.get(id)!)).map((id) => this.placeOf(id));
  }

  private shown(card: IncidentCard): IncidentCard {
    const place = this.places.get(card.incident_id);
    return { ...card, position: place ? { ...place, alert_id: `alert of ${card.incident_id}` } : null }; // whose it is stays with it
  }

  private idOf(which: number): string | null {
    const ids = [...this.cards.keys()];
    return ids.length > 0 ? ids[which % ids.length] : null;
  }

  private now(): string {
    return new Date(this.seconds * 1000).toISOString();
  }
}

/** Cards by incident, without the number of their last line: not every line is told. */
export function screenOf(cards: IncidentCard[]): Record<string, unknown> {
  return Object.fromEntries(cards.map(({ last_seq: _, ...card }) => [card.incident_id, card] as const).sort());
}

function isOpen(card: IncidentCard): boolean {
  return !["closed", "cancelled", "transferred"].includes(card.state);
}
