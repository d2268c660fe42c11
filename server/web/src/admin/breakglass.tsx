import { useSignal } from "@preact/signals";
import { call } from "../api";
import { dayAndTime } from "../clock";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/oversight";
import { item } from "./address";
import { centerName, loadCenters } from "./house";
import { ConfirmDialog } from "./kit/confirm";
import { CopyId } from "./kit/copy";
import { Facts, Mark, Panel, SectionHead, type Tone } from "./kit/page";
import { DataTable, type Column } from "./kit/table";
import { tell } from "./kit/told";
import { Review } from "./review";
import { may, me } from "./session";
import type { BreakGlass } from "./wire";

const TONE: Record<BreakGlass["state"], Tone> = { asked: "wait", lapsed: "calm", declined: "calm", open: "bad", over: "calm" };

async function fetchAll(): Promise<BreakGlass[]> {
  const [told] = await Promise.all([call<{ breakglass: BreakGlass[] }>("GET", "/api/breakglass?state=all"), loadCenters()]);
  return told.breakglass;
}

/** Break-glass of this desk or about it: approved by a second person, reviewed by a third. */
export default function BreakGlassSection() {
  const loader = useLoader(fetchAll, "breakglass");
  const shown = useSignal(may("misuse.review") ? "unreviewed" : "asked");
  return (
    <Loaded of={loader}>
      {(all) => {
        const one = all.find((glass) => glass.breakglass_id === item.value);
        if (one) return <GlassPage one={one} onChange={loader.again} />;
        const fits = (glass: BreakGlass) => shown.value === "all" || (shown.value === "unreviewed" ? glass.needs_review : glass.state === shown.value);
        return <List list={all.filter(fits)} shown={shown.value} onShow={(to) => { shown.value = to; }} />;
      }}
    </Loaded>
  );
}

function StateOf({ one }: { one: BreakGlass }) {
  const g = t().glass;
  if (one.review_overdue) return <Mark tone="bad">{g.overdue}</Mark>;
  if (one.state === "over" && one.needs_review) return <Mark tone="wait">{g.toReview}</Mark>;
  if (one.verdict) return <Mark tone={one.verdict === "justified" ? "good" : "bad"}>{t().review.verdicts[one.verdict]}</Mark>;
  return <Mark tone={TONE[one.state]}>{g.state[one.state]}</Mark>;
}

function List({ list, shown, onShow }: { list: BreakGlass[]; shown: string; onShow: (shown: string) => void }) {
  const g = t().glass;
  const columns: Column<BreakGlass>[] = [
    { id: "at", title: g.head.at, value: (one) => one.requested_at, cell: (one) => dayAndTime(one.requested_at) },
    { id: "who", title: g.head.who, value: (one) => `${one.by.login} · ${one.by.desk ?? ""}` },
    { id: "center", title: g.head.center, value: (one) => centerName(one.center) },
    { id: "state", title: g.head.state, value: (one) => one.state, cell: (one) => <StateOf one={one} /> },
    { id: "due", title: g.head.due, value: (one) => one.review_due_at ?? "", cell: (one) => (one.needs_review && one.review_due_at ? dayAndTime(one.review_due_at) : "—") },
    { id: "reason", title: g.head.reason, value: (one) => one.reason },
  ];
  return (
    <>
      <SectionHead title={g.title} lead={g.lead} />
      <DataTable caption={g.title} columns={columns} rows={list} keyOf={(one) => one.breakglass_id} open={(one) => ({ to: "breakglass", item: one.breakglass_id })} start={{ id: "at", down: true }}
        empty={<p>{g.empty}</p>}
        filters={<label>{g.stateLabel} <select value={shown} onChange={(event) => onShow(event.currentTarget.value)}>{Object.entries(g.states).map(([code, words]) => <option key={code} value={code}>{words}</option>)}</select></label>} />
    </>
  );
}

function GlassPage({ one, onChange }: { one: BreakGlass; onChange: () => Promise<void> }) {
  const g = t().glass;
  const isMine = me.value?.account_id === one.by.account_id || me.value?.account_id === one.decided_by;
  return (
    <>
      <SectionHead title={`${one.by.login} → ${centerName(one.center)}`} lead={one.reason} back="breakglass"><Steps one={one} onChange={onChange} /></SectionHead>
      <div class="panels">
        <Panel title={g.head.state} id="glass-title">
          <Facts of={[
            [g.head.state, <StateOf one={one} />], [g.head.at, dayAndTime(one.requested_at)], [g.approved, one.decided_at ? dayAndTime(one.decided_at) : ""], [g.ends, one.ends_at ? dayAndTime(one.ends_at) : ""],
            [g.head.due, one.review_due_at ? dayAndTime(one.review_due_at) : ""], [g.basis, <code>{one.basis}</code>], [g.desk, one.by.desk],
            [g.incident, one.incident_id ? <CopyId id={one.incident_id} what={g.incident} /> : g.none], ...(one.renews ? [[g.renewal, <CopyId id={one.renews} what={g.renewal} />] as const] : []),
          ]} />
        </Panel>
        {one.needs_review && one.state === "over" && may("misuse.review") && !isMine && <Review path={`/api/breakglass/${one.breakglass_id}/review`} onDone={onChange} />}
      </div>
    </>
  );
}

/** The second person's word, or an end before the half hour is over. */
function Steps({ one, onChange }: { one: BreakGlass; onChange: () => Promise<void> }) {
  const asked = useSignal<"approve" | "decline" | "end" | null>(null);
  const g = t().glass;
  if (!may("breakglass.approve")) return null;
  const mayDecide = one.state === "asked" && me.value?.account_id !== one.by.account_id;
  const act = async () => {
    await call("POST", `/api/breakglass/${one.breakglass_id}/${asked.value}`, {});
    tell(g.decided);
    await onChange();
  };
  const words = { approve: [g.approveTitle, g.approveHappens, g.approve], decline: [g.declineTitle, g.declineHappens, g.decline], end: [g.endTitle, g.endHappens, g.end] } as const;
  return (
    <>
      {mayDecide && <button type="button" class="primary" onClick={() => { asked.value = "approve"; }}>{g.approve}</button>}
      {mayDecide && <button type="button" onClick={() => { asked.value = "decline"; }}>{g.decline}</button>}
      {one.state === "open" && <button type="button" class="danger" onClick={() => { asked.value = "end"; }}>{g.end}</button>}
      {asked.value && (
        <ConfirmDialog title={words[asked.value][0]} action={words[asked.value][2]} act={act} onDone={() => { asked.value = null; }} onCancel={() => { asked.value = null; }}>
          <p>{words[asked.value][1]}</p>
        </ConfirmDialog>
      )}
    </>
  );
}
