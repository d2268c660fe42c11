import type { ComponentChildren } from "preact";
import { Trouble, useAct } from "../act";
import { Dialog } from "../dialog";
import { t } from "../texts/mine";

export function Section({ id, head, lead, children }: { id: string; head: string; lead?: string; children: ComponentChildren }) {
  return (
    <section class="mine-section" aria-labelledby={id}>
      <h2 id={id}>{head}</h2>
      {lead && <p class="lead">{lead}</p>}
      {children}
    </section>
  );
}

/** Says what will happen before it does. */
export function Sure({ head, children, yes, onYes, onClose }: { head: string; children: ComponentChildren; yes: string; onYes: () => Promise<unknown>; onClose: () => void }) {
  const act = useAct();
  return (
    <Dialog title={head} onClose={onClose}>
      {children}
      <Trouble of={act.problem} />
      <div class="sheet-actions">
        <button type="button" onClick={onClose}>{t().cancel}</button>
        <button type="button" class="danger" disabled={act.isBusy} onClick={async () => { if (await act.run(onYes)) onClose(); }}>{yes}</button>
      </div>
    </Dialog>
  );
}
