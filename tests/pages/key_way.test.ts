/** Where a key goes at a seat: into a field, to a button, to the sheet that is coming, or to what the seat does. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { type Pressed, wayOf } from "../../server/web/src/console/key-way.ts";

const DESK = { hasSheet: false, keysOn: true };
const press = (key: string, at: Pressed["at"] = "page"): Pressed => ({ key, at, isOthers: false });

test("F2 and Enter in one breath: until the sheet is drawn Enter presses nothing behind it", () => {
  equal(wayOf(press("F2", "button"), DESK), "seat"); // the card that was clicked still has the focus
  const coming = { hasSheet: true, keysOn: true };
  for (const at of ["button", "page", "field"] as const) {
    deepEqual([wayOf(press("Enter", at), coming), wayOf(press(" ", at), coming)], ["nowhere", "nowhere"]);
  }
  equal(wayOf(press("Enter", "dialog"), coming), "browser"); // drawn: it has the focus, and Enter confirms
  equal(wayOf(press("x", "dialog"), coming), "browser");
  equal(wayOf(press("Escape"), coming), "close");
  equal(wayOf(press("Enter", "button"), { hasSheet: true, keysOn: false }), "nowhere"); // single keys off: no other
});

test("without a sheet buttons, fields and the browser keep what is theirs", () => {
  equal(wayOf(press("Enter"), DESK), "enter");
  equal(wayOf(press("Enter", "button"), DESK), "browser");
  equal(wayOf(press(" ", "button"), DESK), "browser");
  equal(wayOf(press(" "), DESK), "seat");
  equal(wayOf(press("j", "button"), DESK), "seat");
  equal(wayOf(press("j", "field"), DESK), "browser");
  equal(wayOf(press("j"), { hasSheet: false, keysOn: false }), "browser");
  equal(wayOf({ key: "Escape", at: "page", isOthers: true }, DESK), "browser");
});
