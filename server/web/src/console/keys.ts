import type { SeatMap } from "../map";
import { enlarged, me, queue, select, selected, selectedId, sheet, takeNext } from "./seat";
import { mayAct } from "./feed";
import { toggleMute } from "./sound";

/** Keys of the console; off inside fields, and no single key does something that can't be taken back. */
let map: SeatMap | null = null;

export function setMap(next: SeatMap | null): void {
  map = next;
}

function step(by: number): void {
  const ids = queue.peek().map((card) => card.incident_id);
  if (ids.length === 0) return;
  const at = ids.indexOf(selectedId.peek() ?? "");
  select(ids[at < 0 ? 0 : (at + by + ids.length) % ids.length]);
}

function openDispatch(agency: "112" | "119"): void {
  const card = selected.peek();
  if (card && mayAct(card) && card.phase !== "pre") sheet.value = { kind: "dispatch", agency };
}

const ACTIONS: Record<string, () => void> = {
  " ": takeNext,
  j: () => step(1),
  k: () => step(-1),
  Enter: () => { if (!selected.peek()) step(1); },
  f: () => map?.follow(),
  l: () => map?.fit(),
  m: toggleMute,
  "?": () => { sheet.value = { kind: "keys" }; },
  F2: () => openDispatch("112"),
  F3: () => openDispatch("119"),
  o: () => { if (me.peek()?.permissions.includes("incidents.work")) sheet.value = { kind: "observed" }; },
  "/": () => { if (me.peek()?.permissions.includes("closed.search")) sheet.value = { kind: "search" }; },
};

/** A Korean keyboard types ㅓ where J is: the physical key counts. */
function nameOf(event: KeyboardEvent): string {
  return /^Key[A-Z]$/.test(event.code) ? event.code[3].toLowerCase() : event.key;
}

function onKey(event: KeyboardEvent): void {
  if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Escape") {
    if (sheet.peek()) sheet.value = null;
    else enlarged.value = null;
    return;
  }
  const target = event.target as HTMLElement;
  if (sheet.peek() || target.closest("input, textarea, select")) return;
  if ((event.key === " " || event.key === "Enter") && target.closest("button, a, summary")) return;
  if (/^[1-5]$/.test(event.key)) {
    const number = Number(event.key);
    enlarged.value = enlarged.peek() === number ? null : number;
    return;
  }
  const action = ACTIONS[nameOf(event)];
  if (!action || (event.repeat && event.key === " ")) return;
  event.preventDefault();
  action();
}

window.addEventListener("keydown", onKey);
