import { t } from "../../texts/kpi";
import { Panel } from "../kit/page";
import { DataTable, type Column } from "../kit/table";
import { inLanguage } from "../records/words";
import { few, isTime, measureName, percent, recipientName, seconds } from "./numbers";
import type { Block, Measure, Provision, Published, Report } from "./wire";

const BLOCKS = ["total", "agencies", "exercises", "drills"] as const;

function said(one: Measure | undefined): string {
  if (!one || one.n === 0) return t().noData;
  return isTime(one) ? `${seconds(one.median_s)} (${t().cases(few(one.n))})` : `${percent(one.share)} (${few(one.count)} / ${few(one.n)})`;
}

/** Agencies' requests, exercises and drills beside the real ones of persons, never among them. */
export function Apart({ report, known }: { report: Report; known: Published }) {
  const rows = ["incidents", ...Object.keys(report.total.measures)];
  const cell = (name: string, block: Block) => (name === "incidents" ? few(block.incidents) : said(block.measures[name]));
  const columns: Column<string>[] = [
    { id: "measure", title: t().measure, value: (name) => (name === "incidents" ? t().incidents : measureName(name, known)) },
    ...BLOCKS.map((block): Column<string> => ({ id: block, title: t()[block], value: (name) => cell(name, report[block]), isNumber: true })),
  ];
  return (
    <Panel title={t().apart} id="kpi-apart">
      <p class="quiet-text">{t().apartLead}</p>
      <DataTable caption={t().apart} columns={columns} rows={rows} keyOf={(name) => name} isSearched={false} csv="ansim-kpi-exercises.csv" />
    </Panel>
  );
}

/** What the half-yearly report to the Assembly is made of. */
export function Provisions({ report, known }: { report: Report; known: Published }) {
  const columns: Column<Provision>[] = [
    { id: "half", title: t().half, value: (one) => t().halfName(one.half_year) },
    { id: "to", title: t().recipient, value: (one) => recipientName(one.to, known) },
    { id: "kind", title: t().kind, value: (one) => (known.kinds[one.kind] ? inLanguage(known.kinds[one.kind]) : one.kind) },
    { id: "basis", title: t().basis, value: (one) => (known.bases[one.legal_basis] ? inLanguage(known.bases[one.legal_basis]) : one.legal_basis) },
    { id: "count", title: t().n, value: (one) => one.count, cell: (one) => few(one.count), isNumber: true },
  ];
  const key = (one: Provision) => `${one.half_year} ${one.to} ${one.kind} ${one.legal_basis}`;
  const refused = columns.filter((one) => ["half", "to", "count"].includes(one.id));
  return (
    <>
      <Panel title={t().provisions} id="kpi-provisions">
        <p class="quiet-text">{t().provisionsLead}</p>
        <DataTable caption={t().provisions} columns={columns} rows={report.provisions} keyOf={key} isSearched={report.provisions.length > 20} csv="ansim-provisions.csv" empty={<p>{t().noProvisions}</p>} />
      </Panel>
      <Panel title={t().refused} id="kpi-refused">
        <DataTable caption={t().refused} columns={refused} rows={report.refused} keyOf={key} isSearched={false} csv="ansim-refused.csv" empty={<p>{t().noRefused}</p>} />
      </Panel>
    </>
  );
}
