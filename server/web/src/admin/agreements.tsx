import { useSignal } from "@preact/signals";
import { call } from "../api";
import { dayAndTime } from "../clock";
import { named } from "../lang";
import { Loaded, useLoader } from "../loaded";
import { SWITCHES, t } from "../texts/agreements";
import { AgreementPage } from "./agreement";
import { item } from "./address";
import { NewAgreement } from "./conclude";
import { agencies, centerName, loadAgencies, loadCenters } from "./house";
import { instant } from "./kit/form";
import { Icon } from "./kit/icons";
import { Link } from "./kit/link";
import { Mark, SectionHead, type Tone } from "./kit/page";
import { Pick } from "./kit/pick";
import { DataTable, type Column } from "./kit/table";
import { endWords, stateOf, triggerName, type AgreementState } from "./terms";
import type { Agreement, AgreementCodes, Terms } from "./wire";

interface Listed { agreements: Agreement[]; codes: AgreementCodes }
interface Stood { agreements: { agreement_id: string; version: number; in_force: boolean; terms: Terms & { center_id: string; agency_id: string; desk: string | null; suspended_at: string | null } }[] }
const TONE: Record<AgreementState, Tone> = { in_force: "good", soon: "wait", suspended: "bad", not_begun: "calm", over: "calm" };

async function fetchAll(): Promise<Listed> {
  const [told] = await Promise.all([call<Listed>("GET", "/api/agreements"), loadCenters(), loadAgencies()]);
  return told;
}

/** The registry at an instant, in the form of today's cards. */
async function fetchAsOf(at: string): Promise<Agreement[]> {
  const told = await call<Stood>("GET", `/api/agreements?as_of=${encodeURIComponent(at)}`);
  return told.agreements.map((one) => {
    const agency = agencies.value.find((known) => known.agency_id === one.terms.agency_id) ?? { agency_id: one.terms.agency_id, kind: "", name_ko: one.terms.agency_id, name_en: one.terms.agency_id };
    return { ...one.terms, ...one, center: one.terms.center_id, agency, suspended_reason: "", ended_reason: "", changed_at: "" } as unknown as Agreement;
  });
}

export function StateMark({ of, at }: { of: Agreement; at?: string }) {
  const state = at ? (of.in_force ? "in_force" : of.suspended_at ? "suspended" : Date.parse(of.starts_at) > Date.parse(at) ? "not_begun" : "over") : stateOf(of);
  return <Mark tone={TONE[state]}>{t().state[state]}</Mark>;
}

export function Allowed({ is }: { is: boolean }) {
  return is
    ? <span class="yes"><Icon name="check" /><span class="hidden-text">{t().can}</span></span>
    : <span class="no"><span aria-hidden="true">·</span><span class="hidden-text">{t().cannot}</span></span>;
}

/** Agreements: what holds, what held at an instant, one in full, and a new one. */
export default function Agreements() {
  const loader = useLoader(fetchAll, "agreements");
  if (item.value && item.value !== "new") return <AgreementPage key={item.value} id={item.value} onChange={loader.again} />;
  return (
    <Loaded of={loader}>
      {(told) => (item.value === "new" ? <NewAgreement codes={told.codes} onMade={loader.again} /> : <Registry now={told.agreements} />)}
    </Loaded>
  );
}

function Registry({ now }: { now: Agreement[] }) {
  const at = useSignal("");
  const instantOf = instant(at.value);
  return (
    <>
      <SectionHead title={t().title} lead={t().lead}><Link to="agreements" item="new" button="primary"><Icon name="plus" /> {t().create}</Link></SectionHead>
      <div class="as-of">
        <label>{t().asOf} <input type="datetime-local" value={at.value} onChange={(event) => { at.value = event.currentTarget.value; }} /></label>
        {at.value && <button type="button" onClick={() => { at.value = ""; }}>{t().now}</button>}
      </div>
      {instantOf ? <AsOf key={instantOf} at={instantOf} /> : <Table list={now} />}
    </>
  );
}

function AsOf({ at }: { at: string }) {
  const loader = useLoader(() => fetchAsOf(at), at);
  return (
    <>
      <p class="banner" role="status">{t().asOfLead(dayAndTime(at))}</p>
      <Loaded of={loader} isEmpty={(list) => list.length === 0} empty={<p>{t().empty}</p>}>{(list) => <Table list={list} at={at} />}</Loaded>
    </>
  );
}

function columns(at?: string): Column<Agreement>[] {
  const h = t().head;
  return [
    { id: "agency", title: h.agency, value: (one) => named(one.agency) },
    { id: "center", title: h.center, value: (one) => centerName(one.center) },
    { id: "state", title: h.state, value: (one) => t().state[stateOf(one)], cell: (one) => <StateMark of={one} at={at} /> },
    { id: "triggers", title: h.triggers, value: (one) => one.triggers.map(triggerName).join(", ") },
    { id: "starts", title: h.starts, value: (one) => one.starts_at, cell: (one) => dayAndTime(one.starts_at) },
    { id: "ends", title: h.ends, value: (one) => one.ends_at ?? "", cell: (one) => endWords(one.ends_at) },
    ...SWITCHES.map((name) => ({ id: name, title: t().what[name], value: (one: Agreement) => (one[name] ? t().can : ""), cell: (one: Agreement) => <Allowed is={one[name]} /> })),
  ];
}

function Table({ list, at }: { list: Agreement[]; at?: string }) {
  const agency = useSignal("");
  const state = useSignal("");
  const fitting = list.filter((one) => (!agency.value || one.agency.agency_id === agency.value) && (!state.value || stateOf(one) === state.value));
  const known = new Map(list.map((one) => [one.agency.agency_id, named(one.agency)]));
  return (
    <div class="matrix switches">
      <DataTable caption={t().title} columns={columns(at)} rows={fitting} keyOf={(one) => one.agreement_id} csv="ansim-agreements.csv"
        open={at ? undefined : (one) => ({ to: "agreements", item: one.agreement_id })}
        empty={list.length === 0 ? <><p>{t().empty}</p><p>{t().emptyHint}</p></> : undefined}
        filters={(
          <>
            <Pick label={t().head.agency} all={t().allAgencies} value={agency.value} options={[...known]} onPick={(to) => { agency.value = to; }} />
            {!at && <Pick label={t().head.state} all={t().allStates} value={state.value} options={Object.entries(t().state)} onPick={(to) => { state.value = to; }} />}
          </>
        )} />
    </div>
  );
}
