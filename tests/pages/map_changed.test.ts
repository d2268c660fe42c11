/** A map is drawn again only for what has changed, and for all that has: what it shows is always what it was told last. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { changedIn } from "../../server/web/src/map-changed.ts";
import { fc } from "./packages.ts";

interface Shown { caller: { lat: number } | null; units: { id: string; label: string }[]; track: object[] }
const SMALL = new Set(["caller", "units"] as const);
const NOTHING: Shown = { caller: null, units: [], track: [] };

test("the same said once more, in other objects, draws nothing", () => {
  const step = { lat: 37.4 };
  const shown: Shown = { caller: { lat: 37.4 }, units: [{ id: "a", label: "3분" }], track: [step] };
  deepEqual(changedIn(shown, { caller: { lat: 37.4 }, units: [{ id: "a", label: "3분" }], track: [step] }, SMALL), {});
  deepEqual(changedIn(shown, { units: [{ id: "a", label: "2분" }] }, SMALL), { units: [{ id: "a", label: "2분" }] });
  equal(changedIn(shown, { track: [] }, SMALL).track?.length, 0);
});

test("whatever is told in whatever order, what is drawn is what was told last", () => {
  const caller = fc.option(fc.record({ lat: fc.integer({ min: 0, max: 2 }) }));
  const units = fc.array(fc.record({ id: fc.constantFrom<string>("a", "b"), label: fc.constantFrom<string>("1", "2") }), { maxLength: 2 });
  const track = fc.array(fc.constantFrom<object>({ at: 1 }, { at: 2 }), { maxLength: 3 });
  fc.assert(fc.property(fc.array(fc.record({ caller, units, track }, { requiredKeys: [] })), (told) => {
    let [drawn, last] = [NOTHING, NOTHING];
    for (const one of told) {
      drawn = { ...drawn, ...changedIn(drawn, one, SMALL) };
      last = { ...last, ...one };
    }
    equal(JSON.stringify(drawn), JSON.stringify(last));
  }));
});
