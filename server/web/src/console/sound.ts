import { computed, effect, signal } from "@preact/signals";
import { feed, fresh, me } from "./seat";
import { asksAgain, rings } from "./feed";

/**
 * The seat's sound. A new SOS rings until anyone anywhere takes it; 112/119's answers and a lost link have tones of
 * their own. A browser keeps sound suspended until the first gesture: that is shown, and told to the center.
 */
const MUTE_MS = 60_000;
const PERIOD_MS = 1600;

const context = new AudioContext();
export const running = signal(context.state === "running");
export const mutedUntil = signal(0);
const clockTick = signal(Date.now());

context.onstatechange = () => { running.value = context.state === "running"; };

export const muteLeft = computed(() => Math.max(0, Math.ceil((mutedUntil.value - clockTick.value) / 1000)));
const again = computed(() => feed.open.value.some((one) => asksAgain(one.value)));
export const ringing = computed(() => fresh.value.some(rings) || again.value);

function tone(frequency: number, startS: number, lengthS: number, loudness = 0.25): void {
  const at = context.currentTime + startS;
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.type = "triangle";
  oscillator.frequency.value = frequency;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(loudness, at + 0.02);
  gain.gain.setValueAtTime(loudness, at + lengthS - 0.04);
  gain.gain.linearRampToValueAtTime(0, at + lengthS);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + lengthS);
}

const ring = (urgent: boolean) => {
  for (let i = 0; i < (urgent ? 4 : 2); i++) {
    tone(urgent ? 1175 : 988, i * 0.34, 0.16, 0.35);
    tone(urgent ? 932 : 740, i * 0.34 + 0.17, 0.16, 0.35);
  }
};
const answered = () => { tone(523, 0, 0.14); tone(659, 0.16, 0.14); tone(784, 0.32, 0.22); };
const linkLost = () => { tone(220, 0, 0.5, 0.3); tone(196, 0.55, 0.7, 0.3); };

/** Must be called from a click or a key. */
export async function wake(): Promise<void> {
  await context.resume().catch(() => undefined);
}

export async function test(): Promise<void> {
  await wake();
  ring(false);
}

export function toggleMute(): void {
  mutedUntil.value = mutedUntil.peek() > Date.now() ? 0 : Date.now() + MUTE_MS;
}

function audible(): boolean {
  return running.peek() && mutedUntil.peek() <= Date.now();
}

let rungAt = 0;
setInterval(() => {
  clockTick.value = Date.now();
  if (!ringing.peek() || !audible() || Date.now() - rungAt < PERIOD_MS) return;
  rungAt = Date.now();
  ring(again.peek() || fresh.peek().some((card) => card.escalation_level > 0));
}, 200);

const ANSWERS = new Set(["dispatch:accepted", "dispatch:declined", "dispatch:failed", "dispatch:overdue"]);
const heard = feed.onEvent;
feed.onEvent = (line, card) => {
  heard(line, card);
  if (ANSWERS.has(line.tag) && card.owner?.account_id === me.peek()?.account_id && audible()) answered();
};

feed.link.state.subscribe((state) => { if (state === "lost" && audible()) linkLost(); });

effect(() => feed.tellSeat({ sound: running.value ? "running" : "suspended" }));

/** For tests and screen recordings: what a listener would hear now. */
effect(() => {
  const state = !running.value ? "suspended" : muteLeft.value > 0 ? "muted" : ringing.value ? "ringing" : "quiet";
  document.documentElement.dataset.sound = state;
});

for (const kind of ["pointerdown", "keydown"] as const) {
  window.addEventListener(kind, () => { if (!running.peek()) void wake(); }, { capture: true });
}
