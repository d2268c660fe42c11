import { offset } from "./geo";
import type { Position } from "./wire";

/**
 * Where she may be by now, from how fast and which way she went last: a guess, never a measurement. Only between the
 * moment the last position is stale and a minute after it; afterwards nobody knows, and nothing is guessed.
 */
export const STALE_S = 15;
export const LOST_S = 60;
const SLOWEST_MPS = 0.5;
const FASTEST_MPS = 60;
const SPREAD_DEG = 30;

export interface Prediction { lat: number; lon: number; ageS: number; nearest_m: number; farthest_m: number; heading_deg: number; spread_deg: number }

export function predict(position: Position | null, nowMs: number): Prediction | null {
  if (!position || position.speed_mps == null || position.heading_deg == null) return null;
  const ageS = (nowMs - Date.parse(position.fixed_at)) / 1000;
  const { speed_mps: speed, heading_deg: heading } = position;
  if (!(ageS > STALE_S && ageS <= LOST_S) || !(speed >= SLOWEST_MPS && speed <= FASTEST_MPS)) return null;
  const gone_m = speed * ageS;
  return { ...offset(position, heading, gone_m), ageS, nearest_m: gone_m * 0.4, farthest_m: gone_m * 1.5, heading_deg: heading, spread_deg: SPREAD_DEG };
}

export type Freshness = "fresh" | "stale" | "lost";

export function freshness(position: Position, nowMs: number): Freshness {
  const ageS = (nowMs - Date.parse(position.fixed_at)) / 1000;
  return ageS > LOST_S ? "lost" : ageS > STALE_S ? "stale" : "fresh";
}

/** 68 % radius to the one that holds 95 % of all fixes (Gaussian error on both axes). */
export const r95 = (accuracy_m: number) => accuracy_m * 1.6215;

/** A telephone company's or the emergency location's position: another source, mostly coarser, drawn apart. */
export const isNetwork = (position: Position) => ["telco", "els", "police", "cell"].includes(position.source ?? "");
