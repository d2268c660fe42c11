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
  return one.in_force && one.ends_at !== null && Date.parse(one.ends_at) - Date.now() < SOON_MS;
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, n) => total + n, 0);
}
