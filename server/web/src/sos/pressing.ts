/**
 * Holding, for shaking hands; pure. Progress grows while she presses and runs back slowly when she slips off, so that a
 * finger that jumps does not begin anew.
 */
export const HOLD_MS = 1500;
const BACK = 0.8;

/** Progress 0…1 after `ms` more milliseconds. */
export function pressed(progress: number, isDown: boolean, ms: number): number {
  const next = progress + (isDown ? ms : -BACK * ms) / HOLD_MS;
  return Math.min(1, Math.max(0, next));
}
