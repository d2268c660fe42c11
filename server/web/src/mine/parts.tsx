import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { asProblem } from "../api";
import { Dialog } from "../dialog";
import { said } from "../lang";
import { t } from "../texts/mine";
import type { Problem } from "../wire";

/** One press, what it is doing, and what went wrong in words. */
export function useAct(): { isBusy: boolean; problem: Problem | null; run: (act: () => Promise<unknown>) => Promise<boolean> } {
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  return {
    isBusy: busy.value, problem: problem.value,
    run: async (act) => {
      if (busy.peek()) return false;
      busy.value = true;
      problem.value = null;
      try {
        await act();
        return true;
      } catch (error) {
        problem.value = asProblem(error);
        return false;
      } finally {
        busy.value = false;
      }
    },
  };
}

export function Trouble({ of }: { of: Problem | null }) {
  return <p class="trouble" role="alert">{of ? said(of) : ""}</p>;
}

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
