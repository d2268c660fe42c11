import type { Clip, ClipTimes } from "../wire";

/** From the seconds of a film to the clock on the wall and back; pure. What is missing is cut out of the film, so the
 *  two do not run together. Milliseconds since 1970 on the wall's side. */
export interface Piece { second: number; beginMs: number; endMs: number }

const EDGE_MS = 200; // a picture's length of the slowest cameras: the last one before a hole is shown, not its end

export function piecesOf(told: ClipTimes): Piece[] {
  return told.times.map((one) => ({ second: one.second, beginMs: Date.parse(one.begin_at), endMs: Date.parse(one.end_at) }));
}

/** The moment that the film shows at `second`. */
export function wallMs(pieces: Piece[], second: number): number {
  const piece = pieces.findLast((one) => one.second <= second + 0.001) ?? pieces[0];
  if (!piece) return 0;
  return Math.min(piece.endMs, piece.beginMs + Math.max(0, second - piece.second) * 1000);
}

/** The second of the film that shows `ms`; in a hole, the first picture after it. */
export function filmSecond(pieces: Piece[], ms: number): number {
  for (const one of pieces) {
    if (ms < one.beginMs) return one.second;
    if (ms <= one.endMs) return one.second + (ms - one.beginMs) / 1000;
  }
  const last = pieces.at(-1);
  return last ? last.second + (last.endMs - last.beginMs) / 1000 : 0;
}

/** So much on or back from `ms`, within the clip. It begins with the picture that it really begins with: the key frame
 *  before what was asked. Back into a hole is the last moment before it, or nobody would come back over a long one. */
export function hop(clip: Clip, pieces: Piece[], ms: number, byMs: number): number {
  const begin = Math.min(Date.parse(clip.begin_at), pieces[0]?.beginMs ?? Infinity);
  const to = Math.min(Date.parse(clip.end_at), Math.max(begin, ms + byMs));
  const hole = byMs < 0 && clip.gaps.find((one) => to > Date.parse(one.begin_at) && to < Date.parse(one.end_at));
  return hole ? Math.max(begin, Date.parse(hole.begin_at) - EDGE_MS) : to;
}

/** Which of the clip's films shows `ms`, or comes next; the last one after the end. */
export function partAt(clip: Clip, ms: number): number {
  const at = clip.parts.findIndex((one) => ms <= Date.parse(one.end_at));
  return at < 0 ? clip.parts.length - 1 : at;
}

/** `…/clips/{id}/times` beside `…/clips/{id}`. */
export function timesUrl(clipUrl: string): string {
  const url = new URL(clipUrl, location.href);
  url.pathname += "/times";
  return url.toString();
}
