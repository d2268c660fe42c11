/** The hours of scouts go into the form and out again as they were, past midnight too; and what is wrong has its field. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { bodyOf, DAYS, draftOf, faults, isNextMorning, read, written, type Body } from "../../server/web/src/scouts/offer.ts";
import { fc } from "./packages.ts";

const RUNS = Number(process.env.ANSIM_EXAMPLES ?? 300);
const two = (n: number) => String(n).padStart(2, "0");
const clock = (minutes: number) => `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
const offer = (hours: Body["hours"]): Body => ({ hours, lead_min: 30, ahead_days: 7, slot_min: 15, trip_min: 40, return_min: 30, pairs: 1, hubs: [], radius_m: null, blackout: [], ends_on: null });

test("whatever the server keeps is written back as it was", () => {
  const span = fc.tuple(fc.integer({ min: 0, max: 1439 }), fc.integer({ min: 1, max: 1440 }))
    .map(([from, long]) => [from, from + long] as const).filter(([, until]) => until <= 1800);
  fc.assert(fc.property(span, fc.constantFrom(...DAYS), ([from, until], day) => {
    const body = offer({ [day]: [`${clock(from)}-${clock(until)}`] });
    const draft = draftOf(body, "2026-11-22");
    deepEqual(bodyOf(draft), body);
    equal(faults(draft).size, 0);
    equal(isNextMorning(draft.hours[day][0]!), until > 1439);
  }), { numRuns: RUNS });
});

test("each fault is said at its field", () => {
  equal(written({ from: "22:00", until: "01:00" }), "22:00-25:00");
  deepEqual(read("22:00-25:00"), { from: "22:00", until: "01:00" });
  const good = draftOf(offer({ mon: ["22:00-25:00"] }), "2026-11-22");
  const fields = (change: object) => [...faults({ ...good, ...change }).keys()];
  deepEqual(fields({}), []);
  deepEqual(fields({ starts_on: "" }), ["starts_on"]);
  deepEqual(fields({ ends_on: "2026-11-21" }), ["ends_on"]);
  deepEqual(fields({ lead_min: -1, pairs: 1.5 }), ["lead_min", "pairs"]);
  deepEqual(fields({ isAround: true }), ["hubs"]);
  const monday = (...spans: string[]) => ({ hours: { ...good.hours, mon: spans.map(read) } });
  deepEqual(fields(monday("20:00-22:00", "21:00-23:00")), ["hours"]);
  deepEqual(fields(monday("22:00-31:00")), ["hours"]);
  deepEqual(fields({ hours: { ...good.hours, mon: [{ from: "", until: "01:00" }] } }), ["hours"]);
});
