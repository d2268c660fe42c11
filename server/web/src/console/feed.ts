import { batch, computed, signal, type Signal } from "@preact/signals";
import { serverSaysNow } from "../clock";
import { Link } from "../link";
import type { Cursor, EventFrame, EventLine, FeedFrame, IncidentCard, Position, Problem } from "../wire";

/**
 * What this seat knows of the world, kept by the feed: one signal per incident, so that a position of one does not
 * re-render the others. `seq` is exact per center ("everything after N"): an old frame is dropped, and a hole that
 * does not fill by itself is closed by asking again with the cursor.
 */
const HOLE_MS = 400;
const ANSWER_MS = 8000;

export type Asked = { state: "sending" } | { state: "done"; at: number } | { state: "error"; problem: Problem; again: () => void };

export class Feed {
  readonly incidents = signal<Map<string, Signal<IncidentCard>>>(new Map());
  readonly asked = signal<Record<string, Asked>>({});
  readonly sessionEnded = signal(false);
  readonly link: Link;
  /** Called after an event was applied, in order, once. */
  onEvent: (line: EventLine, card: IncidentCard) => void = () => {};
  onSnapshot: () => void = () => {};
  onPosition: (incidentId: string, position: Position) => void = () => {};
  onNew: (incident: IncidentCard) => void = () => {};
  onBanner: (kind: string) => void = () => {};
  private cursor: Cursor | null = null;
  private early: EventFrame[] = [];
  private holeTimer = 0;
  private readonly waiting = new Map<string, (frame: FeedFrame & { type: "result" }) => void>();
  private readonly seat = crypto.randomUUID();
  private seatFacts: { selected: string | null; sound: string } = { selected: null, sound: "suspended" };

  constructor(path = "/api/feed") {
    this.link = new Link({
      path,
      hello: () => ({ type: "hello", seat: this.seat, cursor: this.cursor }),
      onFrame: (frame: FeedFrame) => batch(() => this.hear(frame)),
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
    const held = this.incidents.peek().get(card.incident_id);
    if (!held) {
      this.incidents.value = new Map(this.incidents.peek()).set(card.incident_id, signal(card));
    } else if (card.last_seq >= held.peek().last_seq) {
      // a card brings no place, the place comes behind it; with the incident ends the right to see it
      held.value = { ...card, position: ENDED.includes(card.state) ? null : newer(held.peek().position, card.position) };
    }
  }

  card(incidentId: string | null): IncidentCard | null {
    return (incidentId && this.incidents.value.get(incidentId)?.value) || null;
  }

  private setAsked(key: string, asked: Asked): void {
    this.asked.value = { ...this.asked.peek(), [key]: asked };
  }

  private breakWaiting(): void {
    for (const [id, resolve] of this.waiting) resolve({ type: "result", id, ok: false, problem: BROKEN });
  }

  private hear(frame: FeedFrame): void {
    switch (frame.type) {
      case "snapshot": {
        serverSaysNow(frame.now);
        this.cursor = { ...frame.cursor };
        this.early = [];
        const known = this.incidents.peek();
        this.incidents.value = new Map(frame.incidents.map((card) => [card.incident_id, signal(card)]));
        this.repeatSeat();
        this.onSnapshot();
        for (const card of frame.incidents) if (!known.has(card.incident_id)) this.onNew(card);
        return;
      }
      case "catchup":
        serverSaysNow(frame.now);
        this.early = [];
        for (const event of frame.events) this.apply(event);
        this.cursor = { ...this.cursor, ...frame.cursor };
        this.repeatSeat();
        return;
      case "event":
        this.take(frame);
        return;
      case "position": {
        const held = this.incidents.peek().get(frame.incident_id);
        if (held && !ENDED.includes(held.peek().state)) {
          held.value = { ...held.peek(), position: newer(held.peek().position, frame.position) };
        }
        this.onPosition(frame.incident_id, frame.position);
        return;
      }
      case "banner":
        this.onBanner(frame.kind);
        return;
      case "beat":
        serverSaysNow(frame.now);
        return;
      case "result":
        this.waiting.get(frame.id)?.(frame);
    }
  }

  private take(frame: EventFrame): void {
    const last = this.cursor?.[frame.center];
    if (last !== undefined && toldBefore(frame) > last) {
      this.early.push(frame);
      clearTimeout(this.holeTimer);
      this.holeTimer = window.setTimeout(() => this.closeHole(), HOLE_MS);
      return;
    }
    this.apply(frame);
    const next = this.early.findIndex((e) => e.center === frame.center && e.seq > frame.seq && toldBefore(e) <= frame.seq);
    if (next >= 0) this.take(this.early.splice(next, 1)[0]);
  }

  /** What waited is applied at once so that nobody waits for a reconnect; the cursor stays before the hole. */
  private closeHole(): void {
    if (this.early.length === 0) return;
    const waited = this.early.sort((a, b) => a.seq - b.seq);
    this.early = [];
    batch(() => { for (const frame of waited) this.show(frame); });
    this.link.resync();
  }

  private apply(frame: EventFrame): void {
    const last = this.cursor?.[frame.center];
    if (last !== undefined && frame.seq <= last) return;
    this.cursor = { ...this.cursor, [frame.center]: frame.seq };
    this.show(frame);
  }

  private show(frame: EventFrame): void {
    const card = frame.incident;
    if (!card) return;
    const before = this.incidents.peek().get(card.incident_id)?.peek();
    this.keep(card);
    this.onEvent(frame.event, card);
    if (!before || before.phase !== card.phase || before.role !== card.role) this.onNew(card);
  }

  private repeatSeat(): void {
    this.link.send({ type: "seat", ...this.seatFacts });
  }
}

const ENDED = ["closed", "cancelled", "transferred"];

/** The event before this one that seats hear of: not every number of the log is for them. */
function toldBefore(frame: EventFrame): number {
  return frame.after ?? frame.seq - 1;
}

export function isOpen(card: IncidentCard): boolean {
  return !ENDED.includes(card.state) && (!card.superseded || card.role !== "owner");
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
  return isNew(card) && (!card.is_drill || card.type === "exercise");
}

/** Somebody has it, and she has pressed again: that rings too, until it is answered. */
export function asksAgain(card: IncidentCard): boolean {
  return mayAct(card) && card.attention_at !== null;
}

export function isPre(card: IncidentCard): boolean {
  return isOpen(card) && card.phase === "pre";
}

function newer(a: Position | null, b: Position | null): Position | null {
  if (!a || !b) return b ?? a;
  return Date.parse(b.fixed_at) >= Date.parse(a.fixed_at) ? b : a;
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
