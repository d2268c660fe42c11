import { useSignal } from "@preact/signals";
import { call } from "../api";
import { dayAndTime } from "../clock";
import { Dialog } from "../dialog";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/operation";
import { ConfirmDialog } from "./kit/confirm";
import { SectionHead } from "./kit/page";
import { DataTable, type Column } from "./kit/table";
import { may } from "./session";
import type { Quarantined } from "./wire";

const READ = "identity.unmask";

/** What no program could read: its structure to everybody who looks after it, the whole to who may see a name. */
export default function Quarantine() {
  const loader = useLoader(async () => (await call<{ quarantine: Quarantined[] }>("GET", "/api/quarantine")).quarantine, "quarantine");
  const asked = useSignal<Quarantined | null>(null);
  const body = useSignal<string | null>(null);
  const q = t().quarantine;
  const columns: Column<Quarantined>[] = [
    { id: "at", title: q.head.at, value: (one) => one.received_at, cell: (one) => dayAndTime(one.received_at) },
    { id: "source", title: q.head.source, value: (one) => one.source },
    { id: "reason", title: q.head.reason, value: (one) => one.reason },
    { id: "body", title: q.head.body, value: (one) => one.body, cell: (one) => <details><summary>{one.body.slice(0, 60)}</summary><pre>{one.body}</pre></details> },
    ...(may(READ) ? [{ id: "act", isAction: true, title: q.head.act, value: () => "", cell: (one: Quarantined) => <button type="button" onClick={() => { asked.value = one; }}>{q.read}</button> }] : []),
  ];
  return (
    <>
      <SectionHead title={q.title} lead={q.lead} />
      {!may(READ) && <p class="banner">{q.mayNot}</p>}
      <Loaded of={loader} isEmpty={(list) => list.length === 0} empty={<p>{q.empty}</p>}>
        {(list) => <DataTable caption={q.title} columns={columns} rows={list} keyOf={(one) => one.quarantine_id} start={{ id: "at", down: true }} />}
      </Loaded>
      {asked.value && (
        <ConfirmDialog title={q.readTitle} action={q.read} tone="primary" reason={{}} onDone={() => { asked.value = null; }} onCancel={() => { asked.value = null; }}
          act={async (words) => { body.value = (await call<{ body: string }>("POST", `/api/quarantine/${asked.value!.quarantine_id}/read`, { reason: words.one("reason") })).body; }}>
          <p>{q.readHappens}</p>
        </ConfirmDialog>
      )}
      {body.value !== null && (
        <Dialog title={q.bodyTitle} onClose={() => { body.value = null; }} isWide>
          <pre class="whole-message" tabIndex={0}>{body.value}</pre>
          <div class="form-buttons"><button type="button" class="primary" onClick={() => { body.value = null; }}>{q.close}</button></div>
        </Dialog>
      )}
    </>
  );
}
