/** Whoever shares her walk is on the map as the server says, and nobody stays on it who has gone. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { NOTHING_KNOWN, reduce, type LiveState } from "../../server/web/src/live/state.ts";
import type { Dot, FeedFrame } from "../../server/web/src/wire";
import { fc } from "./packages.ts";

const RUNS = Number(process.env.ANSIM_EXAMPLES ?? 1000);
const beginning = (cursor: object | null): FeedFrame =>
  (cursor ? { type: "catchup", now: "", cursor: {}, events: [] } : { type: "snapshot", now: "", cursor: {}, incidents: [] });

/** A center and its one seat; the line keeps the order, and what was on it is lost when it breaks. */
class Evening {
  readonly shared = new Map<string, Dot>();
  private line: FeedFrame[] = [];
  private state: LiveState = NOTHING_KNOWN;
  private at = 0;

  connect(): void {
    this.line = [beginning(this.state.cursor)];
    if (this.shared.size > 0) this.line.push({ type: "walk", walks: [...this.shared.values()], gone: [] });
  }

  walks(n: number, state: string): void {
    const fixed_at = new Date((this.at += 1000)).toISOString();
    const dot = { walk: `w${n}`, center: "41170", state, eta: null, position: { lat: 37, lon: 127, accuracy_m: 9, fixed_at } };
    this.shared.set(dot.walk, dot);
    this.line.push({ type: "walk", walks: [dot], gone: [] });
  }

  /** Home, raised, handed to the next center, or no longer shared. */
  leaves(n: number): void {
    if (this.shared.delete(`w${n}`)) this.line.push({ type: "walk", walks: [], gone: [`w${n}`] });
  }

  arrive(count: number): void {
    for (const frame of this.line.splice(0, count)) this.state = reduce(this.state, frame).state;
  }

  dots(): Record<string, Dot> {
    return Object.fromEntries(this.state.walks);
  }
}

const few = fc.nat(4);
const moves = fc.array(fc.oneof(
  { weight: 4, arbitrary: fc.tuple(few, fc.constantFrom("on_track", "stopped", "overdue")).map(([n, state]) => (one: Evening) => one.walks(n, state)) },
  { weight: 2, arbitrary: few.map((n) => (one: Evening) => one.leaves(n)) },
  { weight: 3, arbitrary: few.map((n) => (one: Evening) => one.arrive(n)) },
  { weight: 1, arbitrary: fc.constant((one: Evening) => one.connect()) },
), { maxLength: 50 });

test("the map has the server's dots, whatever happened to the line before", () => {
  fc.assert(fc.property(moves, (history) => {
    const evening = new Evening();
    evening.connect();
    for (const move of history) move(evening);
    evening.arrive(Infinity);
    deepEqual(evening.dots(), Object.fromEntries(evening.shared));
  }), { numRuns: RUNS });
});

test("nothing else that is told touches the dots, nor do dots touch the queue", () => {
  const evening = new Evening();
  evening.walks(1, "on_track");
  const [frame] = [{ type: "walk", walks: [...evening.shared.values()], gone: [] } as FeedFrame];
  const known = reduce(NOTHING_KNOWN, frame);
  deepEqual([known.news, known.ask, known.state.cards.size], [[], null, 0]);
  const beaten = reduce(known.state, { type: "position", incident_id: "i", alert_id: "a", position: { lat: 1, lon: 1, accuracy_m: 1, fixed_at: "" } });
  equal(beaten.state.walks, known.state.walks);
});
