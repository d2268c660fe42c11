import { crc32, deflateSync } from "node:zlib";

/** The mark as a picture in pixels, for home screens that take no SVG (an iPhone's). Drawn here at build, from the same
 * shape as `public/mark.svg`: a shield and a tick, on white, since such an icon has no see-through corners. */
type Point = readonly [number, number];

const SIZE = 32; // of the drawing's own square
const SCALE = 0.78; // of the icon that the shield takes
const TICK: Point[] = [[10, 16], [14.5, 20.5], [22.5, 12]];
const TICK_HALF = 1.75;
const BLUE: readonly number[] = [0x0b, 0x50, 0xd0];

function curve(from: Point, a: Point, b: Point, to: Point): Point[] {
  return Array.from({ length: 16 }, (_, i) => {
    const t = (i + 1) / 16, u = 1 - t;
    const at = (k: 0 | 1) => u ** 3 * from[k] + 3 * u * u * t * a[k] + 3 * u * t * t * b[k] + t ** 3 * to[k];
    return [at(0), at(1)] as const;
  });
}

const SHIELD: Point[] = [
  [16, 1], [29, 6], [29, 16], ...curve([29, 16], [29, 24], [23, 29], [16, 31]), ...curve([16, 31], [9, 29], [3, 24], [3, 16]), [3, 6],
];

function isInside(x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = SHIELD.length - 1; i < SHIELD.length; j = i++) {
    const [ax, ay] = SHIELD[i]!, [bx, by] = SHIELD[j]!;
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

function isTick(x: number, y: number): boolean {
  return [0, 1].some((i) => {
    const [ax, ay] = TICK[i]!, [bx, by] = TICK[i + 1]!;
    const t = Math.max(0, Math.min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)));
    return Math.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay)) <= TICK_HALF;
  });
}

/** How much of a pixel is blue, by nine points in it. */
function blueOf(column: number, row: number, pixels: number): number {
  let blue = 0;
  for (let n = 0; n < 9; n++) {
    const [x, y] = [column + ((n % 3) + 0.5) / 3, row + (Math.floor(n / 3) + 0.5) / 3].map((one) => (one / pixels - 0.5) * (SIZE / SCALE) + SIZE / 2) as [number, number];
    if (isInside(x, y) && !isTick(x, y)) blue += 1 / 9;
  }
  return blue;
}

function chunk(name: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + data.length), view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  out.set([...name].map((letter) => letter.charCodeAt(0)), 4);
  out.set(data, 8);
  view.setUint32(8 + data.length, crc32(out.subarray(4, 8 + data.length)));
  return out;
}

export function markPng(pixels: number): Uint8Array {
  const rows = new Uint8Array(pixels * (pixels * 3 + 1)); // each begins with the filter's number, 0
  for (let row = 0; row < pixels; row++) {
    for (let column = 0; column < pixels; column++) {
      const blue = blueOf(column, row, pixels);
      rows.set(BLUE.map((one) => Math.round(255 + (one - 255) * blue)), row * (pixels * 3 + 1) + 1 + column * 3);
    }
  }
  const head = new Uint8Array(13), view = new DataView(head.buffer);
  view.setUint32(0, pixels);
  view.setUint32(4, pixels);
  head.set([8, 2, 0, 0, 0], 8); // eight bits, red green blue
  const parts = [Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10), chunk("IHDR", head), chunk("IDAT", deflateSync(rows, { level: 9 })), chunk("IEND", new Uint8Array())];
  const png = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of parts) { png.set(one, at); at += one.length; }
  return png;
}
