/** Where she is, as the browser tells it. Asked for early and with a reason; an alert never waits for it. */
import { signal } from "@preact/signals";
import type { Fix } from "./cry";

/** `unasked`: the browser would show its question · `denied`: she or the browser said no · `missing`: no fix yet. */
export type Trouble = "" | "unasked" | "denied" | "missing" | "unsupported";

export const fix = signal<Fix | null>(null);
export const trouble = signal<Trouble>("unasked");

const LONGEST_FIX_MS = 20_000;
let watching = 0;
let seq = 0;

/** What the browser calls accuracy is 95 % by its standard and 68 % on most phones; we pass it on as it is: larger
    is the safe way to be wrong. */
function read(found: GeolocationPosition): void {
  const c = found.coords;
  seq += 1;
  fix.value = {
    lat: c.latitude, lon: c.longitude, accuracy_m: Math.round(c.accuracy * 10) / 10, source: "gps", seq,
    fixed_at: new Date(Math.min(found.timestamp, Date.now())).toISOString(),
    ...(c.speed !== null && c.speed >= 0 ? { speed_mps: c.speed } : {}),
    ...(c.heading !== null && c.heading >= 0 ? { heading_deg: c.heading } : {}),
  };
  trouble.value = "";
}

function failed(error: GeolocationPositionError): void {
  if (error.code === error.PERMISSION_DENIED) {
    trouble.value = "denied";
    stop();
  } else if (!fix.peek()) {
    trouble.value = "missing";
  }
}

function stop(): void {
  if (watching) navigator.geolocation.clearWatch(watching);
  watching = 0;
}

/** Ask and go on looking; the browser shows its question if it must. */
export function watch(): void {
  if (!("geolocation" in navigator)) {
    trouble.value = "unsupported";
    return;
  }
  if (watching) return;
  if (trouble.peek() === "unasked" || trouble.peek() === "denied") trouble.value = "missing";
  navigator.geolocation.getCurrentPosition((one) => { if (!fix.peek()) read(one); }, failed, { maximumAge: 60_000, timeout: LONGEST_FIX_MS });
  watching = navigator.geolocation.watchPosition(read, failed, { enableHighAccuracy: true, maximumAge: 0, timeout: LONGEST_FIX_MS });
}

/** At load: where she has said yes before, look at once; where the browser would ask, wait for her press. */
export async function begin(): Promise<void> {
  if (!("geolocation" in navigator)) {
    trouble.value = "unsupported";
    return;
  }
  try {
    const may = await navigator.permissions.query({ name: "geolocation" });
    const apply = () => {
      if (may.state === "granted") watch();
      else if (may.state === "denied") { trouble.value = "denied"; stop(); }
    };
    may.addEventListener("change", apply);
    apply();
  } catch {
    // a browser that can't be asked beforehand: the question comes with her press
  }
}
