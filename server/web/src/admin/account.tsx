import { useSignal } from "@preact/signals";
import { call } from "../api";
import { dayAndTime } from "../clock";
import { t } from "../texts/accounts";
import { Addresses } from "./addresses";
import { placeOf, StateOf } from "./accounts";
import { EnrolmentSheet, PlaceFields, isOfAgency } from "./enrol";
import { agencyName, roleName } from "./house";
import { ConfirmDialog } from "./kit/confirm";
import { CopyId } from "./kit/copy";
import { Form, Text, type Words } from "./kit/form";
import { Facts, Panel, SectionHead } from "./kit/page";
import { tell } from "./kit/told";
import { Sessions } from "./sessions";
import { me } from "./session";
import type { Account, Enrolment } from "./wire";

type Change = Partial<Pick<Account, "name" | "role" | "desk" | "agency_id" | "active">>;
interface Props { account: Account; onChange: () => Promise<void> }

export function patch(account: Account, change: Change): Promise<unknown> {
  return call("PATCH", `/api/accounts/${account.account_id}`, change);
}

/** One person's account: who it is, what it may, from where, and what is open. */
export function AccountPage({ account, onChange }: Props) {
  const h = t().head;
  return (
    <>
      <SectionHead title={account.name} back="accounts" lead={`${roleName(account.role)} · ${placeOf(account)}`} />
      <div class="panels">
        <Panel title={h.state} id="state-title">
          <Facts of={[
            [h.state, <StateOf account={account} />], [h.login, <CopyId id={account.login} what={h.login} />],
            [h.last, account.last_login_at ? dayAndTime(account.last_login_at) : t().never], [h.factor, account.has_second_factor ? t().factorOn : t().factorOff],
          ]} />
          <Active account={account} onChange={onChange} />
        </Panel>
        <Rights account={account} onChange={onChange} />
        <Addresses kind="account" id={account.account_id} onChange={onChange} />
        <Reset account={account} onChange={onChange} />
      </div>
      <Sessions account={account} />
    </>
  );
}

function changesOf(account: Account, words: Words): Change {
  const isAgent = isOfAgency(words.one("role"));
  const wanted: Change = {
    name: words.one("name"), role: words.one("role") as Account["role"],
    desk: isAgent ? null : words.one("desk"), agency_id: isAgent ? words.one("agency_id") : null,
  };
  return Object.fromEntries(Object.entries(wanted).filter(([field, value]) => account[field as keyof Account] !== value));
}

/** What a change says before it happens: each field from what to what. */
function sentences(account: Account, change: Change): string[] {
  const r = t().rights, f = t().fields;
  const place = (desk: string | null | undefined, agency: string | null | undefined) => (agency ? agencyName(agency) : desk ?? t().noPlace);
  const after = { ...account, ...change };
  return [
    ...(change.name !== undefined ? [r.line(f.name, account.name, after.name)] : []),
    ...(change.role !== undefined ? [r.line(f.role, roleName(account.role), roleName(after.role))] : []),
    ...("desk" in change || "agency_id" in change ? [r.line(t().head.place, place(account.desk, account.agency_id), place(after.desk, after.agency_id))] : []),
  ];
}

function Rights({ account, onChange }: Props) {
  const role = useSignal<string>(account.role);
  const asked = useSignal<Change | null>(null);
  const r = t().rights;
  const act = async (change: Change) => {
    const before: Change = Object.fromEntries(Object.keys(change).map((field) => [field, account[field as keyof Account]]));
    await patch(account, change);
    tell(r.changed(change.name ?? account.name), async () => { await patch(account, before); await onChange(); });
    await onChange();
  };
  const send = async (words: Words) => {
    const change = changesOf(account, words);
    if (Object.keys(change).length === 0) tell(r.nothing);
    else if (Object.keys(change).every((field) => field === "name")) await act(change);
    else asked.value = change;
  };
  const held = `${account.name} ${account.role} ${account.desk} ${account.agency_id}`;
  return (
    <Panel title={r.title} id="rights-title">
      <Form key={held} send={r.save} onSend={send}>
        <Text name="name" label={t().fields.name} value={account.name} most={80} needed />
        <PlaceFields role={role.value} desk={account.desk ?? me.value?.desk ?? ""} agency={account.agency_id ?? ""} onRole={(to) => { role.value = to; }} />
      </Form>
      {asked.value && (
        <ConfirmDialog title={r.confirmTitle} action={r.save} act={() => act(asked.value!)} onDone={() => { asked.value = null; }} onCancel={() => { asked.value = null; }}>
          <ul>{sentences(account, asked.value).map((line) => <li key={line}><strong>{line}</strong></li>)}</ul>
          <p>{r.happens}</p>
        </ConfirmDialog>
      )}
    </Panel>
  );
}

function Active({ account, onChange }: Props) {
  const isAsked = useSignal(false);
  const a = t().active;
  const set = async (active: boolean) => {
    await patch(account, { active });
    tell(active ? a.started(account.name) : a.stopped(account.name), async () => { await patch(account, { active: !active }); await onChange(); });
    await onChange();
  };
  return (
    <>
      <p>{account.active ? a.on : a.off}</p>
      {account.active
        ? <button type="button" onClick={() => { isAsked.value = true; }}>{a.stop}</button>
        : <Form send={a.start} onSend={() => set(true)}>{null}</Form>}
      {isAsked.value && (
        <ConfirmDialog title={a.stopTitle(account.name)} action={a.stop} act={() => set(false)} onDone={() => { isAsked.value = false; }} onCancel={() => { isAsked.value = false; }}>
          <p>{a.stopHappens}</p>
        </ConfirmDialog>
      )}
    </>
  );
}

type What = "password" | "factor" | "both";

function Reset({ account, onChange }: Props) {
  const asked = useSignal<What | null>(null);
  const given = useSignal<Enrolment | null>(null);
  const r = t().reset;
  const act = async () => {
    const what = asked.value!;
    const body = { password: what !== "factor", second_factor: what !== "password" };
    const told = await call<{ enrolment: Enrolment | null }>("POST", `/api/accounts/${account.account_id}/reset`, body);
    given.value = told.enrolment;
    if (!told.enrolment) { tell(r.factorDone); await onChange(); }
  };
  if (account.account_id === me.value?.account_id) {
    return <Panel title={r.title} id="reset-title"><p>{r.own}</p><a class="button" href="/account">{r.title}</a></Panel>;
  }
  return (
    <Panel title={r.title} id="reset-title">
      <p>{r.lead}</p>
      <div class="row-buttons">
        <button type="button" onClick={() => { asked.value = "password"; }}>{r.password}</button>
        {account.has_second_factor && <button type="button" onClick={() => { asked.value = "factor"; }}>{r.factor}</button>}
        {account.has_second_factor && <button type="button" onClick={() => { asked.value = "both"; }}>{r.both}</button>}
      </div>
      {asked.value && (
        <ConfirmDialog title={r.confirmTitle(account.name)} action={r[asked.value]} act={act} onDone={() => { asked.value = null; }} onCancel={() => { asked.value = null; }}>
          <ul>
            {asked.value !== "factor" && <li>{r.happensPassword}</li>}
            {asked.value !== "password" && <li>{r.happensFactor}</li>}
            <li>{r.happens}</li>
          </ul>
        </ConfirmDialog>
      )}
      {given.value && <EnrolmentSheet name={account.name} enrolment={given.value} onClose={() => { given.value = null; void onChange(); }} />}
    </Panel>
  );
}
