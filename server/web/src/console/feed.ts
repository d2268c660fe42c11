import { batch, computed, signal, type Signal } from "@preact/signals";
import { serverSaysNow } from "../clock";
import { Link } from "../link";
import { type Dots, hasEnded, NO_DOTS, NOTHING_KNOWN, reduce, type Input, type LiveState, type News } from "../live/state";
import type { BannerFrame, EventLine, FeedFrame, IncidentCard, Position, Problem, SeatFrame } from "../wire";
import { pageKind } from "./page-kind";

/**
 * The feed's connection, commands and signals around the one reducer (live/state.ts): one signal per incident, so that
 * a position of one does not re-render the others. A hole in the log that does not fill by itself is closed by asking
 * again with the cursor.
 */
const HOLE_MS = 400;
const ANSWER_MS = 8000;

export type Asked = { state: "sending" } | { state: "done"; at: number } | { state: "error"; problem: Problem; again: () => void };

export class Feed {
  readonly incidents = signal<Map<string, Signal<IncidentCard>>>(new Map());
  readonly asked = signal<Record<string, Asked>>({});
  readonly sessionEnded = signal(false);
  private readonly told = signal<Dots>(NO_DOTS);
  /** Without a line nobody may go on looking at where she was. */
  readonly walks = computed(() => (this.link.state.value === "lost" ? NO_DOTS : this.told.value));
  readonly link: Link;
  /** Called after an event was applied, in order, once. */
  onEvent: (line: EventLine, card: IncidentCard) => void = () => {};
  onSnapshot: () => void = () => {};
  onPosition: (incidentId: string, position: Position) => void = () => {};
  onNew: (incident: IncidentCard) => void = () => {};
  /** By kind: what is to be read again when a banner of it comes. */
  readonly onBanner: Partial<Record<BannerFrame["kind"], () => void>> = {};
  /** What concerns this seat and its monitors, not the incidents. */
  onSeat: (frame: SeatFrame | BannerFrame) => void = () => {};
  private live: LiveState = NOTHING_KNOWN;
  private holeTimer = 0;
  private readonly waiting = new Map<string, (frame: FeedFrame & { type: "result" }) => void>();
  private readonly seat = crypto.randomUUID();
  private seatFacts: { selected: string | null; sound: string } = { selected: null, sound: "suspended" };

  constructor(path = "/api/feed") {
    this.link = new Link({
      path,
      hello: () => ({ type: "hello", seat: this.seat, kind: pageKind, cursor: this.live.cursor }),
      onFrame: (frame: FeedFrame | SeatFrame) => batch(() => this.hear(frame)),
      finalCodes: [4401],
      onFinal: () => { this.sessionEnded.value = true; },
    });
    this.link.state.subscribe((state) => { if (state === "lost") this.breakWaiting(); });
  }

  readonly open = computed(() => [...this.incidents.value.values()].filter((i) => isOpen(i.value)));

  /** Tells the center what this seat looks at and whether it can hear. */
  tellSeat(facts: Partial<{ selected: string | null; sound: string }>): void {
    const next = { ...this.seatFacts, ...facts };
    if (next.selected === this.seatFacts.selected && next.sound === this.seatFacts.sound) return;
    this.seatFacts = next;
    this.link.send({ type: "seat", ...next });
  }

  /** Sends a command and keeps its state under `key` until it is answered; resolves to null when it failed. */
  async command(key: string, name: string, incidentId: string, args: object = {}): Promise<Record<string, unknown> | null> {
    if (this.asked.peek()[key]?.state === "sending") return null;
    const id = crypto.randomUUID();
    const again = () => { void this.command(key, name, incidentId, args); };
    this.setAsked(key, { state: "sending" });
    const answer = new Promise<FeedFrame & { type: "result" }>((resolve) => {
      this.waiting.set(id, resolve);
      setTimeout(() => resolve({ type: "result", id, ok: false, problem: SILENT }), ANSWER_MS);
    });
    if (!this.link.send({ type: "command", id, name, incident_id: incidentId, args })) {
      this.waiting.get(id)?.({ type: "result", id, ok: false, problem: NOT_CONNECTED });
    }
    const result = await answer;
    this.waiting.delete(id);
    if (result.ok) {
      this.setAsked(key, { state: "done", at: Date.now() });
      const incident = result.data.incident as IncidentCard | undefined;
      if (incident) this.keep(incident);
      return result.data;
    }
    this.setAsked(key, { state: "error", problem: result.problem, again });
    return null;
  }

  /** A card from any answer; an older one never overwrites a newer one. */
  keep(card: IncidentCard): void {
    this.advance({ type: "card", card });
  }

  card(incidentId: string | null): IncidentCard | null {
    return (incidentId && this.incidents.value.get(incidentId)?.value) || null;
  }

  /** What was not even sent is said where its answer would stand, with another try. */
  refuse(key: string, problem: Problem, again: () => void): void {
    this.setAsked(key, { state: "error", problem, again });
  }

  private setAsked(key: string, asked: Asked): void {
    this.asked.value = { ...this.asked.peek(), [key]: asked };
  }

  private breakWaiting(): void {
    for (const [id, resolve] of this.waiting) resolve({ type: "result", id, ok: false, problem: BROKEN });
  }

  private hear(frame: FeedFrame | SeatFrame): void {
    if ("now" in frame) serverSaysNow(frame.now);
    if (frame.type === "banner" || isOfSeat(frame)) this.onSeat(frame);
    if (isOfSeat(frame)) return;
    if (frame.type === "banner") this.onBanner[frame.kind]?.();
    else if (frame.type === "result") this.waiting.get(frame.id)?.(frame);
    else if (frame.type !== "beat") this.advance(frame);
    if (frame.type === "snapshot" || frame.type === "catchup") this.repeatSeat();
  }

  private advance(input: Input): void {
    const { state, news, ask } = reduce(this.live, input);
    this.live = state;
    batch(() => {
      this.put(state.cards);
      this.told.value = state.walks;
      for (const one of news) this.tell(one);
    });
    this.watchHole(ask === "wait");
    if (ask === "resync") this.link.resync();
  }

  /** The time runs from when the hole opened, however much comes behind it. */
  private watchHole(isOpen: boolean): void {
    if (isOpen && !this.holeTimer) {
      this.holeTimer = window.setTimeout(() => { this.holeTimer = 0; this.advance({ type: "hole" }); }, HOLE_MS);
    } else if (!isOpen) {
      clearTimeout(this.holeTimer);
      this.holeTimer = 0;
    }
  }

  /** Only what has changed wakes anything up. */
  private put(cards: ReadonlyMap<string, IncidentCard>): void {
    const held = this.incidents.peek();
    const isSame = cards.size === held.size && [...cards.keys()].every((id) => held.has(id));
    for (const [id, card] of cards) {
      const its = held.get(id);
      if (its) its.value = card;
    }
    if (!isSame) this.incidents.value = new Map([...cards].map(([id, card]) => [id, held.get(id) ?? signal(card)]));
  }

  private tell(news: News): void {
    if (news.kind === "snapshot") return this.onSnapshot();
    if (news.kind === "position") return this.onPosition(news.incidentId, news.position);
    const card = this.live.cards.get(news.card.incident_id) ?? news.card; // as it is now: a catch-up tells old news
    if (news.kind === "event") this.onEvent(news.line, card);
    else this.onNew(card);
  }

  private repeatSeat(): void {
    this.link.send({ type: "seat", ...this.seatFacts });
  }
}

function isOfSeat(frame: FeedFrame | SeatFrame): frame is SeatFrame {
  return ["following", "select", "seats", "session", "pong"].includes(frame.type);
}

export function isOpen(card: IncidentCard): boolean {
  return !hasEnded(card) && (!card.superseded || card.role !== "owner");
}

/** Its operators decide; where another center has the alert this one only looks on. */
export function mayAct(card: IncidentCard): boolean {
  return isOpen(card) && card.role === "owner";
}

/** Pictures: of whoever has it, and of whoever had it until the next center has accepted. */
export function mayLook(card: IncidentCard): boolean {
  return isOpen(card) && card.role !== "runner_up" && card.phase !== "pre";
}

/**
 * A cry for help that nobody has taken: the only thing that rings and the only thing that is red. Also when the
 * escalation has already called 112, and when the person has since said that she is safe: someone must look.
 */
export function isNew(card: IncidentCard): boolean {
  return mayAct(card) && card.owner === null && card.phase !== "pre";
}

/** A person's drill goes through a silent lane; a center's exercise rings like the real thing. */
export function rings(card: IncidentCard): boolean {
  return isNew(card) && card.banner !== "drill";
}

/** Somebody has it, and she has pressed again: that rings too, until it is answered. */
export function asksAgain(card: IncidentCard): boolean {
  return mayAct(card) && card.attention_at !== null;
}

export function isPre(card: IncidentCard): boolean {
  return isOpen(card) && card.phase === "pre";
}

const SILENT: Problem = {
  code: "no_answer", message_ko: "응답이 없습니다. 상태를 확인하고 다시 시도하세요.",
  message_en: "No answer. Check the state and try again.",
};
const NOT_CONNECTED: Problem = {
  code: "not_connected", message_ko: "연결이 끊겨 보내지 못했습니다. 다시 연결되면 다시 시도하세요.",
  message_en: "Not connected, so nothing was sent. Try again when the connection is back.",
};
const BROKEN: Problem = {
  code: "broken", message_ko: "보내는 중 연결이 끊겼습니다. 다시 연결되면 상태를 확인하세요.",
  message_en: "The connection broke while sending. Check the state when it is back.",
};
