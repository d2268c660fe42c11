import assert from "node:assert/strict";
import { test } from "node:test";
import { withParticle } from "../../server/web/src/particles.ts";

test("a center's name, a version and a key get the particle that one would say", () => {
  const said = [
    withParticle("안양시", "으로/로"), withParticle("양평군", "으로/로"), withParticle("서울", "으로/로"), withParticle("안양시", "이/가"),
    withParticle("양평군", "이/가"), withParticle("2026-07-01", "을/를"), withParticle("2026-07-03", "을/를"), withParticle("v2", "을/를"),
    withParticle("built-in", "을/를"), withParticle("안양 (만안)", "은/는"), withParticle("180일", "으로/로"),
  ];
  assert.deepEqual(said, [
    "안양시로", "양평군으로", "서울로", "안양시가", "양평군이", "2026-07-01을", "2026-07-03을", "v2를", "built-in을", "안양 (만안)은", "180일로",
  ]);
});

test("a word that can't be read gets both", () => {
  assert.equal(withParticle("…", "을/를"), "…을(를)");
  assert.equal(withParticle("", "으로/로"), "(으)로");
});
