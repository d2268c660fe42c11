import { useSignal } from "@preact/signals";
import { call } from "../../api";
import { dayAndTime } from "../../clock";
import { Loaded, useLoader } from "../../loaded";
import { t } from "../../texts/retention";
import { centerName } from "../house";
import { CopyId } from "../kit/copy";
import { Mark } from "../kit/page";
import { DataTable, type Column } from "../kit/table";
import type { Policies, Proof } from "./wire";
import { INSTALLATION, inLanguage } from "./words";

const DAY_MS = 24 * 3600_000;

interface Told { proofs: Proof[]; names: Map<string, string> }

async function load(days: string): Promise<Told> {
  const since = new Date(Date.now() - Number(days) * DAY_MS).toISOString();
  const [told, policies] = await Promise.all([
    call<{ proofs: Proof[] }>("GET", `/api/retention/proofs?${new URLSearchParams({ since })}`, undefined, 30_000), call<Policies>("GET", "/api/retention"),
  ]);
  return { proofs: told.proofs, names: new Map(policies.kinds.map((one) => [one.kind, inLanguage(one.what)])) };
}

/** That something is gone: how many, of what, and whether the proof still says what it said. */
export function Proofs() {
  const days = useSignal("31");
  const loader = useLoader(() => load(days.value), days.value);
  const p = t().proofs;
  return (
    <Loaded of={loader}>
      {({ proofs, names }) => {
        const altered = proofs.filter((one) => !one.is_intact).length;
        return (
          <>
            {altered > 0 && <p class="banner alarm" role="alert">{p.bad(altered)}</p>}
            <DataTable caption={t().tabs.proofs} columns={columnsOf(names)} rows={proofs} keyOf={(one) => `${one.run_id} ${one.center} ${one.kind}`} csv="ansim-deletion-proofs.csv" start={{ id: "at", down: true }}
              empty={<><p>{p.empty}</p><p>{p.hint}</p></>}
              filters={<label>{p.since} <select value={days.value} onChange={(event) => { days.value = event.currentTarget.value; }}>{Object.entries(p.ranges).map(([code, words]) => <option key={code} value={code}>{words}</option>)}</select></label>} />
          </>
        );
      }}
    </Loaded>
  );
}

function columnsOf(names: Map<string, string>): Column<Proof>[] {
  const [p, h] = [t().proofs, t().proofs.head];
  return [
    { id: "at", title: h.at, value: (one) => one.finished_at, cell: (one) => dayAndTime(one.finished_at) },
    { id: "kind", title: h.kind, value: (one) => names.get(one.kind) ?? one.kind },
    { id: "center", title: h.center, value: (one) => (one.center === INSTALLATION ? p.city : centerName(one.center)) },
    { id: "deleted", title: h.deleted, value: (one) => one.deleted, isNumber: true },
    { id: "held", title: h.held, value: (one) => one.held, isNumber: true },
    { id: "before", title: h.before, value: (one) => one.before, cell: (one) => dayAndTime(one.before) },
    { id: "oldest", title: h.oldest, value: (one) => one.oldest_kept, cell: (one) => (one.oldest_kept ? dayAndTime(one.oldest_kept) : "—") },
    { id: "intact", title: h.intact, value: (one) => (one.is_intact ? p.intact : p.altered), cell: (one) => <><Mark tone={one.is_intact ? "good" : "bad"}>{one.is_intact ? p.intact : p.altered}</Mark> <CopyId id={one.digest} what={h.intact} /></> },
  ];
}
