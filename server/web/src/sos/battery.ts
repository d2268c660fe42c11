/** Percent, where the browser tells; null elsewhere. */
let level: number | null = null;

interface Battery extends EventTarget { level: number }

export function battery(): number | null {
  return level;
}

export function watchBattery(): void {
  const ask = (navigator as { getBattery?: () => Promise<Battery> }).getBattery;
  void ask?.call(navigator).then((found) => {
    const read = () => { level = Math.round(found.level * 100); };
    read();
    found.addEventListener("levelchange", read);
  }).catch(() => {});
}
