/** A person's page finds out by itself whether she is inside a warning's area, as her phone does. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import { isInside } from "../../server/web/src/mine/inside.ts";

const LAT = 37.4015, LON = 126.9227, M = 1 / 111_195;
const SQUARE: [number, number][] = [[LAT - 0.01, LON - 0.01], [LAT - 0.01, LON + 0.01], [LAT + 0.01, LON + 0.01], [LAT + 0.01, LON - 0.01]];
const at = (lat: number, lon: number, accuracy_m = 5) => ({ lat, lon, accuracy_m });

test("inside, on the border and within the doubt is inside; beyond it is not, whichever way the corners go round", () => {
  for (const ring of [SQUARE, [...SQUARE].reverse()]) {
    equal(isInside({ rings: [ring] }, at(LAT, LON)), true);
    equal(isInside({ rings: [ring] }, at(LAT + 0.01, LON, 0)), true);
    equal(isInside({ rings: [ring] }, at(LAT + 0.01 + 50 * M, LON)), false);
    equal(isInside({ rings: [ring] }, at(LAT + 0.01 + 50 * M, LON, 60)), true);
    equal(isInside({ rings: [ring] }, at(LAT, LON + 0.02)), false);
  }
});

test("a circle, a whole municipality, and no area at all", () => {
  equal(isInside({ circles: [[LAT, LON, 500]] }, at(LAT + 0.004, LON)), true);
  equal(isInside({ circles: [[LAT, LON, 500]] }, at(LAT + 0.006, LON)), false);
  equal(isInside({ is_whole: true, rings: [], circles: [] }, at(LAT + 1, LON)), true);
  equal(isInside({ rings: [], circles: [] }, at(LAT, LON)), false);
});
