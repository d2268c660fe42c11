import { signal } from "@preact/signals";
import { keep, kept } from "../kept";
import { fresh, selectedId, select, selected, stepThrough } from "./desk";
import { isFresh } from "./state";

/** Keys of the desk; off inside fields. `A` only goes to the acceptance, Enter there confirms it. */
export const keyList = signal(false);
export const areOn = signal(kept("ansim.desk.keys") !== "off");

export function setKeys(on: boolean): void {
  areOn.value = on;
  keep("ansim.desk.keys", on ? "on" : "off");
}

function toAcceptance(): void {
  const waiting = selected.peek();
  if (!waiting || !isFresh(waiting)) {
    const first = fresh.peek()[0];
    if (!first) return;
    select(first.dispatch_id);
  }
  setTimeout(() => document.querySelector<HTMLElement>("#accept-unit")?.focus(), 0);
}

const ACTIONS: Record<string, () => void> = {
  j: () => stepThrough(1),
  k: () => stepThrough(-1),
  a: toAcceptance,
  v: () => document.querySelector<HTMLButtonElement>("[data-ask-video]")?.click(),
  m: () => document.querySelector<HTMLElement>("#thread-text")?.focus(),
  f: () => document.querySelector<HTMLButtonElement>("[data-map-follow]")?.click(),
  Enter: () => { if (!selectedId.peek()) stepThrough(1); document.querySelector<HTMLElement>("#detail-head")?.focus(); },
  "?": () => { keyList.value = true; },
};

/** A Korean keyboard types ㅓ where J is: the physical key counts. */
function nameOf(event: KeyboardEvent): string {
  return /^Key[A-Z]$/.test(event.code) ? event.code[3].toLowerCase() : event.key;
}

window.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  const target = event.target as HTMLElement;
  if (document.querySelector("dialog[open]") || target.closest("input, textarea, select")) return;
  if (event.key === "Enter" && target.closest("button, a, summary")) return;
  const name = nameOf(event);
  if (!areOn.peek() && name !== "?") return;
  const action = ACTIONS[name];
  if (!action) return;
  event.preventDefault();
  action();
});
