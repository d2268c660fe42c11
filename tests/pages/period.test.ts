/** Periods of the measures: Korean days, no gap and no overlap between a period and the one before it. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { beforeOf, dayOf, lastDay, periodOf, startOf } from "../../server/web/src/admin/kpi/period.ts";
import { fc } from "./packages.ts";

const NOW = Date.parse("2026-11-22T15:30:00Z"); // 00:30 on the 23rd in Korea
const OWN = { from: "2026-11-01", to: "2026-11-30" };

test("a half-year begins and ends at midnight in Korea", () => {
  deepEqual(periodOf("lastHalf", NOW, OWN), { from: "2025-12-31T15:00:00.000Z", to: "2026-06-30T15:00:00.000Z" });
  deepEqual(periodOf("half", NOW, OWN), { from: "2026-06-30T15:00:00.000Z", to: "2026-11-22T15:30:00.000Z" });
  const inSpring = Date.parse("2026-03-01T00:00:00Z");
  equal(periodOf("lastHalf", inSpring, OWN)!.from, "2025-06-30T15:00:00.000Z");
  equal(dayOf(NOW), "2026-11-23");
});

test("own days include the last one, and what is no period is none", () => {
  deepEqual(periodOf("own", NOW, OWN), { from: "2026-10-31T15:00:00.000Z", to: "2026-11-30T15:00:00.000Z" });
  equal(lastDay("2026-11-30T15:00:00.000Z"), "2026-11-30");
  equal(periodOf("own", NOW, { from: "2026-11-02", to: "2026-11-01" }), null);
  equal(periodOf("own", NOW, { from: "2019-01-01", to: "2026-11-01" }), null);
  equal(periodOf("own", NOW, { from: "", to: "2026-11-01" }), null);
});

test("the period before is as long, and ends where this one begins", () => {
  fc.assert(fc.property(fc.integer({ min: startOf("2020-01-01"), max: NOW }), fc.constantFrom("7", "30", "90", "half", "lastHalf"), (now, range) => {
    const period = periodOf(range, now, OWN)!;
    const before = beforeOf(period);
    equal(before.to, period.from);
    equal(Date.parse(period.to) - Date.parse(period.from), Date.parse(before.to) - Date.parse(before.from));
    ok(Date.parse(period.to) <= now);
  }));
});
