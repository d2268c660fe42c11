import { effect } from "@preact/signals";
import { stage, view } from "./source";

/** While a running alert is in front the screen stays on. Browsers take the lock back when the page is hidden. */
let lock: WakeLockSentinel | null = null;

async function keep(): Promise<void> {
  const isWatched = stage.peek() === "following" && !view.peek()?.ended && document.visibilityState === "visible";
  if (isWatched && (!lock || lock.released)) {
    lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
  } else if (!isWatched && lock && !lock.released) {
    await lock.release();
  }
  document.documentElement.dataset.awake = String(lock !== null && !lock.released);
}

document.addEventListener("visibilitychange", () => void keep());
effect(() => {
  void [stage.value, view.value?.ended];
  void keep();
});
