import { call } from "../api";
import { dayAndTime, timeOfDay } from "../clock";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/operation";
import { centerName, loadCenters } from "./house";
import { Icon } from "./kit/icons";
import { Link } from "./kit/link";
import { Mark, Panel, SectionHead } from "./kit/page";
import { DataTable, type Column } from "./kit/table";
import { may } from "./session";
import type { Operation as Told } from "./wire";

type Mark_ = Told["checkpoints"][number];
/** What is wrong as soon as there is one of it; the rest is information. */
const WRONG = new Set([
  "unanswered", "escalations_missed", "activations_missed", "dispatches_overdue", "releases_left_open", "payloads_missing", "quarantine", "jobs_failed", "overdue_days",
]);
const INSTALLATION = "-";

async function fetchAll(): Promise<Told> {
  const [told] = await Promise.all([call<Told>("GET", "/api/operation"), loadCenters()]);
  return told;
}

/** How the installation fares: counts and ages, each with what to do when it is not nought. */
export default function Operation() {
  const loader = useLoader(fetchAll, "operation");
  return (
    <Loaded of={loader}>
      {(told) => (
        <>
          <SectionHead title={t().title} lead={t().lead}>
            <span class="quiet-text">{t().asOf(timeOfDay(told.now))}</span>
            <button type="button" onClick={() => void loader.again()}><Icon name="again" /> {t().refresh}</button>
          </SectionHead>
          <p class={`banner ${told.well ? "safe" : "alarm"}`} role="status" data-well={String(told.well)}>{told.well ? t().well : t().unwell}</p>
          <div class="panels numbers">
            <Numbers of={told.incidents} name="incidents" /><Numbers of={told.discrepancies} name="discrepancies" />
            <Numbers of={told.queues} name="queues" /><Numbers of={told.sign_in} name="sign_in" /><Numbers of={told.retention} name="retention" />
          </div>
          <Checkpoints of={told.checkpoints} />
        </>
      )}
    </Loaded>
  );
}

function Numbers({ of, name }: { of: Record<string, number>; name: keyof ReturnType<typeof t>["groups"] }) {
  return (
    <Panel title={t().groups[name]} id={`numbers-${name}`}>
      <dl class="number-list">
        {Object.entries(of).map(([key, n]) => {
          const isBad = WRONG.has(key) && n > 0;
          return (
            <div key={key} class={isBad ? "bad" : ""} data-number={key}>
              <dt>{t().names[key] ?? key}{isBad && t().helps[key] && <small>{t().helps[key]}</small>}</dt>
              <dd>{isBad ? <Mark tone="bad">{n}</Mark> : n}</dd>
            </div>
          );
        })}
      </dl>
      {name === "queues" && (of.quarantine ?? 0) > 0 && may("quarantine.read") && <Link to="quarantine" button>{t().toQuarantine}</Link>}
    </Panel>
  );
}

function Checkpoints({ of }: { of: Mark_[] }) {
  const columns: Column<Mark_>[] = [
    { id: "center", title: t().checkpointHead.center, value: (one) => (one.center === INSTALLATION ? t().installation : centerName(one.center)) },
    { id: "at", title: t().checkpointHead.at, value: (one) => one.at ?? "", cell: (one) => (one.at ? dayAndTime(one.at) : t().never) },
    { id: "lines", title: t().checkpointHead.lines, value: (one) => one.lines_since, isNumber: true },
  ];
  return (
    <Panel title={t().checkpoints} id="checkpoints-title">
      <p class="quiet-text">{t().checkpointsLead}</p>
      <DataTable caption={t().checkpoints} columns={columns} rows={of} keyOf={(one) => one.center} isSearched={of.length > 10} />
    </Panel>
  );
}
