import { useSignal } from "@preact/signals";
import { item } from "../admin/address";
import { Mark, SectionHead, type Tone } from "../admin/kit/page";
import { Pick } from "../admin/kit/pick";
import { DataTable, type Column } from "../admin/kit/table";
import { now } from "../clock";
import { named } from "../lang";
import { Loaded } from "../loaded";
import { t } from "../texts/router";
import { CenterPage } from "./center";
import { centers } from "./live";
import type { CenterRow } from "./wire";

export const STATES = ["online", "degraded", "draining", "closed", "offline", "none"] as const;
export type State = (typeof STATES)[number];
const TONE: Record<State, Tone> = { online: "good", degraded: "wait", draining: "wait", closed: "calm", offline: "bad", none: "calm" };

/** As the map and the words tell it: a center that nobody answers for is not the same as a silent desk. */
export function stateOf(row: CenterRow): State {
  return row.served_by ? (row.state as State) : "none";
}

export function StateMark({ of }: { of: CenterRow }) {
  return <Mark tone={TONE[stateOf(of)]}>{t().centers.state[stateOf(of)]}</Mark>;
}

export function ago(at: string | null): string {
  if (!at) return t().centers.never;
  return t().centers.ago(t().alarms.seconds(Math.max(0, Math.round((now.value - Date.parse(at)) / 1000))));
}

export default function Centers() {
  const c = t().centers;
  const state = useSignal("");
  if (item.value) return <CenterPage key={item.value} code={item.value} />;
  return (
    <Loaded of={centers} isEmpty={(told) => told.centers.length === 0} empty={<p>{c.empty}</p>}>
      {(told) => (
        <>
          <SectionHead title={c.title} lead={c.lead(told.centers.length, told.boundary_version)} />
          <CenterTable caption={c.title} rows={told.centers.filter((one) => !state.value || stateOf(one) === state.value)}
            filters={<Pick label={c.head.state} all={c.allStates} value={state.value} onPick={(to) => { state.value = to; }} options={STATES.map((one) => [one, c.state[one]] as const)} />} />
        </>
      )}
    </Loaded>
  );
}

export function CenterTable({ rows, caption, filters, isNarrow = false }: { rows: CenterRow[]; caption: string; filters?: preact.ComponentChildren; isNarrow?: boolean }) {
  const c = t().centers;
  const columns: Column<CenterRow>[] = [
    { id: "name", title: c.head.name, value: named },
    { id: "code", title: c.head.code, value: (one) => one.code },
    { id: "state", title: c.head.state, value: (one) => c.state[stateOf(one)], cell: (one) => <StateMark of={one} /> },
    { id: "desk", title: c.head.desk, value: (one) => one.served_by, cell: (one) => one.served_by || c.noDesk },
    { id: "seen", title: c.head.seen, value: (one) => one.last_seen_at, cell: (one) => <span class="timer">{ago(one.last_seen_at)}</span> },
    { id: "operators", title: c.head.operators, value: (one) => one.operators_online, isNumber: true },
    { id: "waiting", title: c.head.waiting, value: (one) => one.queue_length, isNumber: true },
    { id: "troubles", title: c.head.troubles, value: (one) => one.troubles.join(", "), cell: (one) => one.troubles.join(", ") || "—" },
  ];
  return (
    <DataTable caption={caption} columns={isNarrow ? columns.filter((one) => !["code", "operators", "troubles"].includes(one.id)) : columns} rows={rows} keyOf={(one) => one.code} start={{ id: "name", down: false }}
      open={(one) => ({ to: "centers", item: one.code })} filters={filters} csv={isNarrow ? undefined : "ansim-centers.csv"} />
  );
}
