/** Whatever the network does to the feed: after the last resync the screen is the server's. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { hasEnded, NOTHING_KNOWN, reduce, type Input, type LiveState, type News } from "../../server/web/src/live/state.ts";
import type { FeedFrame, IncidentCard } from "../../server/web/src/wire";
import { fc } from "./packages.ts";
import { screenOf, ServerModel } from "./server_model.ts";

const RUNS = Number(process.env.ANSIM_EXAMPLES ?? 1000);
const STATES = ["acknowledged", "dispatched", "on_scene", "closed", "cancelled", "transferred", "acknowledged"];

/** One seat: what it knows, the frames on their way to it, and the answers that it waits for. */
class Seat {
  state: LiveState = NOTHING_KNOWN;
  news: News[] = [];
  resyncs = 0;
  wire: FeedFrame[] = [];
  private answers: IncidentCard[] = [];
  private readonly server: ServerModel;

  constructor(server: ServerModel) {
    this.server = server;
    this.connect();
  }

  connect(): void {
    this.wire = this.server.hello(this.state.cursor);
  }

  hear(input: Input): void {
    const { state, news, ask } = reduce(this.state, input);
    this.state = state;
    this.news.push(...news);
    if (ask !== "resync") return;
    this.resyncs += 1;
    this.connect();
  }

  arrive(count: number): void {
    for (let n = 0; n < count && this.wire.length > 0; n += 1) this.hear(this.wire.shift()!);
  }

  /** All that is on its way, and what a hole makes the seat ask for. */
  settle(): void {
    for (let turn = 0; turn < 4; turn += 1) {
      this.arrive(Infinity);
      this.hear({ type: "hole" });
    }
  }

  ask(card: IncidentCard | null): void {
    if (card) this.answers.push(card);
  }

  answered(late: number): void {
    const card = this.answers.splice(late % (this.answers.length || 1), 1)[0];
    if (card) this.hear({ type: "card", card });
  }

  /** Open incidents; with its incident ends the right to see a place. */
  screen(): Record<string, unknown> {
    for (const card of this.state.cards.values()) ok(!hasEnded(card) || card.position === null, card.incident_id);
    return screenOf([...this.state.cards.values()].filter((card) => !hasEnded(card)));
  }
}

/** Something that happens, with its name for the story of a failure. */
type Move = (server: ServerModel, seat: Seat) => void;
const named = (name: string, move: Move): Move => Object.assign(move, { [fc.toStringMethod]: () => name });
const sent = (name: string, make: (server: ServerModel) => FeedFrame[]): Move =>
  named(name, (server, seat) => { seat.wire.push(...make(server)); });
const some = fc.nat(9);
const each = (weight: number, move: (n: number, m: number) => Move) =>
  ({ weight, arbitrary: fc.tuple(some, some).map(([n, m]) => move(n, m)) });

const change = (states: string[]) =>
  each(6, (n, m) => sent(`incident ${n} becomes ${states[m % states.length]}`, (server) => server.change(n, states[m % states.length], false)));
const others = [
  each(3, (n) => sent(`an alert in center ${n % 2}`, (server) => server.open(n % 2))),
  each(1, (n) => sent(`somebody is shown where incident ${n} is`, (server) => server.change(n, "", true))),
  each(4, (n) => sent(`incident ${n} moves`, (server) => server.move(n))),
  each(1, (n) => named(`administration of center ${n % 2}`, (server) => server.administer(n % 2))),
];
const happens = fc.oneof(change(STATES), ...others);
const network = fc.oneof(
  each(6, (n) => named(`${n} frames arrive`, (_, seat) => seat.arrive(n))),
  each(2, (n) => named(`frame ${n} is lost`, (_, seat) => { seat.wire.splice(n, 1); })),
  each(2, (n) => named(`frames ${n} to ${n + 1} come twice`, (_, seat) => { seat.wire.push(...seat.wire.slice(n, n + 2)); })),
  each(2, (n, m) => named(`frame ${n} comes as ${m}`, (_, seat) => { seat.wire.splice(m, 0, ...seat.wire.splice(n, 1)); })),
  each(1, () => named("a new connection", (_, seat) => seat.connect())),
  each(1, () => named("a hole is given up", (_, seat) => seat.hear({ type: "hole" }))),
  each(2, (n) => named(`a command for incident ${n}`, (server, seat) => seat.ask(server.answer(n)))),
  each(2, (n) => named(`answer ${n}`, (_, seat) => seat.answered(n))),
);
const answers = each(1, (n, m) => named(`a late answer ${n}`, (server, seat) => { seat.ask(server.answer(m)); seat.answered(n); }));
const histories = fc.array(fc.oneof(happens, network), { minLength: 1, maxLength: 60 });

test("after the last resync the screen is the server's, and so it stays", () => {
  fc.assert(fc.property(histories, fc.array(fc.oneof(happens, answers)), (history, after) => {
    const server = new ServerModel();
    const seat = new Seat(server);
    for (const move of history) move(server, seat);
    seat.connect();
    seat.settle();
    deepEqual(seat.screen(), server.screen());
    // the network is well from here on; only answers are still late
    for (const move of after) {
      move(server, seat);
      seat.arrive(Infinity);
    }
    deepEqual(seat.screen(), server.screen());
  }), { numRuns: RUNS });
});

test("a network that only repeats and delays needs no reconnect", () => {
  const late = fc.tuple(fc.oneof(change(STATES.slice(0, 3)), ...others), fc.boolean(), fc.boolean());
  fc.assert(fc.property(fc.array(late, { maxLength: 40 }), (history) => {
    const server = new ServerModel();
    const seat = new Seat(server);
    seat.arrive(1);
    for (const [move, isTwice, isOvertaken] of history) {
      const before = seat.wire.length;
      move(server, seat);
      if (isTwice) seat.wire.push(...seat.wire.slice(before));
      if (isOvertaken) seat.wire.push(...seat.wire.splice(0, 1));
    }
    seat.arrive(Infinity);
    deepEqual(seat.screen(), server.screen());
    equal(seat.resyncs, 0);
  }), { numRuns: RUNS });
});

test("behind a snapshot each event is told once and in order, unless a hole was given up", () => {
  fc.assert(fc.property(histories, (history) => {
    const server = new ServerModel();
    const seat = new Seat(server);
    for (const move of history) move(server, seat);
    if (seat.resyncs > 0) return;
    const last = new Map<string, number>();
    for (const one of seat.news) {
      if (one.kind === "snapshot") last.clear(); // it tells all anew, whatever was known
      if (one.kind !== "event") continue;
      const center = one.card.center.code;
      ok(one.line.seq > (last.get(center) ?? 0), `${center} ${one.line.seq}`);
      last.set(center, one.line.seq);
    }
  }), { numRuns: RUNS });
});

test("a step changes nothing that it was given", () => {
  const deepFreeze = (state: LiveState): LiveState => Object.freeze({ ...state, early: Object.freeze([...state.early]) }) as LiveState;
  fc.assert(fc.property(histories, (history) => {
    const server = new ServerModel();
    const seat = new Seat(server);
    for (const move of history) {
      const before = seat.state;
      const copy = structuredClone(before);
      seat.state = deepFreeze(before);
      move(server, seat);
      deepEqual({ ...before }, copy);
    }
  }), { numRuns: Math.min(RUNS, 100) });
});
