import { useSignal } from "@preact/signals";
import { t } from "../../texts/admin";
import { Icon } from "./icons";

/** An id one may need elsewhere, short on screen, whole on the clipboard. */
export function CopyId({ id, what }: { id: string; what: string }) {
  const done = useSignal(false);
  const copy = () => void navigator.clipboard?.writeText(id).then(() => { done.value = true; }, () => undefined);
  return (
    <span class="copy-id">
      <code title={id}>{id.length > 13 ? `${id.slice(0, 8)}…` : id}</code>
      <button type="button" class="quiet icon-button" aria-label={t().table.copy(what)} onClick={copy}><Icon name={done.value ? "check" : "copy"} /></button>
      <span class="hidden-text" role="status">{done.value && t().table.copied}</span>
    </span>
  );
}
