import { computed, effect, signal, untracked } from "@preact/signals";
import { secondsSince } from "../clock";
import type { EventLine } from "../wire";
import { asksAgain, rings } from "./feed";
import { feed, fresh, me } from "./seat";
import { around } from "./seats";
import { notesOf, play, stepFor, STEPS, type Tone } from "./tones";

/**
 * The seat's sound. A new SOS rings until anyone anywhere takes it, and grows louder and faster while nobody does; 112's
 * and 119's answers and a lost link have tones of their own. A browser keeps sound suspended until the first gesture:
 * that is shown, and told to the center. Nobody mutes the only seat that would hear.
 */
const MUTE_MS = 60_000;
const LOST_AGAIN_MS = 10_000;
const SAYS_WHY_MS = 6_000;

const context = new AudioContext();
export const running = signal(context.state === "running");
export const mutedUntil = signal(0);
/** Muting was refused a moment ago: why is said where the button is. */
export const muteRefused = signal(false);
const clockTick = signal(Date.now());

context.onstatechange = () => { running.value = context.state === "running"; };

export const muteLeft = computed(() => Math.max(0, Math.ceil((mutedUntil.value - clockTick.value) / 1000)));
const again = computed(() => feed.open.value.some((one) => asksAgain(one.value)));
export const ringing = computed(() => fresh.value.some(rings) || again.value);
/** Somebody else at this desk would hear a new alert. */
export const mayMute = computed(() => (around.value?.others_hear ?? 0) > 0 && feed.link.state.value !== "lost");

export const step = computed(() => {
  const waiting = fresh.value.filter(rings);
  const longest = Math.max(0, ...waiting.map((card) => secondsSince(card.active_at ?? card.opened_at)));
  return waiting.some((card) => card.escalation_level > 0) ? 2 : stepFor(longest);
});

function audible(): boolean {
  return running.peek() && mutedUntil.peek() <= Date.now();
}

function sound(tone: Tone, at: 0 | 1 | 2 = 0): void {
  document.documentElement.dataset.tone = tone;
  if (audible()) play(context, notesOf(tone, at));
}

/** Must be called from a click or a key. */
export async function wake(): Promise<void> {
  await context.resume().catch(() => undefined);
}

/** The tone of a new alert, also while muted: somebody asked to hear it. False: the browser does not let it sound. */
export async function test(): Promise<boolean> {
  await wake();
  if (context.state !== "running") return false;
  play(context, notesOf("test"));
  return true;
}

export function toggleMute(): void {
  const isMuted = mutedUntil.peek() > Date.now();
  if (!isMuted && !mayMute.peek()) {
    muteRefused.value = true;
    setTimeout(() => { muteRefused.value = false; }, SAYS_WHY_MS);
    return;
  }
  mutedUntil.value = isMuted ? 0 : Date.now() + MUTE_MS;
}

/** Who was left as the only one to hear, hears. */
effect(() => { if (!mayMute.value && mutedUntil.peek() > Date.now()) mutedUntil.value = 0; });

let rungAt = 0;
let lostAt = 0;

function soundNow(): void {
  const now = (clockTick.value = Date.now());
  if (ringing.peek()) {
    const at = again.peek() ? 2 : step.peek();
    if (now - rungAt >= STEPS[at].periodMs) {
      rungAt = now;
      sound(again.peek() ? "danger" : "alert", at);
    }
  } else if (feed.link.state.peek() === "lost" && !feed.sessionEnded.peek() && now - lostAt >= LOST_AGAIN_MS) {
    lostAt = now;
    sound("link");
  }
}

setInterval(soundNow, 200);
/** A browser wakes the timers of a window that lies behind others once a minute; a frame of the feed wakes it at once,
 *  and a page that sounds is left awake. */
effect(() => { if (ringing.value || feed.link.state.value === "lost") untracked(soundNow); });

const ANSWERS: Record<string, Tone> = {
  "dispatch:accepted": "accepted", "dispatch:declined": "declined", "dispatch:failed": "failed", "dispatch:overdue": "failed",
};

/** The owner's seats hear the answer; where nobody has the incident every seat does. */
function answered(line: EventLine, owner: string | null): void {
  const tone = ANSWERS[line.tag];
  if (tone && (owner === null || owner === me.peek()?.account_id)) sound(tone);
}

const heard = feed.onEvent;
feed.onEvent = (line, card) => {
  heard(line, card);
  if (!card.is_drill || card.type === "exercise" || card.banner === "exercise") answered(line, card.owner?.account_id ?? null);
};

effect(() => {
  const health = !running.value ? "suspended" : muteLeft.value > 0 ? "muted" : "running";
  feed.tellSeat({ sound: health });
});

/** For tests and screen recordings: what a listener would hear now. */
effect(() => {
  const state = !running.value ? "suspended" : muteLeft.value > 0 ? "muted" : ringing.value ? "ringing" : "quiet";
  const root = document.documentElement;
  root.dataset.sound = state;
  root.dataset.soundStep = String(step.value);
});

// When the press ends, not when it begins: with the sound the strip and the header change, and what moves away from under
// a pressed button takes the click from it. The first press of a seat may be the one that takes an alert.
for (const kind of ["pointerup", "keydown"] as const) {
  window.addEventListener(kind, () => { if (!running.peek()) void wake(); }, { capture: true });
}
