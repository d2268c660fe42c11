import { signal } from "@preact/signals";
import { asProblem } from "../../api";
import { said } from "../../lang";
import { t } from "../../texts/admin";
import { Icon } from "./icons";

/** What has just been done, at the page's foot, with a way back where the API has one. It stays until it is read. */
const line = signal<{ text: string; undo?: () => Promise<void> } | null>(null);

export function tell(text: string, undo?: () => Promise<void>): void {
  line.value = { text, undo };
}

async function takeBack(undo: () => Promise<void>): Promise<void> {
  try {
    await undo();
    tell(t().told.undone);
  } catch (error) {
    tell(said(asProblem(error)));
  }
}

export function Told() {
  const held = line.value;
  return (
    <div class={`told-line${held ? " shown" : ""}`}>
      <p role="status">{held?.text}</p>
      {held?.undo && <button type="button" onClick={() => void takeBack(held.undo!)}>{t().told.undo}</button>}
      {held && <button type="button" class="quiet" aria-label={t().told.close} onClick={() => { line.value = null; }}><Icon name="cross" /></button>}
    </div>
  );
}
