import { useSignal } from "@preact/signals";
import { call } from "../../api";
import { useLoader, type Loader } from "../../loaded";

/** Rows as far as they have been fetched; `next` is the server's mark of what follows, null at the end. */
export interface Held<T> { rows: T[]; next: string | null }
const LIMIT = "100";
const PATIENCE_MS = 30_000;

async function page<T>(path: string, name: string, query: Record<string, string>, after: string): Promise<Held<T>> {
  const asked = new URLSearchParams({ ...query, limit: LIMIT, ...(after ? { after } : {}) });
  const told = await call<Record<string, unknown>>("GET", `${path}?${asked}`, undefined, PATIENCE_MS);
  return { rows: told[name] as T[], next: told.next as string | null };
}

/** The first page of a list that the server gives by pages, and `more` to get the one after it. */
export function usePages<T>(path: string, name: string, query: Record<string, string>): { loader: Loader<Held<T>>; more: () => void } {
  const key = `${path} ${name} ${JSON.stringify(query)}`;
  const wanted = useSignal(1);
  const asked = useSignal(key);
  if (asked.value !== key) { asked.value = key; wanted.value = 1; }
  const loader: Loader<Held<T>> = useLoader<Held<T>>(async () => {
    const held = loader.state.peek();
    const old = wanted.peek() > 1 && held.is === "ready" ? held.data : null;
    const next = await page<T>(path, name, query, old?.next ?? "");
    return { rows: [...(old?.rows ?? []), ...next.rows], next: next.next };
  }, key);
  return { loader, more: () => { wanted.value += 1; void loader.again(); } };
}
