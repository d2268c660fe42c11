/**
 * Where a pressed key goes; pure, so that node can run it: tests/pages/key_way.test.ts.
 *
 * A sheet that has been asked for and is not drawn yet has no focus: what is pressed then belongs to it and to nothing
 * behind it. F2 and Enter in one breath must not press the card that was opened last and drop the sheet.
 */
export interface Pressed {
  key: string;
  /** Part of a syllable, or with Ctrl, Alt or Meta. */
  isOthers: boolean;
  /** Where the focus is. */
  at: "page" | "button" | "field" | "dialog";
}

/** `close`: the sheet or what is enlarged; `browser`: its own habit; `nowhere`: not even that. */
export type Way = "close" | "browser" | "nowhere" | "enter" | "seat";

export function wayOf({ key, isOthers, at }: Pressed, seat: { hasSheet: boolean; keysOn: boolean }): Way {
  if (isOthers) return "browser";
  if (key === "Escape") return "close";
  const presses = key === " " || key === "Enter";
  if (seat.hasSheet) return presses && at !== "dialog" ? "nowhere" : "browser";
  if (!seat.keysOn || at === "field" || at === "dialog" || (presses && at === "button")) return "browser";
  return key === "Enter" ? "enter" : "seat";
}
