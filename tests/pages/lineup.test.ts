/** Which camera stands on which tile: eyes follow one change at a time, a pin holds, and no tile goes dark for a newcomer. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { BETWEEN_MS, chosen, look, type Lineup, MOST, NOTHING_SHOWN, PATIENCE_MS, STAND_MS } from "../../server/web/src/console/lineup.ts";
import type { CameraChoice } from "../../server/web/src/wire";
import { fc } from "./packages.ts";

const RUNS = Number(process.env.ANSIM_EXAMPLES ?? 500);
const camera = (name: string, number: number): CameraChoice => ({ camera_id: name, name, number }) as CameraChoice;
/** As the center numbers them: whoever stays keeps his number, newcomers take the free ones. */
const choice = (names: string[]): CameraChoice[] => names.map((name, at) => camera(name, at + 1));
const names = (held: Lineup) => held.shown.map((one) => one.camera_id);
const seen = (nowMs: number, plays: string[], pinned: string[] = []) => ({ nowMs, plays: new Set(plays), pinned: new Set(pinned) });

test("a new choice changes one tile at a time, when it has stood, and only when the newcomer plays", () => {
  const old = ["a", "b", "c", "d", "e"];
  let held = chosen(NOTHING_SHOWN, choice(old), 0);
  held = chosen(held, choice(["x", "y", "c", "d", "e"]), 1000);
  held = look(held, seen(1000 + STAND_MS - 1, old));
  equal(held.coming, null);
  held = look(held, seen(1000 + STAND_MS, old));
  equal(held.coming?.camera.camera_id, "x");
  deepEqual(names(held), old); // the old one stays until the new one plays
  held = look(held, seen(6500, [...old, "x"]));
  deepEqual(names(held), ["x", "b", "c", "d", "e"]);
  deepEqual(held.changes.map((one) => [one.number, one.from, one.to]), [[1, "a", "x"]]);
  equal(look(held, seen(6500 + BETWEEN_MS - 1, [...old, "x"])), held); // not two at once
  held = look(held, seen(6500 + BETWEEN_MS, [...old, "x"]));
  equal(held.coming?.camera.camera_id, "y");
});

test("what gives no picture goes at once; a newcomer that gives none does not push out one that does", () => {
  const rest = ["b", "c", "d", "e"];
  let held = chosen(chosen(NOTHING_SHOWN, choice(["a", ...rest]), 0), choice(["x", ...rest]), 10);
  equal(look(held, seen(20, rest)).coming?.camera.camera_id, "x");
  equal(look(held, seen(20, ["a", ...rest])).coming, null);
  held = look(held, seen(10 + STAND_MS, ["a", ...rest]));
  held = look(held, seen(10 + STAND_MS + PATIENCE_MS, ["a", ...rest]));
  deepEqual([names(held), held.coming], [["a", ...rest], null]);
  equal(look(held, seen(12 + STAND_MS + PATIENCE_MS, ["a", ...rest])), held); // and is left alone for a while
});

test("whatever is chosen, pinned or broken: pins hold, numbers are one each, and calm brings what the center wants", () => {
  const pool = [..."abcdefgh"];
  const moment = fc.record({
    choice: fc.option(fc.shuffledSubarray(pool, { minLength: 1, maxLength: MOST }), { nil: null }),
    pinned: fc.subarray(pool, { maxLength: 2 }), dead: fc.subarray(pool, { maxLength: 4 }), waitMs: fc.integer({ min: 1, max: 9000 }),
  });
  fc.assert(fc.property(fc.array(moment, { maxLength: 40 }), (story) => {
    let nowMs = 0;
    let held = chosen(NOTHING_SHOWN, choice(pool.slice(0, MOST)), nowMs);
    const step = (dead: string[], pinned: string[]) => {
      const before = held;
      held = look(held, seen(nowMs, pool.filter((name) => !dead.includes(name)), pinned));
      const left = names(before).filter((name) => !names(held).includes(name));
      const came = names(held).filter((name) => !names(before).includes(name));
      ok(left.length <= 1 && came.length <= 1, "one tile at a time");
      ok(left.every((name) => !pinned.includes(name)), "a pinned tile keeps its camera");
      for (const one of held.shown) {
        const then = before.shown.find((other) => other.camera_id === one.camera_id);
        ok(!then || then.number === one.number, "no tile moves");
      }
      const numbers = held.shown.map((one) => one.number);
      ok(new Set(numbers).size === numbers.length && numbers.every((n) => n >= 1 && n <= MOST), `numbers ${numbers}`);
      ok(new Set(names(held)).size === held.shown.length, "no camera twice");
    };
    for (const one of story) {
      nowMs += one.waitMs;
      if (one.choice) held = chosen(held, choice(one.choice), nowMs);
      step(one.dead, one.pinned);
    }
    for (let n = 0; n < 60; n += 1) {
      nowMs += 2000;
      step([], []);
    }
    deepEqual([...names(held)].sort(), held.wanted.map((one) => one.camera_id).sort());
  }), { numRuns: RUNS });
});

test("after a reload a pinned camera is back on its number, chosen or not", () => {
  const held = chosen(NOTHING_SHOWN, choice(["a", "b", "c", "d", "e"]), 0, [camera("p", 2), camera("c", 5)]);
  deepEqual(held.shown.map((one) => [one.number, one.camera_id]), [[1, "a"], [2, "p"], [3, "b"], [4, "d"], [5, "c"]]);
});
