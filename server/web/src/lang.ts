import { effect, signal } from "@preact/signals";

/** Korean first; English by one button, remembered on this device. */
export type Lang = "ko" | "en";

const KEY = "ansim.lang";

function remembered(): Lang {
  try {
    return localStorage.getItem(KEY) === "en" ? "en" : "ko";
  } catch {
    return "ko"; // storage may be forbidden on a locked-down seat
  }
}

export const lang = signal<Lang>(remembered());

effect(() => {
  document.documentElement.lang = lang.value;
  try {
    localStorage.setItem(KEY, lang.value);
  } catch {
    // the choice then lasts as long as the page
  }
});

/** The texts of the language in use. `en` is typed by `ko`: a missing translation does not compile. */
export function texts<T>(ko: T, en: T): () => T {
  return () => (lang.value === "ko" ? ko : en);
}

/** The name of something the server sends in both languages. */
export function named(thing: { name_ko: string; name_en: string }): string {
  return lang.value === "ko" ? thing.name_ko : thing.name_en || thing.name_ko;
}

export function said(problem: { message_ko: string; message_en: string }): string {
  return lang.value === "ko" ? problem.message_ko : problem.message_en || problem.message_ko;
}
