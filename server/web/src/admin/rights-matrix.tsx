import { useSignal } from "@preact/signals";
import { call } from "../api";
import { dayAndTime, now } from "../clock";
import { named } from "../lang";
import { Loaded, useLoader } from "../loaded";
import { SWITCHES, t } from "../texts/agreements";
import { g } from "../texts/gate";
import { Allowed, StateMark } from "./agreements";
import { centerName, loadAgencies, loadCenters } from "./house";
import { Link } from "./kit/link";
import { Panel, SectionHead } from "./kit/page";
import { Pick } from "./kit/pick";
import { DataTable, type Column } from "./kit/table";
import { baseName, endWords, stateOf, triggerName } from "./terms";
import type { Agreement, AgreementCodes } from "./wire";

/** Agencies × occasions × switches: what is open now, what rests, what ends soon. */
interface Line { agreement: Agreement; trigger: string; isOpen: boolean }
interface Told { agreements: Agreement[]; codes: AgreementCodes }
const DAY_MS = 86_400_000;

async function fetchAll(): Promise<Told> {
  const [told] = await Promise.all([call<Told>("GET", "/api/agreements"), loadCenters(), loadAgencies()]);
  return told;
}

const daysLeft = (one: Agreement) => (one.ends_at ? Math.floor((Date.parse(one.ends_at) - now.peek()) / DAY_MS) : null);

function linesOf(agreements: Agreement[]): Line[] {
  return agreements.flatMap((agreement) => agreement.triggers.map((trigger) => ({ agreement, trigger, isOpen: agreement.in_force })));
}

function columns(codes: AgreementCodes): Column<Line>[] {
  const m = g().matrix;
  return [
    { id: "agency", title: m.agency, value: (one) => named(one.agreement.agency), cell: (one) => <Link to="agreements" item={one.agreement.agreement_id}>{named(one.agreement.agency)}</Link> },
    { id: "trigger", title: m.trigger, value: (one) => triggerName(one.trigger), cell: (one) => <>{triggerName(one.trigger)}{one.agreement.auto_triggers.includes(one.trigger) && <> <small>{m.auto}</small></>}</> },
    { id: "center", title: m.center, value: (one) => centerName(one.agreement.center), cell: (one) => <>{centerName(one.agreement.center)}{one.agreement.areas && <> <small>{m.area}</small></>}</> },
    { id: "state", title: m.state, value: (one) => t().state[stateOf(one.agreement)], cell: (one) => <StateMark of={one.agreement} /> },
    { id: "ends", title: m.ends, value: (one) => one.agreement.ends_at ?? "", cell: (one) => endWords(one.agreement.ends_at) },
    { id: "bases", title: m.bases, value: (one) => one.agreement.legal_bases.map((base) => baseName(base, codes)).join(", "), cell: (one) => <small title={one.agreement.legal_bases.map((base) => baseName(base, codes)).join(", ")}>{one.agreement.legal_bases.join(", ")}</small> },
    ...SWITCHES.map((name): Column<Line> => ({
      id: name, title: t().what[name], value: (one) => (one.isOpen && one.agreement[name] ? t().can : ""),
      cell: (one) => <span data-open={one.isOpen && one.agreement[name]}><Allowed is={one.isOpen && one.agreement[name]} />{name === "may_store" && one.isOpen && one.agreement.may_store && <small> {m.storage(one.agreement.storage_days)}</small>}</span>,
    })),
  ];
}

function Few({ list, none, words }: { list: Agreement[]; none: string; words: (one: Agreement) => string }) {
  if (list.length === 0) return <p class="quiet-text">{none}</p>;
  return <ul class="people-list">{list.map((one) => <li key={one.agreement_id}><Link to="agreements" item={one.agreement_id}>{named(one.agency)} · {centerName(one.center)}</Link> <span class="quiet-text">{words(one)}</span></li>)}</ul>;
}

function Matrix({ of: { agreements, codes } }: { of: Told }) {
  const m = g().matrix;
  const agency = useSignal("");
  const trigger = useSignal("");
  const center = useSignal("");
  const isNow = useSignal(true);
  const all = linesOf(agreements.filter((one) => stateOf(one) !== "over"));
  const shown = all.filter((one) => (!agency.value || one.agreement.agency.agency_id === agency.value) && (!trigger.value || one.trigger === trigger.value) && (!center.value || one.agreement.center === center.value) && (!isNow.value || one.isOpen));
  const agencies = new Map(all.map((one) => [one.agreement.agency.agency_id, named(one.agreement.agency)]));
  const places = new Map(all.map((one) => [one.agreement.center, centerName(one.agreement.center)]));
  const triggers = new Map(all.map((one) => [one.trigger, triggerName(one.trigger)]));
  return (
    <>
      <div class="panels">
        <Panel title={m.soonHead} id="soon-title"><Few list={agreements.filter((one) => stateOf(one) === "soon")} none={m.soonNone} words={(one) => `${m.inDays(daysLeft(one)!)} (${endWords(one.ends_at)})`} /></Panel>
        <Panel title={m.suspendedHead} id="suspended-title"><Few list={agreements.filter((one) => stateOf(one) === "suspended")} none={m.suspendedNone} words={(one) => `${dayAndTime(one.suspended_at!)} · ${one.suspended_reason}`} /></Panel>
      </div>
      <div class="matrix switches">
        <DataTable caption={m.title} columns={columns(codes)} rows={shown} keyOf={(one) => `${one.agreement.agreement_id}${one.trigger}`} csv="ansim-who-sees-what.csv" start={{ id: "agency", down: false }}
          empty={all.length === 0 ? <p>{m.empty}</p> : undefined}
          filters={(
            <>
              <Pick label={m.agency} all={m.allAgencies} value={agency.value} options={[...agencies]} onPick={(to) => { agency.value = to; }} />
              <Pick label={m.trigger} all={m.allTriggers} value={trigger.value} options={[...triggers]} onPick={(to) => { trigger.value = to; }} />
              {places.size > 1 && <Pick label={m.center} all={m.all} value={center.value} options={[...places]} onPick={(to) => { center.value = to; }} />}
              <label class="check"><input type="checkbox" checked={isNow.value} onChange={(event) => { isNow.value = event.currentTarget.checked; }} /> {m.onlyNow}</label>
            </>
          )} />
      </div>
    </>
  );
}

export default function RightsMatrix() {
  const loader = useLoader(fetchAll, "matrix");
  const m = g().matrix;
  return (
    <>
      <SectionHead title={m.title} lead={m.lead}><Link to="why" button>{m.whatIf}</Link></SectionHead>
      <Loaded of={loader} isEmpty={(told) => told.agreements.length === 0} empty={<p>{m.empty}</p>}>{(told) => <Matrix of={told} />}</Loaded>
    </>
  );
}
