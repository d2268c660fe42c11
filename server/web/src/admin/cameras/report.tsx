import { lang } from "../../lang";
import { t as cameras } from "../../texts/cameras";
import { t } from "../../texts/camera-admin";
import { Icon } from "../kit/icons";
import { Mark, Panel } from "../kit/page";
import { DataTable, type Column } from "../kit/table";
import type { Line, Report } from "./wire";

/** What a dry run or an import found: counts, and each row that did not simply come in, with field, value and cure. */
type Row = Line & { file: string };
const number = (n: number) => n.toLocaleString("ko-KR");
const sum = (counts: Record<string, number>) => Object.values(counts).reduce((all, n) => all + n, 0);
const inWords = (ko: string, en: string) => (lang.value === "ko" ? ko : en);

export function ReportOf({ report, csv }: { report: Report; csv: string }) {
  const u = t().upload;
  const [refused, doubtful] = (["refused", "doubtful"] as const).map((kind) => report.files.flatMap((file) => file[kind].map((line) => ({ ...line, file: file.file }))));
  const all = { refused: report.files.reduce((n, file) => n + sum(file.refused_by), 0), doubtful: report.files.reduce((n, file) => n + sum(file.doubtful_by), 0) };
  return (
    <>
      <Counts report={report} refused={all.refused} doubtful={all.doubtful} />
      <p class="row-buttons"><a class="button" href={csv} download><Icon name="down" /> {u.csv}</a></p>
      <ul class="file-list">
        {report.files.map((file) => (
          <li key={file.file}>{file.error ? <Mark tone="bad">{file.file}: {inWords(file.error.ko, file.error.en)} {file.error.detail}</Mark>
            : <>{u.file(file.file, number(file.rows), number(file.imported), number(file.cameras))} <span class="quiet-text">{file.layout}, {file.encoding}</span></>}</li>
        ))}
      </ul>
      {all.refused + all.doubtful === 0 && <p>{u.none}</p>}
      <Lines kind="refused" rows={refused} of={all.refused} />
      <Lines kind="doubtful" rows={doubtful} of={all.doubtful} />
      <Changes report={report} />
      <Missing report={report} />
    </>
  );
}

function Counts({ report, refused, doubtful }: { report: Report; refused: number; doubtful: number }) {
  const u = t().upload;
  const { set } = report;
  const counts: [string, number][] = [
    ["new", set.new], ["updated", set.updated], ["moved", set.moved], ["returned", set.returned], ["unchanged", set.unchanged], ["retired", set.retired],
    ["refused", refused], ["doubtful", doubtful],
  ];
  return (
    <dl class="count-row" data-new={set.new} data-refused={refused} data-doubtful={doubtful}>
      {counts.map(([name, n]) => (
        <div key={name} class={n > 0 && (name === "refused" || name === "retired") ? "bad" : n > 0 && name === "doubtful" ? "wait" : n === 0 ? "none" : ""}><dt>{u.counts[name]}</dt><dd>{number(n)}</dd></div>
      ))}
    </dl>
  );
}

function Lines({ kind, rows, of }: { kind: "refused" | "doubtful"; rows: Row[]; of: number }) {
  const u = t().upload;
  if (rows.length === 0) return null;
  const value = (one: Row) => one.value || Object.entries(one.suggestion ?? {}).map(([name, given]) => `${name} ${String(given)}`).join(", ");
  const columns: Column<Row>[] = [
    { id: "line", title: u.head.line, value: (one) => one.line, cell: (one) => cameras().imports.line(one.line) },
    { id: "field", title: u.head.field, value: (one) => inWords(one.field_ko, one.field_en) },
    { id: "value", title: u.head.value, value },
    { id: "reason", title: u.head.reason, value: (one) => inWords(one.ko, one.en), cell: (one) => <strong>{inWords(one.ko, one.en)}</strong> },
    { id: "cure", title: u.head.cure, value: (one) => inWords(one.cure_ko, one.cure_en) },
    { id: "file", title: u.head.file, value: (one) => one.file },
  ];
  return (
    <Panel title={u[kind]} id={`lines-${kind}`}>
      {of > rows.length && <p class="quiet-text">{u.first(rows.length, of)}</p>}
      <DataTable caption={u[kind]} columns={columns} rows={rows} keyOf={(one) => `${one.file} ${one.line} ${one.reason}`} isSearched={rows.length > 20} />
    </Panel>
  );
}

function Changes({ report }: { report: Report }) {
  const u = t().upload;
  if (report.set.changes.length === 0) return null;
  return (
    <Panel title={u.changes} id="lines-changes">
      <DataTable caption={u.changes} rows={report.set.changes} keyOf={(one) => one.camera_id} isSearched={report.set.changes.length > 20} columns={[
        { id: "line", title: u.head.line, value: (one) => one.line, cell: (one) => cameras().imports.line(one.line) },
        { id: "name", title: u.head.name, value: (one) => one.name },
        { id: "what", title: u.head.what, value: (one) => (one.moved ? u.movedBy(cameras().metres(Math.round(one.by_m))) : u.changed) },
      ]} />
    </Panel>
  );
}

function Missing({ report }: { report: Report }) {
  const u = t().upload;
  if (report.set.missing_kept.length === 0) return null;
  return (
    <Panel title={u.missing} id="lines-missing">
      <DataTable caption={u.missing} rows={report.set.missing_kept} keyOf={(one) => one.center} isSearched={false} columns={[
        { id: "center", title: u.head.center, value: (one) => one.name },
        { id: "n", title: u.head.n, value: (one) => one.missing, cell: (one) => `${number(one.missing)} / ${number(one.of)}`, isNumber: true },
        { id: "why", title: u.head.reason, value: (one) => inWords(one.ko, one.en) },
      ]} />
    </Panel>
  );
}
