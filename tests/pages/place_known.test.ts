/** A place that has not come yet is not called missing; one that is missing is not promised for long. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import { COMING_S, placeOf } from "../../server/web/src/console/place-known.ts";
import type { Position } from "../../server/web/src/wire";

const OPENED = "2026-11-22T13:00:00Z";
const after = (seconds: number, isRead = false) => ({ nowMs: Date.parse(OPENED) + seconds * 1000, isRead });
const card = { position: null as Position | null, flags: [] as string[], opened_at: OPENED, active_at: null as string | null };

test("in its first seconds a place is on its way, until the center has said that there is none", () => {
  equal(placeOf(card, after(0)), "coming");
  equal(placeOf(card, after(COMING_S - 1)), "coming");
  equal(placeOf(card, after(COMING_S)), "none");
  equal(placeOf(card, after(1, true)), "none"); // the incident's own answer has no place either
  equal(placeOf({ ...card, flags: ["no_position"] }, after(0)), "none"); // the phone sent none
  equal(placeOf({ ...card, position: {} as Position }, after(0)), "known");
});

test("a pre-alert that becomes active has its place released only then", () => {
  equal(placeOf({ ...card, active_at: "2026-11-22T13:00:30Z" }, after(31)), "coming");
});
