import { call } from "../api";
import { named } from "../lang";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/agreements";
import type { AgencyName } from "../wire";
import { StateOf } from "./accounts";
import { Addresses } from "./addresses";
import { go, item } from "./address";
import { StateMark } from "./agreements";
import { centerName, loadAgencies, loadCenters } from "./house";
import { Choice, Form, Text, type Words } from "./kit/form";
import { Icon } from "./kit/icons";
import { Link } from "./kit/link";
import { Facts, Panel, SectionHead } from "./kit/page";
import { DataTable, type Column } from "./kit/table";
import { tell } from "./kit/told";
import { may } from "./session";
import { endWords } from "./terms";
import type { Account, Agreement } from "./wire";

interface Told { agencies: AgencyName[]; agreements: Agreement[]; accounts: Account[] }
const NEW = "+new";
const ID = /^[a-z0-9][a-z0-9-]{1,39}$/;

async function fetchAll(): Promise<Told> {
  const [agencies, list, people] = await Promise.all([
    loadAgencies(), call<{ agreements: Agreement[] }>("GET", "/api/agreements"),
    may("accounts.manage") ? call<{ accounts: Account[] }>("GET", "/api/accounts") : { accounts: [] }, loadCenters(),
  ]);
  return { agencies, agreements: list.agreements, accounts: people.accounts };
}

export function kindName(kind: string): string {
  return t().agencies.kinds[kind] ?? kind;
}

/** Linked agencies: who they are, from where their staff come, what was agreed with them. */
export default function Agencies() {
  const loader = useLoader(fetchAll, "agencies");
  return (
    <Loaded of={loader}>
      {(told) => {
        const one = told.agencies.find((agency) => agency.agency_id === item.value);
        return item.value === NEW ? <NewAgency onMade={loader.again} /> : one ? <AgencyPage agency={one} told={told} /> : <List told={told} />;
      }}
    </Loaded>
  );
}

function List({ told }: { told: Told }) {
  const a = t().agencies;
  const columns: Column<AgencyName>[] = [
    { id: "name", title: a.head.name, value: named },
    { id: "id", title: a.head.id, value: (one) => one.agency_id, cell: (one) => <code>{one.agency_id}</code> },
    { id: "kind", title: a.head.kind, value: (one) => kindName(one.kind) },
    { id: "inForce", title: a.head.inForce, isNumber: true, value: (one) => told.agreements.filter((other) => other.agency.agency_id === one.agency_id && other.in_force).length },
    { id: "people", title: a.head.people, isNumber: true, value: (one) => told.accounts.filter((other) => other.agency_id === one.agency_id && other.active).length },
  ];
  return (
    <>
      <SectionHead title={a.title} lead={a.lead}><Link to="agencies" item={NEW} button="primary"><Icon name="plus" /> {a.create}</Link></SectionHead>
      <DataTable caption={a.title} columns={columns} rows={told.agencies} keyOf={(one) => one.agency_id} start={{ id: "name", down: false }}
        open={(one) => ({ to: "agencies", item: one.agency_id })} empty={<p>{a.empty}</p>} csv="ansim-agencies.csv" />
    </>
  );
}

function AgencyPage({ agency, told }: { agency: AgencyName; told: Told }) {
  const a = t().agencies;
  const agreements = told.agreements.filter((one) => one.agency.agency_id === agency.agency_id);
  const people = told.accounts.filter((one) => one.agency_id === agency.agency_id);
  const columns: Column<Agreement>[] = [
    { id: "center", title: t().head.center, value: (one) => centerName(one.center) },
    { id: "state", title: t().head.state, value: (one) => String(one.in_force), cell: (one) => <StateMark of={one} /> },
    { id: "ends", title: t().head.ends, value: (one) => one.ends_at ?? "", cell: (one) => endWords(one.ends_at) },
  ];
  return (
    <>
      <SectionHead title={named(agency)} lead={kindName(agency.kind)} back="agencies" />
      <div class="panels">
        <Panel title={a.head.name} id="agency-title"><Facts of={[[a.nameKo, agency.name_ko], [a.nameEn, agency.name_en], [a.kind, kindName(agency.kind)], [a.id, <code>{agency.agency_id}</code>]]} /></Panel>
        {may("accounts.manage") && agreements.length > 0 && <Addresses kind="agency" id={agency.agency_id} />}
      </div>
      <Panel title={a.agreements} id="agency-agreements" actions={<Link to="agreements" item="new" button>{t().create}</Link>}>
        <DataTable caption={a.agreements} columns={columns} rows={agreements} keyOf={(one) => one.agreement_id} open={(one) => ({ to: "agreements", item: one.agreement_id })}
          empty={<p>{t().empty}</p>} isSearched={agreements.length > 10} />
      </Panel>
      {may("accounts.manage") && (
        <Panel title={a.people} id="agency-people" actions={<Link to="accounts" item="new" button>{a.toAccounts}</Link>}>
          {people.length === 0 ? <p class="quiet-text">{a.noPeople}</p> : (
            <ul class="people-list">{people.map((one) => <li key={one.account_id}><Link to="accounts" item={one.account_id}>{one.name}</Link> <StateOf account={one} /></li>)}</ul>
          )}
        </Panel>
      )}
    </>
  );
}

function NewAgency({ onMade }: { onMade: () => Promise<void> }) {
  const a = t().agencies;
  const send = async (words: Words) => {
    const body = { agency_id: words.one("agency_id"), kind: words.one("kind"), name_ko: words.one("name_ko"), name_en: words.one("name_en") };
    const told = await call<{ agency: AgencyName }>("POST", "/api/agencies", body);
    tell(a.made(named(told.agency)));
    await onMade();
    go("agencies", body.agency_id);
  };
  return (
    <>
      <SectionHead title={a.newTitle} lead={a.lead} back="agencies" />
      <div class="panel">
        <Form send={a.make} onSend={send} onCancel={() => go("agencies")} fieldOfCode={{ known_agency: "agency_id" }}
          check={(words): Record<string, string> => (words.one("agency_id") && !ID.test(words.one("agency_id")) ? { agency_id: a.idBad } : {})}>
          <div class="fields-2">
            <Text name="name_ko" label={a.nameKo} most={200} needed />
            <Text name="name_en" label={a.nameEn} most={200} needed />
            <Choice name="kind" label={a.kind} options={Object.entries(a.kinds)} needed />
            <Text name="agency_id" label={a.id} help={a.idHelp} most={40} needed />
          </div>
        </Form>
      </div>
    </>
  );
}
