import { signal } from "@preact/signals";
import { tell } from "./source";

/** The officer's own place: read only after a press, kept on this phone; it goes up only while sharing is on. */
const SHARE_EVERY_MS = 5000;

export const mine = signal<{ lat: number; lon: number; accuracy_m: number } | null>(null);
export const mineState = signal<"off" | "finding" | "on" | "denied">("off");
export const sharing = signal(false);
let watch: number | null = null;
let sentAt = 0;

export function findMe(): void {
  if (watch !== null) return;
  if (!navigator.geolocation) { mineState.value = "denied"; return; }
  mineState.value = "finding";
  watch = navigator.geolocation.watchPosition(
    ({ coords }) => {
      mine.value = { lat: coords.latitude, lon: coords.longitude, accuracy_m: coords.accuracy };
      mineState.value = "on";
      void send();
    },
    (error) => { if (error.code === error.PERMISSION_DENIED) { stop(); mineState.value = "denied"; } },
    { enableHighAccuracy: true, maximumAge: 5000 },
  );
}

async function send(): Promise<void> {
  if (!sharing.peek() || !mine.peek() || Date.now() - sentAt < SHARE_EVERY_MS) return;
  sentAt = Date.now();
  const { lat, lon } = mine.peek()!;
  await tell("unit", { lat, lon });
}

export function share(on: boolean): void {
  sharing.value = on;
  sentAt = 0;
  if (on) { findMe(); void send(); }
}

export function stop(): void {
  if (watch !== null) navigator.geolocation.clearWatch(watch);
  watch = null;
  sharing.value = false;
  mine.value = null;
  mineState.value = "off";
}
