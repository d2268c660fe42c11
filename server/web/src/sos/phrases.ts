/** What can be said with one touch: the catalogue of the home center, kept on the device for when there is no network. */
import { signal } from "@preact/signals";
import { lang } from "../lang";

interface Catalogue { codes: Record<string, { uses: string[]; answers?: string[]; text: Record<string, string> }> }

/** What is here before anything is loaded: enough to be found and to warn. */
const FIRST: Catalogue = {
  codes: {
    cannot_talk: { uses: ["quick"], text: { ko: "말할 수 없어요", en: "I can't talk" } },
    being_followed: { uses: ["quick"], text: { ko: "누가 따라와요", en: "Someone is following me" } },
    hiding: { uses: ["quick"], text: { ko: "숨어 있어요", en: "I am hiding" } },
    hurt: { uses: ["quick"], text: { ko: "다쳤어요", en: "I am hurt" } },
    danger: { uses: ["quick"], text: { ko: "지금 위험해요", en: "I am in danger now" } },
    do_not_call: { uses: ["quick"], text: { ko: "전화하지 마세요", en: "Do not call me" } },
    safe_now: { uses: ["quick"], text: { ko: "이제 안전해요", en: "I am safe now" } },
    pressed_by_mistake: { uses: ["quick"], text: { ko: "실수로 눌렀어요", en: "I pressed by mistake" } },
    yes: { uses: ["quick"], text: { ko: "네", en: "Yes" } },
    no: { uses: ["quick"], text: { ko: "아니요", en: "No" } },
  },
};
const catalogue = signal<Catalogue>(FIRST);

export async function loadPhrases(): Promise<void> {
  try {
    const answer = await fetch("/api/phrases");
    if (answer.ok) catalogue.value = (await answer.json()) as Catalogue;
  } catch {
    // the first few are here
  }
}

export function words(code: string): string {
  const text = catalogue.value.codes[code]?.text ?? FIRST.codes[code]?.text;
  return text?.[lang.value] ?? text?.en ?? "";
}

/** Offered in this order while nothing is asked. */
const OFFERED = ["cannot_talk", "being_followed", "hiding", "danger", "hurt", "in_vehicle", "come_quietly", "do_not_call", "call_me"];

export function offered(): string[] {
  return OFFERED.filter((code) => words(code) !== "");
}

/** What a question of the center is answered with. */
export function answersTo(code: string): string[] {
  const found = catalogue.value.codes[code]?.answers;
  return found ? [...found] : [];
}
