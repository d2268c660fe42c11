import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Dialog } from "../dialog";
import { t } from "../texts/console";
import { sh } from "../texts/shift";

/** Fetched when it is opened: most of a night nobody begins a shift. */
const held = signal<typeof import("./sheet") | "failed" | null>(null);

async function fetchSheet(): Promise<void> {
  held.value = null;
  held.value = await import("./sheet").catch(() => "failed" as const);
}

export function ShiftLater({ onClose }: { onClose: () => void }) {
  useEffect(() => { if (held.peek() === null || held.peek() === "failed") void fetchSheet(); }, []);
  if (held.value && held.value !== "failed") return <held.value.ShiftSheet onClose={onClose} />;
  return (
    <Dialog title={sh().head} onClose={onClose}>
      {held.value === "failed"
        ? <p class="trouble" role="alert">{t().neverConnected} <button type="button" onClick={() => void fetchSheet()}>{t().retry}</button></p>
        : <p role="status">{sh().loading}</p>}
    </Dialog>
  );
}
