import { t } from "../../texts/kpi";
import { ChartBox, type Series } from "../kit/chart";
import { Panel } from "../kit/page";
import { DataTable, type Column } from "../kit/table";
import { ARRIVALS, asPercent, few, keyName, measureName, percent, seconds, SHARES, TIMES } from "./numbers";
import type { By, Keyed, Measure, Published, Report } from "./wire";

/** One chart for each question, divided as the reader chose. */
export function Charts({ report, by, known }: { report: Report; by: By; known: Published }) {
  const rows = report[by];
  const labels = rows.map((one) => keyName(by, one.key, known));
  const of = (name: string, value: (one: Measure) => number | null | undefined) => rows.map((row) => value(row.measures[name]) ?? null);
  const shares: Series[] = SHARES.map((name, at) => ({ label: measureName(name, known), from: (["--accent", "--warning", "--success"] as const)[at], values: of(name, (one) => asPercent(one.share)) }));
  const group = { id: "group", title: t().group, value: (one: Keyed) => keyName(by, one.key, known) };
  return (
    <div class="panels charts">
      {TIMES.map((name) => (
        <Panel key={name} title={measureName(name, known)} id={`kpi-${name}`}>
          <ChartBox name={measureName(name, known)} of={{
            labels, unit: t().seconds, series: [{ label: t().median, from: "--accent", values: of(name, (one) => one.median_s) }, { label: t().p90, from: "--text-quiet", isOutlined: true, values: of(name, (one) => one.p90_s) }],
          }}>
            <Table name={measureName(name, known)} rows={rows} columns={[group, ...timeColumns(name)]} file={`ansim-kpi-${name}.csv`} />
          </ChartBox>
        </Panel>
      ))}
      <Panel title={t().within7} id="kpi-within">
        <ChartBox name={t().within7} of={{ labels, unit: t().percent, most: 100, series: ARRIVALS.map((name, at) => ({ label: t().arrivals[at], from: (["--accent", "--warning"] as const)[at], values: of(name, (one) => asPercent(one.within_7_min)) })) }}>
          <Table name={t().within7} rows={rows} columns={[group, ...ARRIVALS.flatMap((name, at) => withinColumns(name, t().arrivals[at]))]} file="ansim-kpi-arrivals.csv" />
        </ChartBox>
      </Panel>
      <Panel title={t().shares} id="kpi-shares">
        <ChartBox name={t().shares} of={{ labels, unit: t().percent, series: shares }}>
          <Table name={t().shares} rows={rows} columns={[group, ...SHARES.flatMap((name) => shareColumns(name, known))]} file="ansim-kpi-shares.csv" />
        </ChartBox>
      </Panel>
    </div>
  );
}

const cases = (name: string, title: string): Column<Keyed> => ({ id: `${name}-n`, title, value: (one) => one.measures[name].n, cell: (one) => few(one.measures[name].n), isNumber: true });

function timeColumns(name: string): Column<Keyed>[] {
  return [
    cases(name, t().n),
    { id: "median", title: t().median, value: (one) => one.measures[name].median_s, cell: (one) => seconds(one.measures[name].median_s), isNumber: true },
    { id: "p90", title: t().p90, value: (one) => one.measures[name].p90_s, cell: (one) => seconds(one.measures[name].p90_s), isNumber: true },
  ];
}

function withinColumns(name: string, who: string): Column<Keyed>[] {
  return [
    cases(name, `${who} ${t().n}`),
    { id: name, title: `${who} ${t().within}`, value: (one) => asPercent(one.measures[name].within_7_min), cell: (one) => percent(one.measures[name].within_7_min), isNumber: true },
  ];
}

function shareColumns(name: string, known: Published): Column<Keyed>[] {
  return [{ id: name, title: measureName(name, known), value: (one) => asPercent(one.measures[name].share), cell: (one) => <>{percent(one.measures[name].share)} <small>{few(one.measures[name].count)} / {few(one.measures[name].n)}</small></>, isNumber: true }];
}

function Table({ name, rows, columns, file }: { name: string; rows: readonly Keyed[]; columns: Column<Keyed>[]; file: string }) {
  return <DataTable caption={name} columns={columns} rows={rows} keyOf={(one) => one.key} isSearched={false} csv={file} />;
}
