import { useSignal } from "@preact/signals";
import { SectionHead } from "../admin/kit/page";
import { Pick } from "../admin/kit/pick";
import { DataTable, type Column } from "../admin/kit/table";
import { asProblem } from "../api";
import { dayAndTime } from "../clock";
import { said } from "../lang";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/router-partners";
import { ask } from "./session";
import type { Recorded } from "./wire";

interface Filter { admin?: string; action?: string; subject?: string }
const PAGE = 100;

/** Who changed what, from the newest on; and whether anybody changed the record itself. */
export default function Record() {
  const r = t().record;
  const action = useSignal("");
  const admin = useSignal("");
  const subject = useSignal("");
  return (
    <>
      <SectionHead title={r.title} lead={r.lead}><Verify /></SectionHead>
      <form class="data-tools" onSubmit={(event) => {
        event.preventDefault();
        const data = new FormData(event.currentTarget);
        [admin.value, subject.value] = [String(data.get("admin") ?? "").trim(), String(data.get("subject") ?? "").trim()];
      }}>
        <Pick label={r.filterAction} all={r.allActions} value={action.value} onPick={(to) => { action.value = to; }} options={Object.entries(r.areas)} />
        <label>{r.filterAdmin} <input name="admin" maxLength={80} /></label>
        <label>{r.filterSubject} <input name="subject" maxLength={120} /></label>
        <button type="submit">{r.apply}</button>
      </form>
      <RecordTable key={`${action.value} ${admin.value} ${subject.value}`} caption={r.title} filter={{ action: action.value, admin: admin.value, subject: subject.value }} isWhole />
    </>
  );
}

export function RecordTable({ caption, filter, isWhole = false }: { caption: string; filter: Filter; isWhole?: boolean }) {
  const r = t().record;
  const older = useSignal<Recorded[]>([]);
  const isAll = useSignal(false);
  const get = async (before: number) => (await ask<{ events: Recorded[] }>("GET", `/events/newest?${new URLSearchParams({ ...(filter as globalThis.Record<string, string>), before: String(before), limit: String(PAGE) }).toString()}`)).events;
  const loader = useLoader(() => get(0), JSON.stringify(filter));
  const more = async (last: number) => {
    const found = await get(last).catch(() => []);
    isAll.value = found.length < PAGE;
    older.value = [...older.value, ...found];
  };
  const columns: Column<Recorded>[] = [
    { id: "no", title: r.head.no, value: (one) => one.event_no },
    { id: "at", title: r.head.at, value: (one) => one.at, cell: (one) => <span class="timer">{dayAndTime(one.at)}</span> },
    { id: "admin", title: r.head.admin, value: (one) => one.admin },
    { id: "action", title: r.head.action, value: (one) => r.actions[one.action] ?? one.action },
    { id: "subject", title: r.head.subject, value: (one) => one.subject },
    { id: "detail", title: r.head.detail, value: (one) => JSON.stringify(one.detail), cell: (one) => <Detail of={one.detail} /> },
  ];
  return (
    <Loaded of={loader}>
      {(first) => {
        const rows = [...first, ...older.value];
        const last = rows.at(-1)?.event_no ?? 0;
        return <DataTable caption={caption} columns={isWhole ? columns : columns.filter((one) => one.id !== "subject")} rows={rows} keyOf={(one) => String(one.event_no)} start={{ id: "no", down: true }} isSearched={isWhole}
          empty={<p>{r.empty}</p>} csv={isWhole ? "ansim-router-record.csv" : undefined} more={first.length === PAGE && !isAll.value ? () => void more(last) : undefined} />;
      }}
    </Loaded>
  );
}

const show = (value: unknown): string => (value === null || value === undefined || value === "" ? "—" : typeof value === "object" ? JSON.stringify(value) : String(value));

/** What differs between before and after, one line a field; other details as they are. */
function Detail({ of }: { of: globalThis.Record<string, unknown> }) {
  const r = t().record;
  const { before, after, note, ...rest } = of;
  const isObject = (value: unknown): value is globalThis.Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
  const lines = isObject(after)
    ? Object.keys(after).filter((name) => !isObject(before) || show(before[name]) !== show(after[name])).map((name) => `${name}: ${isObject(before) ? `${show(before[name])} → ` : ""}${show(after[name])}`)
    : [];
  lines.push(...Object.entries(rest).map(([name, value]) => `${name}: ${show(value)}`));
  return (
    <>
      {typeof note === "string" && note && <p>{r.note}: {note}</p>}
      {lines.length > 0 && (lines.length <= 3 ? <ul class="detail">{lines.map((one) => <li key={one}>{one}</li>)}</ul> : <details><summary>{r.show}</summary><ul class="detail">{lines.map((one) => <li key={one}>{one}</li>)}</ul></details>)}
    </>
  );
}

function Verify() {
  const r = t().record;
  const line = useSignal("");
  const isBad = useSignal(false);
  const verify = async () => {
    [line.value, isBad.value] = [r.verifying, false];
    try {
      const told = await ask<{ ok: boolean; events: number; head: string; first_bad: number | null }>("GET", "/events/verify", undefined, 120_000);
      [line.value, isBad.value] = [told.ok ? r.good(told.events, told.head) : r.bad(told.first_bad ?? 0), !told.ok];
    } catch (error) {
      [line.value, isBad.value] = [said(asProblem(error)), true];
    }
  };
  return <><p role="status" class={isBad.value ? "trouble" : "quiet-text"} title={r.keepHead}>{line.value}</p><button type="button" onClick={() => void verify()}>{r.verify}</button></>;
}
