import { useSignal } from "@preact/signals";
import { ConfirmDialog } from "../admin/kit/confirm";
import { Mark, SectionHead } from "../admin/kit/page";
import { DataTable, type Column } from "../admin/kit/table";
import { tell } from "../admin/kit/told";
import { dayAndTime } from "../clock";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/router-partners";
import { ask } from "./session";
import type { BusNode } from "./wire";

/** Who may sign on the bus; a leaked key is revoked here. */
export default function Nodes() {
  const n = t().nodes;
  const loader = useLoader(() => ask<{ nodes: BusNode[] }>("GET", "/nodes"), "nodes");
  const open = useSignal<BusNode | null>(null);
  const stateOf = (one: BusNode) => (one.revoked ? "revoked" : one.valid_until && Date.parse(one.valid_until) < Date.now() ? "over" : "good");
  const columns: Column<BusNode>[] = [
    { id: "node", title: n.head.node, value: (one) => one.node },
    { id: "kind", title: n.head.kind, value: (one) => one.kind },
    { id: "key", title: n.head.key, value: (one) => one.key_id, cell: (one) => <code>{one.key_id}</code> },
    { id: "state", title: n.head.state, value: (one) => n.state[stateOf(one)], cell: (one) => <><Mark tone={stateOf(one) === "good" ? "good" : stateOf(one) === "over" ? "calm" : "bad"}>{n.state[stateOf(one)]}</Mark>{one.revoked_reason && <small> {one.revoked_reason}</small>}</> },
    { id: "from", title: n.head.from, value: (one) => one.valid_from, cell: (one) => dayAndTime(one.valid_from) },
    { id: "until", title: n.head.until, value: (one) => one.valid_until, cell: (one) => (one.valid_until ? dayAndTime(one.valid_until) : "—") },
    { id: "by", title: n.head.by, value: (one) => one.enrolled_by },
    { id: "act", title: n.act, value: () => "", isAction: true, cell: (one) => <button type="button" aria-label={`${one.revoked ? n.reinstate : n.revoke} ${one.node}`} onClick={() => { open.value = one; }}>{one.revoked ? n.reinstate : n.revoke}</button> },
  ];
  const one = open.value;
  return (
    <>
      <SectionHead title={n.title} lead={n.lead} />
      <Loaded of={loader}>{(told) => <DataTable caption={n.title} columns={columns} rows={told.nodes} keyOf={(row) => `${row.node} ${row.key_id}`} start={{ id: "node", down: false }} empty={<p>{n.empty}</p>} />}</Loaded>
      {one && (
        <ConfirmDialog title={one.revoked ? n.reinstateTitle(one.node) : n.revokeTitle(one.node)} action={one.revoked ? n.reinstate : n.revoke} reason={one.revoked ? undefined : { least: 2 }} tone={one.revoked ? "primary" : "danger"}
          act={async (words) => {
            await ask("POST", `/nodes/${encodeURIComponent(one.node)}/${one.revoked ? "reinstate" : "revoke"}`, one.revoked ? undefined : { reason: words.one("reason") });
            tell(one.revoked ? n.reinstated : n.revoked);
          }}
          onDone={() => { open.value = null; void loader.again(); }} onCancel={() => { open.value = null; }}>
          <p>{one.revoked ? n.reinstateText : n.revokeText}</p>
        </ConfirmDialog>
      )}
    </>
  );
}
