import { effect, signal, useComputed, useSignal } from "@preact/signals";
import { asProblem, call } from "../../api";
import { now } from "../../clock";
import { Dialog } from "../../dialog";
import { said } from "../../lang";
import { w } from "../../texts/work";
import type { IncidentCard, Problem } from "../../wire";
import { callerWords } from "../facts";
import { me, selectedId, sheet } from "../seat";
import { Reasons, SheetButtons } from "./parts";
import { hasPhone } from "./talk-state";

/** Her full name and number: fetched anew with a reason, in memory for a minute, in no other place, gone with the
 * incident or the page. */
const SHOWN_MS = 60_000;
const shown = signal<{ incidentId: string; name?: string; phone?: string; until: number } | null>(null);

export function hide(): void {
  shown.value = null;
}

effect(() => { if (shown.value && selectedId.value !== shown.value.incidentId) hide(); });
effect(() => { if (shown.value && now.value >= shown.value.until) hide(); });
document.addEventListener("visibilitychange", () => { if (document.hidden) hide(); });

function Left({ until }: { until: number }) {
  const seconds = useComputed(() => Math.max(0, Math.ceil((until - now.value) / 1000)));
  return <small class="timer" aria-hidden="true">{w().unmask.hideIn(seconds.value)}</small>;
}

/** In the facts: masked with a button, or in full with the seconds that are left. */
export function Unmask({ card }: { card: IncidentCard }) {
  const held = shown.value?.incidentId === card.incident_id ? shown.value : null;
  const mayAsk = hasPhone(card) && me.value?.permissions.includes("identity.unmask") && !card.closed_at;
  const words = [held?.name ?? callerWords(card), held?.phone ?? card.caller.phone_masked].filter(Boolean).join(" · ");
  return (
    <span class="unmask" data-unmasked={held ? "yes" : "no"}>
      <span>{words || "—"}</span>
      {held ? <><Left until={held.until} /> <button type="button" class="quiet" onClick={hide}>{w().unmask.hide}</button></>
        : mayAsk && <button type="button" class="quiet" onClick={() => { sheet.value = { kind: "unmask" }; }}>{w().unmask.show}</button>}
    </span>
  );
}

export function UnmaskSheet({ card, onClose }: { card: IncidentCard; onClose: () => void }) {
  const u = w().unmask;
  const reason = useSignal("");
  const fields = useSignal<string[]>(["name", "phone"]);
  const problem = useSignal<Problem | null>(null);
  const pick = (name: string, isOn: boolean) => { fields.value = isOn ? [...fields.value, name] : fields.value.filter((one) => one !== name); };
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      const got = await call<{ name?: string; phone?: string }>("POST", `/api/incidents/${card.incident_id}/unmask`, { reason: reason.value.trim(), fields: fields.value });
      shown.value = { incidentId: card.incident_id, name: got.name, phone: got.phone, until: now.peek() + SHOWN_MS };
      onClose();
    } catch (error) {
      problem.value = asProblem(error);
    }
  };
  return (
    <Dialog title={u.title} onClose={onClose}>
      <form onSubmit={send}>
        <p>{u.lead}</p>
        <fieldset class="choices-row">
          <legend>{u.fields}</legend>
          {(["name", "phone"] as const).map((name) => (
            <label class="choice" key={name}><input type="checkbox" checked={fields.value.includes(name)} onChange={(event) => pick(name, event.currentTarget.checked)} /> {u[name]}</label>
          ))}
        </fieldset>
        <Reasons reason={reason} list={u.reasons} name="unmask-reason" legend={u.reason} other={u.other} />
        {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
        <SheetButtons confirm={u.confirm} isOff={reason.value.trim().length < 2 || fields.value.length === 0} onClose={onClose} />
      </form>
    </Dialog>
  );
}
