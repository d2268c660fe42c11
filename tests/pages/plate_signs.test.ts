/** Two plates sign by sign: both can be read off the pairs again, and no shorter way there is. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { chance, differing, paired } from "../../server/web/src/console/plates/signs.ts";
import { fc } from "./packages.ts";

const RUNS = Number(process.env.ANSIM_EXAMPLES ?? 500);
const plate = fc.string({ unit: fc.constantFrom(..."0123456789가나서울?"), maxLength: 9 });

test("what an operator looks at", () => {
  deepEqual(differing(paired("123가4567", "123가4567")), []);
  deepEqual(differing(paired("123가4567", "123가4587")), [{ wanted: "6", read: "8" }]);
  deepEqual(differing(paired("서울12가3456", "12가3456")), [{ wanted: "서", read: "" }, { wanted: "울", read: "" }]);
  deepEqual(differing(paired("123가4567", "23가4567")), [{ wanted: "1", read: "" }]);
  deepEqual(differing(paired("123가4567", "123?4567")), [{ wanted: "가", read: "?" }]);
});

test("nothing is lost or made up, and the same text differs nowhere", () => {
  fc.assert(fc.property(plate, plate, (wanted, read) => {
    const pairs = paired(wanted, read);
    equal(pairs.map((one) => one.wanted).join(""), wanted);
    equal(pairs.map((one) => one.read).join(""), read);
    equal(differing(pairs).length === 0, wanted === read);
    ok(differing(pairs).length <= Math.max(wanted.length, read.length));
    ok(differing(pairs).length >= Math.abs(wanted.length - read.length));
    if (wanted.length === read.length) ok(differing(pairs).length <= [...wanted].filter((sign, at) => sign !== read[at]).length);
  }), { numRuns: RUNS });
});

test("a chance is said in tenths, never as none and never as more than all", () => {
  fc.assert(fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (probability) => {
    const { inTen } = chance(probability);
    ok(inTen >= 1 && inTen <= 10 && Math.abs(inTen / 10 - probability) <= 0.1 + 1e-9);
  }), { numRuns: RUNS });
  equal(chance(0.9).step, "likely");
  equal(chance(0.1).step, "doubtful");
});
