/** What the page knows: one cry at most, kept on the device before anything is sent. */
import { signal } from "@preact/signals";
import { readCry, type Cry } from "./cry";

const KEY = "ansim.sos";

function fact(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";
}
/** From the page's own head: nothing has to be asked for before the first cry. */
export const ROUTER = fact("ansim-router");
export const HOME = fact("ansim-home");
export const TEXT_NUMBER = fact("ansim-text-number") || "112";

function kept(): Cry | null {
  try {
    return readCry(localStorage.getItem(KEY));
  } catch {
    return null; // storage may be forbidden: the alert then lives as long as the page
  }
}

export const cry = signal<Cry | null>(kept());
export const isDrill = signal(false);
export const isCovert = signal(false);
/** Whether the last write failed: the page says that it must stay open. */
export const isForgetful = signal(false);

/** Change the cry and keep it, in that order of nothing: the write is done when this returns. */
export function keep(next: Cry | null): void {
  try {
    if (next) localStorage.setItem(KEY, JSON.stringify(next));
    else localStorage.removeItem(KEY);
    isForgetful.value = false;
  } catch {
    isForgetful.value = next !== null;
  }
  cry.value = next;
}

/** Apply `how` to the running cry of this id; another one, or none, is left alone. */
export function change(alertId: string, how: (held: Cry) => Cry): void {
  const held = cry.peek();
  if (held && held.alert_id === alertId) keep(how(held));
}

/** Another tab may have raised one meanwhile: there is one cry of one browser. */
export function heldElsewhere(): Cry | null {
  const found = kept();
  return found && !found.ended_at ? found : null;
}
