import { signal } from "@preact/signals";
import { call, Refused } from "../api";
import type { Me } from "../wire";

/** Who works here, and whether the session still stands. */
export const me = signal<Me | null>(null);
export const isEnded = signal(false);
export const isUnreachable = signal(false);

const TRY_AGAIN_MS = 2000;
const STALE_MS = 60_000;
let lastAskedAt = 0;

export function may(...permissions: string[]): boolean {
  return permissions.some((one) => me.value?.permissions.includes(one) ?? false);
}

/** The address of the login page that comes back here. */
export function loginAddress(): string {
  return `/login#next=${encodeURIComponent(location.pathname + location.hash)}`;
}

export async function enter(): Promise<void> {
  lastAskedAt = Date.now();
  try {
    me.value = await call<Me>("GET", "/api/me");
    isUnreachable.value = false;
  } catch (error) {
    if (error instanceof Refused && (error.status === 401 || error.status === 403)) {
      if (me.peek()) isEnded.value = true;
      else location.replace(loginAddress());
    } else {
      isUnreachable.value = true;
      setTimeout(() => void enter(), TRY_AGAIN_MS);
    }
  }
}

export async function leave(): Promise<void> {
  await call("POST", "/api/logout").catch(() => undefined);
  location.assign("/login");
}

addEventListener("ansim:signed-out", () => { if (me.peek()) isEnded.value = true; });
// Asking keeps a seat from being idle, so the page asks only when its person comes back to it.
addEventListener("focus", () => { if (me.peek() && Date.now() - lastAskedAt > STALE_MS) void enter(); });

