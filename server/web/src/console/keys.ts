import { signal } from "@preact/signals";
import type { SeatMap } from "../map";
import { type Pressed, wayOf } from "./key-way";
import { enlarged, sheet } from "./seat";

/**
 * Keys of a seat. Each can be given another key, and all of them can be turned off (WCAG 2.1.4); what this device
 * remembers holds for its console and its monitors. They rest inside fields and while a sheet is open, and no single
 * key does something that can't be taken back: F2 and F3 only open what asks. Esc and Enter belong to the browser's
 * own habits and stay.
 */
export type KeyId =
  | "take" | "next" | "previous" | "camera1" | "camera2" | "camera3" | "camera4" | "camera5" | "dispatch112" | "dispatch119"
  | "pin1" | "pin2" | "pin3" | "pin4" | "pin5" | "lookBack"
  | "request" | "plates" | "observed" | "search" | "follow" | "fit" | "mute" | "help";

const DEFAULTS: Record<KeyId, string> = {
  take: " ", next: "j", previous: "k", camera1: "1", camera2: "2", camera3: "3", camera4: "4", camera5: "5",
  pin1: "Shift+1", pin2: "Shift+2", pin3: "Shift+3", pin4: "Shift+4", pin5: "Shift+5", lookBack: "b",
  dispatch112: "F2", dispatch119: "F3", request: "y", plates: "p", observed: "o", search: "/", follow: "f", fit: "l", mute: "m", help: "?",
};
export const KEY_IDS = Object.keys(DEFAULTS) as KeyId[];

const STORE = "ansim.keys";
interface Kept { off: boolean; keys: Partial<Record<KeyId, string>> }

function remembered(): Kept {
  try {
    const kept = JSON.parse(localStorage.getItem(STORE) ?? "{}") as Partial<Kept>;
    const keys = Object.entries(kept.keys ?? {}).filter(([id, key]) => id in DEFAULTS && typeof key === "string" && key !== "");
    return { off: kept.off === true, keys: Object.fromEntries(keys) };
  } catch {
    return { off: false, keys: {} }; // storage may be forbidden on a locked-down seat
  }
}

const kept = signal<Kept>(remembered());

function keep(next: Kept): void {
  kept.value = next;
  try {
    localStorage.setItem(STORE, JSON.stringify(next));
  } catch {
    // the choice then lasts as long as the page
  }
}

export const keysOn = () => !kept.value.off;
export const setKeysOn = (on: boolean) => keep({ ...kept.peek(), off: !on });
export const keyOf = (id: KeyId): string => kept.value.keys[id] ?? DEFAULTS[id];
export const areDefault = () => Object.keys(kept.value.keys).length === 0;
export const resetKeys = () => keep({ ...kept.peek(), keys: {} });

/** What stands on a key cap. */
export function capOf(key: string): string {
  return key === " " ? "Space" : key.length === 1 ? key.toUpperCase() : key;
}

const MAY_BE_KEY = /^(F[1-9]|F1[0-2]|Insert|Delete|Home|End|PageUp|PageDown|ArrowUp|ArrowDown|ArrowLeft|ArrowRight|Shift\+[0-9]|[^\s]| )$/u;

/** Gives `id` this key. Who had it gets the key that `id` had, so that nothing is ever without one. False: no such key. */
export function assign(id: KeyId, key: string): boolean {
  if (!MAY_BE_KEY.test(key)) return false;
  const other = KEY_IDS.find((one) => one !== id && keyOf(one) === key);
  const keys = { ...kept.peek().keys, [id]: key, ...(other ? { [other]: keyOf(id) } : {}) };
  for (const one of KEY_IDS) if (keys[one] === DEFAULTS[one]) delete keys[one];
  keep({ ...kept.peek(), keys });
  return true;
}

/** A Korean keyboard types ㅓ where J is: the physical key counts; so it does where Shift makes a sign of a digit. */
export function nameOf(event: KeyboardEvent): string {
  if (event.shiftKey && /^Digit[0-9]$/.test(event.code)) return `Shift+${event.code[5]}`;
  return /^Key[A-Z]$/.test(event.code) ? event.code[3].toLowerCase() : event.key;
}

const actions = new Map<KeyId, () => void>();

/** What keys do on this page; a key without an action does nothing here. */
export function bindKeys(bound: Partial<Record<KeyId, () => void>>): void {
  for (const [id, run] of Object.entries(bound)) actions.set(id as KeyId, run);
}

export const hasAction = (id: KeyId) => actions.has(id);

let map: SeatMap | null = null;

export function setMap(next: SeatMap | null): void {
  map = next;
}

bindKeys({ follow: () => map?.follow(), fit: () => map?.fit() });

/** Enter opens the first alert where nothing is open; each page says how. */
let enter: () => void = () => {};
export const bindEnter = (run: () => void) => { enter = run; };

function pressedAt(target: HTMLElement): Pressed["at"] {
  if (target.closest("dialog")) return "dialog";
  if (target.closest("input, textarea, select")) return "field";
  return target.closest("button, a, summary") ? "button" : "page";
}

function onKey(event: KeyboardEvent): void {
  const isOthers = event.isComposing || event.ctrlKey || event.altKey || event.metaKey;
  const pressedKey = { key: event.key, isOthers, at: pressedAt(event.target as HTMLElement) };
  const way = wayOf(pressedKey, { hasSheet: sheet.peek() !== null, keysOn: keysOn() });
  if (way === "nowhere") return event.preventDefault();
  if (way === "enter") return enter();
  if (way === "close") {
    if (sheet.peek()) sheet.value = null;
    else enlarged.value = null;
  }
  if (way !== "seat") return;
  const pressed = nameOf(event);
  const id = KEY_IDS.find((one) => keyOf(one) === pressed);
  const run = id && actions.get(id);
  if (!run || (event.repeat && id !== "next" && id !== "previous")) return;
  event.preventDefault();
  run();
}

window.addEventListener("keydown", onKey);
