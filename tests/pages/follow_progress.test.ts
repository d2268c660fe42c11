/** A guardian is never told that help is on its way because it was asked for, and times never run backwards. */
import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { progressOf } from "../../server/web/src/follow/progress.ts";

const at = (minute: number) => `2026-11-22T13:${minute}:00Z`;
const steps = (...told: [string, number][]) => progressOf(told.map(([state, minute]) => ({ state, at: at(minute) })))
  .map((one) => [one.step, one.at]);

test("help asked for by a rule before anybody took it stands before that, and is not on its way", () => {
  deepEqual(steps(["received", 28], ["acknowledged", 31], ["dispatched", 29]),
    [[0, at(28)], [2, at(29)], [1, at(31)], [3, null], [4, null]]);
});

test("on the way is what an agency said", () => {
  deepEqual(steps(["assigned", 28], ["received", 29], ["acknowledged", 30], ["dispatched", 31], ["en_route", 33], ["on_scene", 39]),
    [[0, at(28)], [1, at(30)], [2, at(31)], [3, at(33)], [4, null]]);
});
