import { useSignal } from "@preact/signals";
import { call } from "../api";
import { dayAndTime, now } from "../clock";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/accounts";
import { AccountPage } from "./account";
import { item } from "./address";
import { NewAccount } from "./enrol";
import { agencyName, loadAgencies, loadCenters, roleName } from "./house";
import { Icon } from "./kit/icons";
import { Link } from "./kit/link";
import { Mark, SectionHead, type Tone } from "./kit/page";
import { Pick } from "./kit/pick";
import { DataTable, type Column } from "./kit/table";
import type { Account } from "./wire";

type State = keyof ReturnType<typeof t>["state"];
const TONE: Record<State, Tone> = { active: "good", inactive: "calm", temporary: "wait", expired: "wait", held: "bad" };

export function stateOf(one: Account): State {
  if (!one.active) return "inactive";
  if (one.held_until && Date.parse(one.held_until) > now.peek()) return "held";
  if (one.temporary_until) return Date.parse(one.temporary_until) > now.peek() ? "temporary" : "expired";
  return "active";
}

export function placeOf(one: Account): string {
  return one.agency_id ? agencyName(one.agency_id) : one.desk ?? t().noPlace;
}

async function fetchAll(): Promise<Account[]> {
  const [told] = await Promise.all([call<{ accounts: Account[] }>("GET", "/api/accounts"), loadCenters(), loadAgencies()]);
  return told.accounts;
}

function columns(): Column<Account>[] {
  const h = t().head;
  return [
    { id: "name", title: h.name, value: (one) => one.name },
    { id: "login", title: h.login, value: (one) => one.login },
    { id: "role", title: h.role, value: (one) => roleName(one.role) },
    { id: "place", title: h.place, value: placeOf },
    { id: "state", title: h.state, value: (one) => t().state[stateOf(one)], cell: (one) => <StateOf account={one} /> },
    { id: "factor", title: h.factor, value: (one) => (one.has_second_factor ? t().factorOn : t().factorOff) },
    { id: "last", title: h.last, value: (one) => one.last_login_at ?? "", cell: (one) => (one.last_login_at ? dayAndTime(one.last_login_at) : t().never) },
  ];
}

export function StateOf({ account }: { account: Account }) {
  const state = stateOf(account);
  return <Mark tone={TONE[state]}>{t().state[state]}</Mark>;
}

/** Who may use this center: the list, a new one, and one person's page. */
export default function Accounts() {
  const loader = useLoader(fetchAll, "accounts");
  return (
    <Loaded of={loader}>
      {(accounts) => {
        const one = accounts.find((account) => account.account_id === item.value);
        if (item.value === "new") return <NewAccount onMade={loader.again} />;
        if (one) return <AccountPage key={one.account_id} account={one} onChange={loader.again} />;
        return <List accounts={accounts} />;
      }}
    </Loaded>
  );
}

function List({ accounts }: { accounts: Account[] }) {
  const role = useSignal("");
  const place = useSignal("");
  const state = useSignal("");
  const fitting = accounts.filter((one) => (!role.value || one.role === role.value) && (!place.value || placeOf(one) === place.value) && (!state.value || stateOf(one) === state.value));
  const distinct = (of: (one: Account) => string) => [...new Set(accounts.map(of))].sort();
  return (
    <>
      <SectionHead title={t().title} lead={t().lead}><Link to="accounts" item="new" button="primary"><Icon name="plus" /> {t().create}</Link></SectionHead>
      <DataTable caption={t().title} columns={columns()} rows={fitting} keyOf={(one) => one.account_id} start={{ id: "name", down: false }}
        open={(one) => ({ to: "accounts", item: one.account_id })} empty={accounts.length === 0 ? <p>{t().empty}</p> : undefined}
        filters={(
          <>
            <Pick label={t().head.role} all={t().all.roles} value={role.value} onPick={(to) => { role.value = to; }} options={distinct((one) => one.role).map((code) => [code, roleName(code)])} />
            <Pick label={t().head.place} all={t().all.places} value={place.value} onPick={(to) => { place.value = to; }} options={distinct(placeOf).map((name) => [name, name])} />
            <Pick label={t().head.state} all={t().all.states} value={state.value} onPick={(to) => { state.value = to; }} options={distinct(stateOf).map((code) => [code, t().state[code as State]])} />
          </>
        )} />
    </>
  );
}
