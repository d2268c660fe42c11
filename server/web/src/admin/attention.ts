import { call } from "../api";
import type { AttentionId } from "../texts/admin";

/** What waits for somebody, as a count that leads to a section. Whoever adds a section with a queue adds a line here. */
export interface Attention { id: AttentionId; section: string; needs: readonly string[]; count: () => Promise<number> }

const SOON_MS = 30 * 24 * 3600_000;

interface Held { held: { is_held: boolean }[] }
interface Agreements { agreements: { ends_at: string | null; in_force: boolean }[] }

export const ATTENTION: readonly Attention[] = [
  {
    id: "held", section: "held", needs: ["accounts.release"],
    count: async () => (await call<Held>("GET", "/api/accounts/held")).held.filter((one) => one.is_held).length,
  },
  {
    id: "agreements", section: "agreements", needs: ["agreements.manage"],
    count: async () => (await call<Agreements>("GET", "/api/agreements")).agreements.filter((one) => endsSoon(one)).length,
  },
  {
    id: "misuse", section: "misuse", needs: ["misuse.review"],
    count: async () => (await call<{ findings: unknown[] }>("GET", "/api/misuse?state=open")).findings.length,
  },
  {
    id: "breakglass", section: "breakglass", needs: ["misuse.review"],
    count: async () => (await call<{ breakglass: unknown[] }>("GET", "/api/breakglass?state=unreviewed")).breakglass.length,
  },
  {
    id: "chains", section: "log", needs: ["log.read"],
    count: async () => (await call<{ chains: { is_intact: boolean | null; is_late: boolean }[] }>("GET", "/api/log/chains")).chains.filter((one) => one.is_intact === false || one.is_late).length,
  },
  {
    id: "holds", section: "holds", needs: ["holds.manage"],
    count: async () => (await call<{ holds: { until: string }[] }>("GET", "/api/holds")).holds.filter((one) => endsWithin(one.until)).length,
  },
  {
    id: "doubts", section: "cameras", needs: ["cameras.manage"],
    count: async () => sum((await call<{ by_reason: Record<string, number> }>("GET", "/api/cameras/doubts?state=open&limit=1")).by_reason),
  },
  {
    id: "discrepancies", section: "operation", needs: ["operation.read"],
    count: async () => sum((await call<{ discrepancies: Record<string, number> }>("GET", "/api/operation")).discrepancies),
  },
  {
    id: "quarantine", section: "quarantine", needs: ["quarantine.read"],
    count: async () => (await call<{ quarantine: unknown[] }>("GET", "/api/quarantine")).quarantine.length,
  },
];

/** In force, with an end within thirty days. */
export function endsSoon(one: { ends_at: string | null; in_force: boolean }): boolean {
  return one.in_force && one.ends_at !== null && endsWithin(one.ends_at);
}

export function endsWithin(at: string): boolean {
  return Date.parse(at) - Date.now() < SOON_MS;
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, n) => total + n, 0);
}
