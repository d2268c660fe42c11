import { effect, signal, untracked } from "@preact/signals";

/**
 * A repeating two-tone call for a desk; browsers keep it suspended until the first gesture. It begins with the news and
 * not with the next turn of the timer: a browser may give a hidden window one turn a minute, until it sounds.
 */
export class Chime {
  readonly running = signal(false);
  private readonly context = new AudioContext();
  private rungAt = 0;

  constructor(isWanted: () => boolean, periodMs = 2000) {
    this.running.value = this.context.state === "running";
    this.context.onstatechange = () => { this.running.value = this.context.state === "running"; };
    const call = () => {
      if (!this.running.peek() || !isWanted() || Date.now() - this.rungAt < periodMs * 0.8) return;
      this.rungAt = Date.now();
      this.ring();
    };
    setInterval(call, periodMs);
    effect(() => { if (isWanted()) untracked(call); });
    const wake = () => void this.wake();
    window.addEventListener("pointerup", wake, { capture: true }); // as in console/sound.ts: nothing moves under a press
    window.addEventListener("keydown", wake, { capture: true });
  }

  async wake(): Promise<void> {
    await this.context.resume().catch(() => undefined);
  }

  private ring(): void {
    for (const [i, frequency] of [784, 988].entries()) {
      const at = this.context.currentTime + i * 0.22;
      const oscillator = this.context.createOscillator();
      const gain = this.context.createGain();
      oscillator.frequency.value = frequency;
      oscillator.type = "triangle";
      gain.gain.setValueAtTime(0.25, at);
      gain.gain.exponentialRampToValueAtTime(0.001, at + 0.2);
      oscillator.connect(gain).connect(this.context.destination);
      oscillator.start(at);
      oscillator.stop(at + 0.2);
    }
  }
}
