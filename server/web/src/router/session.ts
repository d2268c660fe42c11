import { signal } from "@preact/signals";
import { call, Refused } from "../api";
import { serverSaysNow } from "../clock";

/** Who administers here: a cookie that no script reads (location_router/pages.py). */
interface Session { name: string; expires_at: string }
/** undefined: being asked. */
export const session = signal<Session | null | undefined>(undefined);
export const isEnded = signal(false);
export const isUnreachable = signal(false);

const TRY_AGAIN_MS = 2000;

export async function enter(): Promise<void> {
  try {
    const told = await call<{ name: string | null; expires_at: string; now: string }>("GET", "/manage/session/now");
    serverSaysNow(told.now);
    isUnreachable.value = false;
    isEnded.value = false;
    session.value = told.name ? { name: told.name, expires_at: told.expires_at } : null;
  } catch {
    isUnreachable.value = true;
    setTimeout(() => void enter(), TRY_AGAIN_MS);
  }
}

export async function signIn(token: string): Promise<void> {
  await call("POST", "/manage/session", { token });
  await enter();
}

export async function leave(): Promise<void> {
  await call("DELETE", "/manage/session").catch(() => undefined);
  session.value = null;
}

/** Tells the page that its session is over, whoever found out. */
export function noticed(error: unknown): void {
  if (error instanceof Refused && error.status === 401 && session.peek()) isEnded.value = true;
}

/** One request to the administration API. */
export async function ask<T>(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown, timeoutMs = 15_000): Promise<T> {
  try {
    return await call<T>(method, `/admin${path}`, body, timeoutMs);
  } catch (error) {
    noticed(error);
    throw error;
  }
}
