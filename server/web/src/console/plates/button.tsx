import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Dialog } from "../../dialog";
import { t } from "../../texts/console";
import { p } from "../../texts/plates";
import { Key } from "../key-list";
import { candidates, clocks, isLookedFor, openPlates } from "./state";

/** Where nobody is looked for there is no button either. */
export function PlatesButton() {
  if (!isLookedFor.value) return null;
  const waiting = candidates.value.length;
  return (
    <button type="button" class={waiting > 0 ? "plates-wait" : "quiet"} data-near={waiting} onClick={openPlates}>
      {p().button(waiting)}{clocks.value.length > 0 && <> · <strong data-clocks>{p().clockShort}</strong></>} <Key of="plates" />
    </button>
  );
}

/** Fetched when it is opened: most nights nothing comes near. */
const held = signal<typeof import("./sheet") | "failed" | null>(null);

async function fetchSheet(): Promise<void> {
  held.value = null;
  held.value = await import("./sheet").catch(() => "failed" as const);
}

export function PlatesLater({ onClose }: { onClose: () => void }) {
  useEffect(() => { if (held.peek() === null || held.peek() === "failed") void fetchSheet(); }, []);
  if (held.value && held.value !== "failed") return <held.value.PlatesSheet onClose={onClose} />;
  return (
    <Dialog title={p().title} onClose={onClose}>
      {held.value === "failed"
        ? <p class="trouble" role="alert">{t().neverConnected} <button type="button" onClick={() => void fetchSheet()}>{t().retry}</button></p>
        : <p role="status">{p().loading}</p>}
    </Dialog>
  );
}
