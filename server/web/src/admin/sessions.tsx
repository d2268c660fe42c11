import { useSignal } from "@preact/signals";
import { call } from "../api";
import { dayAndTime } from "../clock";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/accounts";
import type { OpenSession } from "../wire";
import { ConfirmDialog } from "./kit/confirm";
import { Panel } from "./kit/page";
import { DataTable, type Column } from "./kit/table";
import { tell } from "./kit/told";
import type { Account } from "./wire";

/** Where somebody is signed in now; each can be ended. One's own seat is ended by logging out. */
export function Sessions({ account }: { account: Account }) {
  const path = `/api/accounts/${account.account_id}/sessions`;
  const loader = useLoader(async () => (await call<{ sessions: OpenSession[] }>("GET", path)).sessions, path);
  const asked = useSignal<OpenSession[]>([]);
  const s = t().sessions;
  const act = async () => {
    const ending = asked.value;
    for (const one of ending) await call("DELETE", `${path}/${one.session_id}`);
    tell(s.ended(ending.length));
    await loader.again();
  };
  const columns: Column<OpenSession>[] = [
    { id: "address", title: s.head.address, value: (one) => one.address, cell: (one) => <>{one.address}{one.own && <small> · {s.here}</small>}</> },
    { id: "method", title: s.head.method, value: (one) => s.methods[one.method] ?? one.method },
    { id: "began", title: s.head.began, value: (one) => one.created_at, cell: (one) => dayAndTime(one.created_at) },
    { id: "seen", title: s.head.seen, value: (one) => one.seen_at, cell: (one) => dayAndTime(one.seen_at) },
    { id: "until", title: s.head.until, value: (one) => one.expires_at, cell: (one) => dayAndTime(one.expires_at) },
    { id: "act", isAction: true, title: s.end, value: () => "", cell: (one) => (one.own ? "—" : <button type="button" onClick={() => { asked.value = [one]; }}>{s.end}</button>) },
  ];
  return (
    <Loaded of={loader}>
      {(sessions) => {
        const others = sessions.filter((one) => !one.own);
        return (
          <Panel title={s.title} id="sessions-title" actions={others.length > 1 && <button type="button" onClick={() => { asked.value = others; }}>{s.endAll}</button>}>
            {sessions.length === 0 ? <p class="quiet-text">{s.none}</p> : <DataTable caption={s.title} columns={columns} rows={sessions} keyOf={(one) => one.session_id} isSearched={false} />}
            {asked.value.length > 0 && (
              <ConfirmDialog title={s.endTitle} action={s.end} act={act} onDone={() => { asked.value = []; }} onCancel={() => { asked.value = []; }}>
                <p>{s.endHappens(asked.value.length)}</p>
              </ConfirmDialog>
            )}
          </Panel>
        );
      }}
    </Loaded>
  );
}
