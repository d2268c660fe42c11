/**
 * What a seat knows of the world, as one pure function: state + frame → state, news, and what to ask the server for.
 *
 * A snapshot replaces everything; then each event has a number that is exact per center, says which one it comes
 * `after`, and brings the whole card. An event that was told already changes nothing; one that comes too early waits
 * for the one before it. Places bypass the numbers: the newest fix wins. Answers to commands bring cards as well
 * (`{type: "card"}`): an older card never overwrites a newer one, nor brings back an incident that has ended.
 *
 * No clock, no socket, no signal, only types are imported, so that node runs it as it is: tests/pages replays random
 * histories against it.
 */
import type { Cursor, Dot, EventFrame, EventLine, FeedFrame, IncidentCard, Position } from "../wire";

/** Walks home that their walkers share. Frames come in order over one line, and a new line is told all of them anew. */
export type Dots = ReadonlyMap<string, Dot>;
export const NO_DOTS: Dots = new Map();

export interface LiveState {
  /** Up to where each center's log has been told without a hole; null before the first snapshot. */
  readonly cursor: Readonly<Cursor> | null;
  readonly cards: ReadonlyMap<string, IncidentCard>;
  /** Events that came before the one they follow. */
  readonly early: readonly EventFrame[];
  /** Places of incidents whose card has not come yet. */
  readonly places: ReadonlyMap<string, Position>;
  /** Walks home that are shared with this seat's centers: no incidents, and of no log. */
  readonly walks: Dots;
}

export const NOTHING_KNOWN: LiveState = { cursor: null, cards: new Map(), early: [], places: new Map(), walks: NO_DOTS };

/** What may happen to the state: a frame, a card from an answer, or that a hole has not filled in time. */
export type Input = FeedFrame | { type: "card"; card: IncidentCard } | { type: "hole" };

/** What has become known by one input, in order, each once. */
export type News =
  | { kind: "snapshot" }
  | { kind: "event"; line: EventLine; card: IncidentCard }
  /** An incident that was not here before, or has become another kind of thing (pre-alert → active, other role). */
  | { kind: "new"; card: IncidentCard }
  | { kind: "position"; incidentId: string; position: Position };

export interface Step {
  state: LiveState;
  news: News[];
  /** `wait`: something is missing, say `hole` when it stays so; `resync`: connect anew with the cursor. */
  ask: "wait" | "resync" | null;
}

const MOST_EARLY = 500;
const MOST_PLACES = 200;
const ENDED: readonly string[] = ["closed", "cancelled", "transferred"];

export function hasEnded(card: IncidentCard): boolean {
  return ENDED.includes(card.state);
}

export function reduce(state: LiveState, input: Input): Step {
  const draft = new Draft(state);
  draft.hear(input);
  return draft.step();
}

/** One step in the making: maps are copied at most once, however many events a catch-up has. */
class Draft {
  private cursor: Cursor | null;
  private cards: Map<string, IncidentCard> | null = null;
  private places: Map<string, Position> | null = null;
  private early: EventFrame[];
  private readonly news: News[] = [];
  private walks: Dots;
  private isHopeless = false;
  private readonly before: LiveState;

  constructor(before: LiveState) {
    this.before = before;
    this.cursor = before.cursor;
    this.early = [...before.early];
    this.walks = before.walks;
  }

  step(): Step {
    const { before, cursor, early, walks } = this;
    const state = { cursor, early, walks, cards: this.cards ?? before.cards, places: this.places ?? before.places };
    return { state, news: this.news, ask: this.isHopeless ? "resync" : early.length > 0 ? "wait" : null };
  }

  hear(input: Input): void {
    if (input.type !== "card" && input.type !== "hole") this.walks = dotsAfter(this.walks, input);
    if (input.type === "snapshot") this.begin(input.cursor, input.incidents);
    else if (input.type === "catchup") this.catchUp(input.cursor, input.events);
    else if (input.type === "event") this.take(input);
    else if (input.type === "position") this.move(input.incident_id, { ...input.position, alert_id: input.alert_id });
    else if (input.type === "hole") this.giveUp();
    else if (input.type === "card") this.keepAnswer(input.card);
  }

  private begin(cursor: Cursor, incidents: IncidentCard[]): void {
    const known = this.before.cards;
    this.cursor = { ...cursor };
    this.early = [];
    this.places = new Map();
    this.cards = new Map(incidents.map((card) => [card.incident_id, card]));
    this.news.push({ kind: "snapshot" });
    for (const card of incidents) if (!known.has(card.incident_id)) this.news.push({ kind: "new", card });
  }

  private catchUp(cursor: Cursor, events: EventFrame[]): void {
    this.early = [];
    for (const event of events) this.apply(event);
    this.cursor = { ...this.cursor, ...cursor };
  }

  private take(frame: EventFrame): void {
    if (toldBefore(frame) > this.toldOf(frame.center)) {
      const isKnown = this.early.some((one) => one.center === frame.center && one.seq === frame.seq);
      if (!isKnown) this.early.push(frame);
      if (this.early.length > MOST_EARLY) this.giveUp();
      return;
    }
    this.apply(frame);
    for (let next = this.followerOf(frame.center); next >= 0; next = this.followerOf(frame.center)) {
      this.apply(this.early.splice(next, 1)[0]);
    }
  }

  /** Which of the waiting events has its turn, now that the cursor has moved. */
  private followerOf(center: string): number {
    const last = this.toldOf(center);
    return this.early.findIndex((one) => one.center === center && toldBefore(one) <= last);
  }

  /** What waited is shown at once so that nobody waits for a reconnect; the cursor stays before the hole. */
  private giveUp(): void {
    if (this.early.length === 0) return;
    const waited = this.early.sort((a, b) => a.seq - b.seq);
    this.early = [];
    for (const frame of waited) this.show(frame);
    this.isHopeless = true;
  }

  private apply(frame: EventFrame): void {
    if (frame.seq <= this.toldOf(frame.center)) return;
    this.cursor = { ...this.cursor, [frame.center]: frame.seq };
    this.show(frame);
  }

  private show(frame: EventFrame): void {
    const card = frame.incident;
    if (!card) return;
    const held = this.held(card.incident_id);
    this.keep(card);
    this.news.push({ kind: "event", line: frame.event, card });
    if (!held || held.phase !== card.phase || held.role !== card.role) this.news.push({ kind: "new", card });
  }

  private keep(card: IncidentCard): void {
    const id = card.incident_id;
    const held = this.held(id);
    if (held && card.last_seq < held.last_seq) return;
    // a card brings no place, the place comes beside it; with the incident ends the right to see it
    const known = held ? held.position : (this.places ?? this.before.places).get(id) ?? null;
    const position = hasEnded(card) ? null : newer(known, card.position);
    this.cards ??= new Map(this.before.cards);
    this.cards.set(id, { ...card, position });
    if (!held && this.before.places.has(id)) {
      this.places ??= new Map(this.before.places);
      this.places.delete(id);
    }
  }

  /** An answer may be late: what the log has already told to have ended is not opened again by it. */
  private keepAnswer(card: IncidentCard): void {
    const isOld = card.last_seq <= this.toldOf(card.center.code);
    if (isOld && !hasEnded(card) && !this.held(card.incident_id)) return;
    this.keep(card);
  }

  private move(incidentId: string, position: Position): void {
    const held = this.held(incidentId);
    if (held && hasEnded(held)) return;
    if (held) {
      this.cards ??= new Map(this.before.cards);
      this.cards.set(incidentId, { ...held, position: newer(held.position, position) });
    } else {
      this.places ??= new Map(this.before.places);
      this.places.set(incidentId, newer(this.places.get(incidentId) ?? null, position)!);
      if (this.places.size > MOST_PLACES) this.places.delete(this.places.keys().next().value!);
    }
    this.news.push({ kind: "position", incidentId, position });
  }

  /** The last event of a center that was told; 0: its log had not begun; -1: no snapshot yet, so all is too early. */
  private toldOf(center: string): number {
    return this.cursor ? this.cursor[center] ?? 0 : -1;
  }

  private held(incidentId: string): IncidentCard | undefined {
    return (this.cards ?? this.before.cards).get(incidentId);
  }
}

/** The event before this one that seats hear of: not every number of the log is for them. */
function toldBefore(frame: EventFrame): number {
  return frame.after ?? frame.seq - 1;
}

function newer(a: Position | null, b: Position | null): Position | null {
  if (!a || !b) return b ?? a;
  return Date.parse(b.fixed_at) >= Date.parse(a.fixed_at) ? b : a;
}

/** The dots after this frame; the same map when it changes none. */
function dotsAfter(dots: Dots, frame: FeedFrame): Dots {
  if (frame.type === "snapshot" || frame.type === "catchup") return dots.size === 0 ? dots : NO_DOTS; // a new connection
  if (frame.type !== "walk") return dots;
  if (frame.walks.length === 0 && !frame.gone.some((id) => dots.has(id))) return dots;
  const next = new Map(dots);
  for (const id of frame.gone) next.delete(id);
  for (const dot of frame.walks) next.set(dot.walk, dot);
  return next;
}
