import { useSignal } from "@preact/signals";
import { asProblem, call } from "../../api";
import { dayAndTime } from "../../clock";
import { said } from "../../lang";
import { Loaded, useLoader } from "../../loaded";
import { o } from "../../texts/desk-work";
import type { Problem } from "../../wire";
import { me } from "../seat";

/** Messages that no program could read: behind one may be a cry for help, so a person reads it again, with a reason. */
interface Unread { quarantine_id: string; source: string; reason: string; received_at: string; body: string }

function Row({ one }: { one: Unread }) {
  const l = o().lead;
  const reason = useSignal<string | null>(null);
  const full = useSignal("");
  const problem = useSignal<Problem | null>(null);
  const read = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      full.value = (await call<{ body: string }>("POST", `/api/quarantine/${one.quarantine_id}/read`, { reason: reason.peek()?.trim() })).body;
      reason.value = null;
    } catch (error) {
      problem.value = asProblem(error);
    }
  };
  return (
    <li data-quarantine={one.quarantine_id}>
      <p><strong>{dayAndTime(one.received_at)}</strong> · {l.source} {one.source} · {one.reason}</p>
      <pre tabIndex={0}>{full.value || one.body}</pre>
      {full.value && <button type="button" onClick={() => { full.value = ""; }}>{l.hide}</button>}
      {!full.value && reason.value === null && me.value?.permissions.includes("identity.unmask") && <button type="button" onClick={() => { reason.value = ""; }}>{l.readFull}</button>}
      {reason.value !== null && (
        <form class="row" onSubmit={read}>
          <input aria-label={l.readReason} placeholder={`${l.readReason} — ${l.reads}`} required maxLength={500} value={reason.value} onInput={(event) => { reason.value = event.currentTarget.value; }} />
          <button type="submit" class="primary">{l.readFull}</button>
        </form>
      )}
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
    </li>
  );
}

export function Quarantine() {
  const l = o().lead;
  const loader = useLoader(() => call<{ quarantine: Unread[] }>("GET", "/api/quarantine"));
  if (!me.value?.permissions.includes("quarantine.read")) return null;
  return (
    <section class="quarantine">
      <h3>{l.quarantine}</h3>
      <Loaded of={loader} isEmpty={(data) => data.quarantine.length === 0} empty={<p>{l.quarantineNone}</p>}>
        {(data) => <ul>{data.quarantine.map((one) => <Row key={one.quarantine_id} one={one} />)}</ul>}
      </Loaded>
    </section>
  );
}
