import { useSignal } from "@preact/signals";
import { call } from "../../api";
import { dayAndTime } from "../../clock";
import { lang } from "../../lang";
import { Loaded, useLoader } from "../../loaded";
import { t } from "../../texts/retention";
import { ChartBox } from "../kit/chart";
import { Panel } from "../kit/page";
import { Pick } from "../kit/pick";
import { DataTable, type Column } from "../kit/table";
import type { Preview } from "./wire";
import { inLanguage } from "./words";

type Kind = Preview["kinds"][number];
interface Day { on: string; items: number; words: string[] }
const DAY_MS = 24 * 3600_000;
const DAYS = 31;

/** The coming days, also those on which nothing goes; what is due already goes with the next run, on the first of them. */
export function daysOf(told: Preview, only: string): Day[] {
  const first = Date.parse(told.as_of.slice(0, 10));
  const kinds = told.kinds.filter((one) => !only || one.kind === only);
  const due = kinds.filter((one) => one.next_run > 0).map((one) => ({ on: told.as_of.slice(0, 10), items: one.next_run, ...t().preview.due(one.what, one.next_run) }));
  const list = [...due, ...kinds.flatMap((one) => one.days)];
  return Array.from({ length: DAYS + 1 }, (_, at) => {
    const on = new Date(first + at * DAY_MS).toISOString().slice(0, 10);
    const here = list.filter((one) => one.on === on);
    return { on, items: here.reduce((sum, one) => sum + one.items, 0), words: here.map((one) => (lang.value === "ko" ? one.ko : one.en)) };
  });
}

/** What goes on which of the coming 31 days. */
export function Going() {
  const loader = useLoader(() => call<Preview>("GET", "/api/retention/preview", undefined, 60_000), "preview");
  const only = useSignal("");
  return (
    <Loaded of={loader}>
      {(told) => {
        const p = t().preview;
        const days = daysOf(told, only.value);
        const isNothing = days.every((one) => one.items === 0);
        return (
          <>
            <div class="data-tools">
              <Pick label={p.kind} all={p.all} value={only.value} options={told.kinds.map((one) => [one.kind, inLanguage(one.what)] as const)} onPick={(to) => { only.value = to; }} />
              <span class="quiet-text">{p.asOf(dayAndTime(told.as_of))}</span>
            </div>
            <Panel title={p.chart} id="going-chart">
              {isNothing ? <p class="quiet-text">{p.none}</p> : (
                <ChartBox name={p.chart} of={{ labels: days.map((one) => one.on.slice(5)), unit: p.items, series: [{ label: p.items, from: "--accent", values: days.map((one) => one.items) }] }}>
                  <DayTable days={days.filter((one) => one.items > 0)} />
                </ChartBox>
              )}
            </Panel>
            <KindTable kinds={told.kinds} />
          </>
        );
      }}
    </Loaded>
  );
}

function DayTable({ days }: { days: Day[] }) {
  const p = t().preview;
  const columns: Column<Day>[] = [
    { id: "on", title: p.day, value: (one) => one.on }, { id: "items", title: p.items, value: (one) => one.items, isNumber: true },
    { id: "words", title: p.sentence, value: (one) => one.words.join(" "), cell: (one) => <ul>{one.words.map((words) => <li key={words}>{words}</li>)}</ul> },
  ];
  return <DataTable caption={p.chart} columns={columns} rows={days} keyOf={(one) => one.on} isSearched={false} csv="ansim-retention-days.csv" />;
}

const sum = (one: Kind) => one.days.reduce((total, day) => total + day.items, 0);

function KindTable({ kinds }: { kinds: Kind[] }) {
  const p = t().preview;
  const columns: Column<Kind>[] = [
    { id: "what", title: p.kind, value: (one) => inLanguage(one.what) }, { id: "next", title: p.next, value: (one) => one.next_run, isNumber: true },
    { id: "in31", title: p.in31, value: sum, isNumber: true }, { id: "held", title: p.held, value: (one) => one.held, isNumber: true },
  ];
  return <DataTable caption={p.table} columns={columns} rows={kinds} keyOf={(one) => one.kind} isSearched={false} csv="ansim-retention-kinds.csv" />;
}
