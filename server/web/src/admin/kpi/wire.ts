import type { TwoNames } from "../records/wire";

/** A count; "<5" where this role must not tell the cases apart. */
export type Few = number | string;
export interface Measure { n: Few; median_s?: number | null; p90_s?: number | null; within_7_min?: number | null; count?: Few | null; share?: number | null }
export interface Block { incidents: Few; ended_before_active: Few; measures: Record<string, Measure> }
export type Keyed = Block & { key: string };
export interface Provision { half_year: string; to: string; kind: string; legal_basis: string; count: Few }
export type By = "by_center" | "by_month" | "by_type";
export interface Report {
  from: string; to: string; center: string | null; total: Block; by_center: Keyed[]; by_month: Keyed[]; by_type: Keyed[]; agencies: Block; exercises: Block; drills: Block;
  provisions: Provision[]; refused: Provision[]; deletion_compliance: { n: number; count: number; share: number | null }; gone: { dispatches: number }; fewer_than: number | null;
}
export interface Published {
  fewer_than: number; formulae: { name: string; ko: string; en: string; formula_ko: string; formula_en: string }[];
  types: Record<string, TwoNames>; kinds: Record<string, TwoNames>; bases: Record<string, TwoNames>; agencies: { agency_id: string; name_ko: string; name_en: string }[];
}
