/**
 * What a seat sounds like. Each kind of news has a shape of its own, told apart without looking: a new alert is two
 * falling tones, a danger or second press a fast trill, 112/119's yes rises, its no falls, a lost link is low and long.
 */
export type Tone = "alert" | "danger" | "accepted" | "declined" | "failed" | "link" | "test";
type Note = [frequencyHz: number, startS: number, lengthS: number, loudness: number];

/** How loud and how often an alert rings that has been waiting for so long (15 s, 30 s). */
export const STEPS = [
  { fromS: 0, periodMs: 1800, loudness: 0.3, pairs: 2 },
  { fromS: 15, periodMs: 1300, loudness: 0.55, pairs: 3 },
  { fromS: 30, periodMs: 900, loudness: 0.9, pairs: 3 },
] as const;

export function stepFor(waitingS: number): 0 | 1 | 2 {
  return waitingS >= STEPS[2].fromS ? 2 : waitingS >= STEPS[1].fromS ? 1 : 0;
}

function pairs(high: number, low: number, count: number, lengthS: number, loudness: number): Note[] {
  return Array.from({ length: count }, (_, i): Note[] => [
    [high, i * lengthS * 2, lengthS * 0.92, loudness], [low, i * lengthS * 2 + lengthS, lengthS * 0.92, loudness],
  ]).flat();
}

export function notesOf(tone: Tone, step: 0 | 1 | 2 = 0): Note[] {
  const { loudness, pairs: count } = STEPS[step];
  switch (tone) {
    case "alert":
    case "test": return pairs(988, 740, count, step === 2 ? 0.13 : 0.17, loudness);
    case "danger": return pairs(1480, 1175, 5, 0.09, Math.max(0.6, loudness));
    case "accepted": return [[523, 0, 0.14, 0.3], [659, 0.16, 0.14, 0.3], [784, 0.32, 0.26, 0.3]];
    case "declined": return [[659, 0, 0.2, 0.4], [523, 0.22, 0.2, 0.4], [392, 0.44, 0.4, 0.4]];
    case "failed": return [[392, 0, 0.18, 0.5], [392, 0.26, 0.18, 0.5], [392, 0.52, 0.18, 0.5], [294, 0.78, 0.5, 0.5]];
    case "link": return [[220, 0, 0.5, 0.4], [175, 0.55, 0.8, 0.4]];
  }
}

export function play(context: AudioContext, notes: readonly Note[]): void {
  for (const [frequency, startS, lengthS, loudness] of notes) {
    const at = context.currentTime + startS;
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    oscillator.type = "triangle";
    oscillator.frequency.value = frequency;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(loudness, at + 0.015);
    gain.gain.setValueAtTime(loudness, at + Math.max(0.02, lengthS - 0.03));
    gain.gain.linearRampToValueAtTime(0, at + lengthS);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(at);
    oscillator.stop(at + lengthS);
  }
}
