import { useSignal } from "@preact/signals";
import { reasonWords, triggerWords } from "../asked";
import { call } from "../api";
import { dayAndTime } from "../clock";
import { named } from "../lang";
import { Loaded, useLoader } from "../loaded";
import { g } from "../texts/gate";
import { kindName } from "./agencies";
import { agencyName, centerName, loadAgencies, loadCenters } from "./house";
import { Mark, Panel, SectionHead } from "./kit/page";
import { Pick } from "./kit/pick";
import { DataTable, type Column } from "./kit/table";

/** How agencies' requests went: by agency, with the false rate; and what was not taken, and why. */
interface Line {
  agency_id: string; kind: string | null; name_ko: string; name_en: string; taken: number; refused: number; rejected: number; decided: number; expired: number; cancelled: number; by_rule: number;
  decided_in_s: number | null; false_rate: number | null; reasons: Record<string, number>;
}
interface Refusal { at: string; code: string; center: string; agency_id: string; trigger: string; address: string; request_id: string | null; detail: { field?: string }; count: number }
interface Told { days: number; agencies: Line[]; refusals: { agency_id: string; code: string; n: number }[] }
const DAYS = [7, 30, 90, 365];
const HIGH = 0.5;
const FEW = 5;

async function fetchAll(days: number): Promise<{ numbers: Told; refusals: Refusal[] }> {
  const [numbers, told] = await Promise.all([
    call<Told>("GET", `/api/agency-numbers?days=${days}`), call<{ refusals: Refusal[] }>("GET", "/api/agency-refusals"), loadCenters(), loadAgencies(),
  ]);
  return { numbers, refusals: told.refusals };
}

function Rate({ of: one }: { of: Line }) {
  const n = g().numbers;
  if (one.false_rate === null) return <>{n.none}</>;
  const words = `${Math.round(one.false_rate * 100)} %`;
  return one.decided < FEW ? <>{words} <small>{n.few}</small></> : <Mark tone={one.false_rate >= HIGH ? "bad" : "calm"}>{words}</Mark>;
}

function columns(): Column<Line>[] {
  const n = g().numbers;
  const count = (id: "taken" | "decided" | "rejected" | "expired" | "cancelled" | "refused", title: string): Column<Line> => ({ id, title, isNumber: true, value: (one) => one[id] });
  return [
    { id: "agency", title: n.head.agency, value: named }, { id: "kind", title: n.head.kind, value: (one) => kindName(one.kind ?? "") },
    count("taken", n.head.taken), count("decided", n.head.decided), { id: "by_rule", title: n.head.byRule, isNumber: true, value: (one) => one.by_rule }, count("rejected", n.head.rejected),
    { id: "rate", title: n.head.rate, isNumber: true, value: (one) => one.false_rate, cell: (one) => <Rate of={one} /> },
    { id: "why", title: n.head.why, value: (one) => Object.entries(one.reasons).map(([code, times]) => `${reasonWords(code)} ${times}`).join(", ") },
    { id: "time", title: n.head.time, isNumber: true, value: (one) => one.decided_in_s, cell: (one) => (one.decided_in_s === null ? n.none : n.seconds(Math.round(one.decided_in_s))) },
    count("expired", n.head.expired), count("cancelled", n.head.cancelled), count("refused", n.head.refused),
  ];
}

function refusalColumns(): Column<Refusal>[] {
  const [n, h] = [g().numbers, g().numbers.refusalHead];
  return [
    { id: "at", title: h.at, value: (one) => one.at, cell: (one) => dayAndTime(one.at) },
    { id: "agency", title: h.agency, value: (one) => (one.agency_id ? agencyName(one.agency_id) : n.unknown) },
    { id: "code", title: h.code, value: (one) => reasonWords(one.code), cell: (one) => <>{reasonWords(one.code)} <small><code>{one.code}</code></small></> },
    { id: "trigger", title: h.trigger, value: (one) => (one.trigger ? triggerWords(one.trigger) : "") },
    { id: "field", title: h.field, value: (one) => one.detail.field ?? "", cell: (one) => (one.detail.field ? <code>{one.detail.field}</code> : "") },
    { id: "center", title: h.center, value: (one) => (one.center ? centerName(one.center) : n.installation) },
    { id: "address", title: h.address, value: (one) => one.address, cell: (one) => <code>{one.address}</code> },
    { id: "count", title: h.count, isNumber: true, value: (one) => one.count },
  ];
}

function byReason(told: Told): [string, number][] {
  const sums = new Map<string, number>();
  for (const one of told.refusals) sums.set(one.code, (sums.get(one.code) ?? 0) + one.n);
  return [...sums].sort((a, b) => b[1] - a[1]);
}

export default function RequestNumbers() {
  const days = useSignal("30");
  const loader = useLoader(() => fetchAll(Number(days.value)), days.value);
  const n = g().numbers;
  return (
    <>
      <SectionHead title={n.title} lead={n.lead} />
      <div class="data-tools"><Pick label={n.days} all={n.lastDays(30)} value={days.value === "30" ? "" : days.value} options={DAYS.filter((one) => one !== 30).map((one): [string, string] => [String(one), n.lastDays(one)])} onPick={(to) => { days.value = to || "30"; }} /></div>
      <Loaded of={loader}>
        {({ numbers, refusals }) => (
          <>
            <DataTable caption={n.title} columns={columns()} rows={numbers.agencies} keyOf={(one) => one.agency_id} csv="ansim-agency-requests.csv" start={{ id: "rate", down: true }} empty={<p>{n.empty}</p>} isSearched={numbers.agencies.length > 10} />
            <Panel title={n.refusals} id="refusals-title">
              <p class="quiet-text">{n.refusalsLead}</p>
              {numbers.refusals.length > 0 && <ul class="plain-list" aria-label={n.reasonsOf}>{byReason(numbers).map(([code, times]) => <li key={code} data-refusal={code}>{reasonWords(code)} <strong>{n.times(times)}</strong></li>)}</ul>}
              <DataTable caption={n.refusals} columns={refusalColumns()} rows={refusals} keyOf={(one) => `${one.at}${one.code}${one.address}${one.request_id}`} csv="ansim-refused-requests.csv" start={{ id: "at", down: true }} isSearched={refusals.length > 10} empty={<p>{n.refusalsNone}</p>} />
            </Panel>
          </>
        )}
      </Loaded>
    </>
  );
}
