/** A tile says how far the camera is from where she is now, and whether she can be in its picture. */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { distanceM, offset, seenNow } from "../../server/web/src/geo.ts";
import type { CameraChoice } from "../../server/web/src/wire";
import { fc } from "./packages.ts";

const RUNS = Number(process.env.ANSIM_EXAMPLES ?? 500);
const AT = { lat: 37.4, lon: 126.92 };
const camera = (more: Partial<CameraChoice> = {}): CameraChoice =>
  ({ camera_id: "a", ...AT, heading_deg: 90, field_of_view_deg: 60, range_m: 80, distance_m: 1000, bearing_deg: 0, in_view: true, ...more }) as CameraChoice;
const angle = fc.double({ min: 0, max: 360, noNaN: true });

test("she walks past: in its picture, beside it, beyond its reach", () => {
  equal(seenNow(camera(), offset(AT, 90, 40)).in_view, true);
  equal(seenNow(camera(), offset(AT, 130, 40)).in_view, false);
  equal(seenNow(camera(), offset(AT, 90, 90)).in_view, false);
  equal(seenNow(camera({ heading_deg: null }), offset(AT, 270, 40)).in_view, true);
  equal(seenNow(camera({ heading_deg: 350 }), offset(AT, 10, 40)).in_view, true);
  equal(seenNow(camera(), null).distance_m, 1000);
  const standing = camera({ distance_m: 40, bearing_deg: 270, in_view: false }); // chosen when she was 40 m east of it
  equal(seenNow(standing, offset(AT, 90, 42)).in_view, false);
  equal(seenNow(standing, offset(AT, 90, 60)).in_view, true);
  equal(seenNow(camera({ distance_m: null, in_view: false }), offset(AT, 90, 40)).in_view, false);
});

test("anywhere round it: the distance is hers, and the edge is where its picture ends", () => {
  fc.assert(fc.property(angle, angle, fc.double({ min: 20, max: 170, noNaN: true }), fc.double({ min: 5, max: 200, noNaN: true }), (heading, towards, wide, metres) => {
    const place = offset(AT, towards, metres);
    const now = seenNow(camera({ heading_deg: heading, field_of_view_deg: wide }), place);
    ok(Math.abs(now.distance_m! - distanceM(AT, place)) < 1e-6);
    const off = Math.abs(((towards - heading + 540) % 360) - 180);
    if (Math.abs(off - wide / 2) > 0.5 && Math.abs(metres - 80) > 0.5) equal(now.in_view, metres < 80 && off < wide / 2);
  }), { numRuns: RUNS });
});
