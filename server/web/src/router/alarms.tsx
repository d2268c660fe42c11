import { Panel, SectionHead, Mark } from "../admin/kit/page";
import { DataTable, type Column } from "../admin/kit/table";
import { dayAndTime } from "../clock";
import { named } from "../lang";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/router";
import { AlarmLine } from "./alarm-line";
import { alarms, isWrong } from "./live";
import { ask } from "./session";
import type { AlarmOnce, Late } from "./wire";

/** What is wrong now, and what was. */
export default function Alarms() {
  const a = t().alarms;
  const history = useLoader(() => ask<{ alarms: AlarmOnce[] }>("GET", "/alarms/history"), `history ${String(isWrong())}`);
  const held = alarms.state.value;
  const now = held.is === "ready" ? [...(held.data.undelivered ?? []), ...(held.data.desk_112 ?? []).map((one) => ({ ...one, step: "desk_112_called" }))] : [];
  const columns: Column<Late>[] = [
    { id: "alert", title: a.head.alert, value: (one) => one.alert, cell: (one) => <code>{one.alert}</code> },
    { id: "center", title: a.head.center, value: (one) => `${named(one.center)} ${one.center.code}` },
    { id: "age", title: a.head.age, value: (one) => one.age_s, cell: (one) => a.seconds(one.age_s), isNumber: true },
    { id: "step", title: a.head.step, value: (one) => a.steps[one.step ?? ""] ?? one.step },
  ];
  return (
    <>
      <SectionHead title={a.title} lead={a.lead}><a class="button" href="/alarms">{a.wall}</a></SectionHead>
      <AlarmLine />
      {now.length > 0 && <Panel title={a.now} id="now-title"><DataTable caption={a.now} columns={columns} rows={now} keyOf={(one) => `${one.alert} ${one.step}`} start={{ id: "age", down: true }} isSearched={false} /></Panel>}
      <Loaded of={history}>{(told) => <History rows={told.alarms} />}</Loaded>
    </>
  );
}

function History({ rows }: { rows: AlarmOnce[] }) {
  const a = t().alarms;
  const lasted = (one: AlarmOnce) => (one.cleared_at ? Math.round((Date.parse(one.cleared_at) - Date.parse(one.raised_at)) / 1000) : null);
  const columns: Column<AlarmOnce>[] = [
    { id: "raised", title: a.head.raised, value: (one) => one.raised_at, cell: (one) => dayAndTime(one.raised_at) },
    { id: "kind", title: a.head.kind, value: (one) => a.kinds[one.kind] ?? one.kind },
    { id: "center", title: a.head.center, value: (one) => `${named(one.center)} ${one.center.code}` },
    { id: "alert", title: a.head.alert, value: (one) => one.alert, cell: (one) => <code>{one.alert}</code> },
    { id: "cleared", title: a.head.cleared, value: (one) => one.cleared_at, cell: (one) => (one.cleared_at ? dayAndTime(one.cleared_at) : <Mark tone="bad">{a.still}</Mark>) },
    { id: "lasted", title: a.head.lasted, value: lasted, cell: (one) => (lasted(one) === null ? "—" : a.seconds(lasted(one)!)), isNumber: true },
  ];
  return (
    <Panel title={a.history} id="history-title">
      <DataTable caption={a.history} columns={columns} rows={rows} keyOf={(one) => `${one.kind} ${one.alert} ${one.raised_at}`} start={{ id: "raised", down: true }} empty={<p>{a.historyEmpty}</p>} csv="ansim-alarms.csv" isSearched={rows.length > 0} />
    </Panel>
  );
}
