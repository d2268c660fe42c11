/** Moving about in a recording: back is always back, also at its beginning, over a hole and from one film to another. */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { filmSecond, hop, partAt, type Piece, wallMs } from "../../server/web/src/console/film.ts";
import type { Clip } from "../../server/web/src/wire.ts";
import { fc } from "./packages.ts";

const START = Date.parse("2026-11-22T15:30:00Z");
const iso = (ms: number) => new Date(ms).toISOString();

/** Recorded runs with holes between them, asked for `lateMs` after the key frame with which the first one begins. */
function film(runs: { holeMs: number; runMs: number; isOtherFormat: boolean }[], lateMs: number) {
  const films: Piece[][] = [];
  const gaps: Clip["gaps"] = [];
  const parts: Clip["parts"] = [];
  let at = START;
  for (const [no, run] of runs.entries()) {
    if (no > 0 && run.holeMs > 500) gaps.push({ begin_at: iso(at), end_at: iso(at + run.holeMs), seconds: run.holeMs / 1000 });
    at += no > 0 ? run.holeMs : 0;
    if (no === 0 || run.isOtherFormat) {
      films.push([]);
      parts.push({ part: films.length, url: `/clips/a?part=${films.length}`, begin_at: iso(at + (no === 0 ? lateMs : 0)), end_at: iso(at), picture: "640x360" });
    }
    const pieces = films.at(-1)!;
    const last = pieces.at(-1);
    const second = last ? last.second + (last.endMs - last.beginMs) / 1000 : 0;
    pieces.push({ second, beginMs: at, endMs: at + run.runMs });
    at += run.runMs;
    parts.at(-1)!.end_at = iso(at);
  }
  const clip: Clip = { release_id: "a", camera_id: "a", url: "/clips/a", expires_at: 0, begin_at: iso(START + lateMs), end_at: iso(at), gaps, parts };
  return { clip, films };
}

const RUNS = fc.array(fc.record({ holeMs: fc.integer({ min: 0, max: 60_000 }), runMs: fc.integer({ min: 2000, max: 30_000 }), isOtherFormat: fc.boolean() }), { minLength: 1, maxLength: 5 });

test("back from any picture is an earlier one until the first, which is at second 0 of the first film", () => {
  fc.assert(fc.property(RUNS, fc.integer({ min: 0, max: 1900 }), fc.constantFrom(-5000, -10_000), (runs, lateMs, byMs) => {
    const { clip, films } = film(runs, lateMs);
    let part = films.length - 1;
    let second = films[part]!.at(-1)!.second + 1.5;
    for (let presses = 0; part > 0 || second > 0; presses += 1) {
      ok(presses < 200, "it never comes back to the beginning");
      const to = hop(clip, films[part]!, wallMs(films[part]!, second), byMs);
      const next = partAt(clip, to);
      const shown = filmSecond(films[next]!, to);
      ok(next < part || (next === part && shown < second), `part ${part} second ${second} → part ${next} second ${shown}`);
      [part, second] = [next, shown];
    }
  }));
});

test("on from any picture is a later one, or the end", () => {
  fc.assert(fc.property(RUNS, fc.integer({ min: 0, max: 1900 }), fc.integer({ min: 0, max: 1500 }), (runs, lateMs, intoMs) => {
    const { clip, films } = film(runs, lateMs);
    const at = START + intoMs;
    const to = hop(clip, films[0]!, at, 5000);
    ok(to > at && to <= Date.parse(clip.end_at));
  }));
});

test("before the times of a film are known a press moves by the clock, within what was asked for", () => {
  const { clip } = film([{ holeMs: 0, runMs: 20_000, isOtherFormat: false }], 700);
  equal(hop(clip, [], START + 700, -5000), START + 700);
  equal(hop(clip, [], START + 700, 5000), START + 5700);
});
