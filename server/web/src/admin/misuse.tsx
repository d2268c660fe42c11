import { useSignal } from "@preact/signals";
import { call } from "../api";
import { dayAndTime } from "../clock";
import { lang } from "../lang";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/oversight";
import { goInstead, item } from "./address";
import { Evidence } from "./evidence";
import { centerName, loadCenters, roleName } from "./house";
import { Facts, Mark, Panel, SectionHead } from "./kit/page";
import { DataTable, type Column } from "./kit/table";
import { Review } from "./review";
import type { Finding } from "./wire";

type State = "open" | "reviewed" | "all";
const ruleOf = (one: Finding) => (lang.value === "ko" ? one.ko : one.en);

async function fetchAll(): Promise<Finding[]> {
  const [told] = await Promise.all([call<{ findings: Finding[] }>("GET", "/api/misuse"), loadCenters()]);
  return told.findings;
}

/** What misuse detection has found, to be judged by a person, once, and never about oneself. */
export default function Misuse() {
  const loader = useLoader(fetchAll, "misuse");
  const state = useSignal<State>("open");
  return (
    <Loaded of={loader}>
      {(findings) => {
        const one = findings.find((finding) => finding.finding_id === item.value);
        if (one) return <FindingPage one={one} onChange={loader.again} />;
        return <List findings={findings.filter((finding) => state.value === "all" || finding.state === state.value)} state={state.value} onState={(to) => { state.value = to; if (item.value) goInstead("misuse"); }} />;
      }}
    </Loaded>
  );
}

function List({ findings, state, onState }: { findings: Finding[]; state: State; onState: (state: State) => void }) {
  const m = t().misuse;
  const columns: Column<Finding>[] = [
    { id: "rule", title: m.head.rule, value: ruleOf },
    { id: "who", title: m.head.who, value: (one) => one.account.name },
    { id: "role", title: m.head.role, value: (one) => roleName(one.account.role) },
    { id: "center", title: m.head.center, value: (one) => centerName(one.center) },
    { id: "at", title: m.head.at, value: (one) => one.at, cell: (one) => dayAndTime(one.at) },
    { id: "count", title: m.head.count, value: (one) => one.evidence.length, isNumber: true },
    { id: "state", title: m.head.state, value: (one) => one.state, cell: (one) => <StateOf one={one} /> },
  ];
  return (
    <>
      <SectionHead title={m.title} lead={m.lead} />
      <DataTable caption={m.title} columns={columns} rows={findings} keyOf={(one) => one.finding_id} open={(one) => ({ to: "misuse", item: one.finding_id })} start={{ id: "at", down: true }}
        empty={<><p>{m.empty}</p><p>{m.emptyHint}</p></>}
        filters={<label>{m.stateLabel} <select value={state} onChange={(event) => onState(event.currentTarget.value as State)}>{Object.entries(m.states).map(([code, words]) => <option key={code} value={code}>{words}</option>)}</select></label>} />
    </>
  );
}

function StateOf({ one }: { one: Finding }) {
  if (one.state === "open") return <Mark tone="wait">{t().misuse.open}</Mark>;
  return <Mark tone={one.verdict === "justified" ? "good" : "bad"}>{one.verdict ? t().review.verdicts[one.verdict] : t().misuse.reviewed}</Mark>;
}

function FindingPage({ one, onChange }: { one: Finding; onChange: () => Promise<void> }) {
  const m = t().misuse;
  return (
    <>
      <SectionHead title={ruleOf(one)} lead={`${one.account.name} · ${roleName(one.account.role)}`} back="misuse" />
      <div class="panels">
        <Panel title={m.head.state} id="finding-title">
          <Facts of={[
            [m.head.state, <StateOf one={one} />], [m.head.center, centerName(one.center)], [m.head.at, dayAndTime(one.at)], [m.found, dayAndTime(one.found_at)],
            ...(one.reviewed_at ? [[m.reviewedAt, dayAndTime(one.reviewed_at)] as const, [t().review.noteIs, one.note] as const] : []),
          ]} />
        </Panel>
        {one.is_about_you
          ? <p class="banner alarm">{m.about}</p>
          : one.state === "open" && <Review path={`/api/misuse/${one.finding_id}/review`} onDone={onChange} />}
      </div>
      {!one.is_about_you && <Evidence of={one} />}
    </>
  );
}
