import { effect, signal, useComputed, useSignal } from "@preact/signals";
import { asProblem, call } from "../../api";
import { now } from "../../clock";
import { Dialog } from "../../dialog";
import { said } from "../../lang";
import { a } from "../../texts/asks";
import { w } from "../../texts/work";
import type { Problem } from "../../wire";
import { me, selectedId } from "../seat";
import { Reasons, SheetButtons } from "./parts";
import type { AgencyAsk } from "./requests-state";

/** Names and numbers of a request in full: with a reason on record, in memory for a minute, gone with the incident or a
 * hidden page. */
const SHOWN_MS = 60_000;
const MASKED = ["name", "contact_name", "contact_phone", "guardian_name", "guardian_phone"];
const shown = signal<{ incidentId: string; requestId: string; subject: Record<string, unknown>; until: number } | null>(null);
const hide = () => { shown.value = null; };

effect(() => { if (shown.value && selectedId.value !== shown.value.incidentId) hide(); });
effect(() => { if (shown.value && now.value >= shown.value.until) hide(); });
document.addEventListener("visibilitychange", () => { if (document.hidden) hide(); });

/** The subject as this seat may read it now. */
export function subjectShown(one: AgencyAsk): Record<string, unknown> {
  return shown.value?.requestId === one.request_id ? shown.value.subject : one.subject;
}

function RevealSheet({ incidentId, of: one, onClose }: { incidentId: string; of: AgencyAsk; onClose: () => void }) {
  const u = w().unmask;
  const reason = useSignal("");
  const problem = useSignal<Problem | null>(null);
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      const got = await call<{ subject: Record<string, unknown> }>("POST", `/api/incidents/${incidentId}/requests/${one.request_id}/reveal`, { reason: reason.value.trim() });
      shown.value = { incidentId, requestId: one.request_id, subject: got.subject, until: now.peek() + SHOWN_MS };
      onClose();
    } catch (error) {
      problem.value = asProblem(error);
    }
  };
  return (
    <Dialog title={a().console.unmask} onClose={onClose}>
      <form onSubmit={(event) => void send(event)}>
        <Reasons reason={reason} list={u.reasons} name="reveal-reason" legend={u.reason} other={u.other} />
        {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
        <SheetButtons confirm={u.confirm} isOff={reason.value.trim().length < 2} onClose={onClose} />
      </form>
    </Dialog>
  );
}

function Left({ until }: { until: number }) {
  const seconds = useComputed(() => Math.max(0, Math.ceil((until - now.value) / 1000)));
  return <small class="timer" aria-hidden="true">{w().unmask.hideIn(seconds.value)}</small>;
}

export function Reveal({ incidentId, of: one }: { incidentId: string; of: AgencyAsk }) {
  const isAsking = useSignal(false);
  if (!MASKED.some((name) => one.subject[name]) || !me.value?.permissions.includes("identity.unmask")) return null;
  const held = shown.value?.requestId === one.request_id ? shown.value : null;
  return (
    <p class="ask-reveal" data-revealed={held ? "yes" : "no"}>
      {held ? <><Left until={held.until} /> <button type="button" class="quiet" onClick={hide}>{w().unmask.hide}</button></>
        : <button type="button" class="quiet" onClick={() => { isAsking.value = true; }}>{a().console.unmask}</button>}
      {isAsking.value && <RevealSheet incidentId={incidentId} of={one} onClose={() => { isAsking.value = false; }} />}
    </p>
  );
}
