/** Nothing moves under a hand that is about to press: the queue's order holds while pointer or focus is in it. */
import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { inHeldOrder } from "../../server/web/src/console/held-order.ts";
import { fc } from "./packages.ts";

interface Card { incident_id: string; isNew: boolean }
const cards = (ids: string[], fresh: string[] = []): Card[] => ids.map((id) => ({ incident_id: id, isNew: fresh.includes(id) }));
const ids = (held: Card[]) => held.map((one) => one.incident_id);
const held = (shown: Card[], next: Card[]) => inHeldOrder(shown, next, (card) => card.isNew);

test("a new alert, which the center ranks first, goes behind those that stand there, and before what else comes", () => {
  deepEqual(ids(held(cards(["a", "b"]), cards(["new", "b", "a", "other"], ["new"]))), ["a", "b", "new", "other"]);
});

test("whatever comes, goes or changes rank: those that stay keep their order, and nobody is lost", () => {
  const some = fc.uniqueArray(fc.constantFrom<string>("a", "b", "c", "d", "e", "f"));
  fc.assert(fc.property(some, some, some, (before, after, fresh) => {
    const found = ids(held(cards(before), cards(after, fresh)));
    deepEqual(found.filter((id) => before.includes(id)), before.filter((id) => after.includes(id)));
    deepEqual([...found].sort(), [...after].sort());
  }));
});
