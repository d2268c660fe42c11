import { useSignal } from "@preact/signals";
import { call } from "../api";
import { dayAndTime, now } from "../clock";
import { named } from "../lang";
import { Loaded, useLoader } from "../loaded";
import { SWITCHES, t } from "../texts/agreements";
import { Allowed, StateMark } from "./agreements";
import { TermFields } from "./conclude";
import { EndButtons } from "./ending";
import { centerName, loadAgencies, loadCenters } from "./house";
import { CopyId } from "./kit/copy";
import { Form, type Refusal, type Words } from "./kit/form";
import { Icon } from "./kit/icons";
import { Facts, Panel, SectionHead } from "./kit/page";
import { tell } from "./kit/told";
import { may } from "./session";
import { AreaMapOf } from "./agreement-areas";
import { areaWords, baseName, changedTerms, differences, endWords, stateOf, termsOf, triggerName } from "./terms";
import type { Account, Agreement, AgreementCodes, AgreementVersion, Terms } from "./wire";

interface Whole { agreement: Agreement; history: AgreementVersion[]; codes: AgreementCodes; people: Map<string, string> }

async function fetchWhole(id: string): Promise<Whole> {
  const [one, list, people] = await Promise.all([
    call<{ agreement: Agreement; history: AgreementVersion[] }>("GET", `/api/agreements/${encodeURIComponent(id)}`),
    call<{ codes: AgreementCodes }>("GET", "/api/agreements?agency_id=-"),
    may("accounts.manage") ? call<{ accounts: Account[] }>("GET", "/api/accounts") : { accounts: [] },
    loadCenters(), loadAgencies(),
  ]);
  return { ...one, codes: list.codes, people: new Map(people.accounts.map((account) => [account.account_id, account.name])) };
}

/** One agreement: what it allows, its terms to change, its end, and every version it had. */
export function AgreementPage({ id, onChange }: { id: string; onChange: () => Promise<void> }) {
  const loader = useLoader(() => fetchWhole(id), id);
  const conflict = useSignal<{ seen: Agreement; wanted: Terms } | null>(null);
  const again = async () => { await Promise.all([loader.again(), onChange()]); };
  return (
    <Loaded of={loader}>
      {(whole) => {
        const { agreement, codes } = whole;
        const isOver = stateOf(agreement) === "over";
        return (
          <>
            <SectionHead title={named(agreement.agency)} lead={centerName(agreement.center)} back="agreements"><EndButtons agreement={agreement} onChange={again} /></SectionHead>
            {conflict.value && <Conflict {...conflict.value} now={agreement} codes={codes} onSeen={() => { conflict.value = null; }} />}
            <div class="panels">
              <Summary agreement={agreement} codes={codes} />
              <Matrix agreement={agreement} />
            </div>
            {!isOver && <Edit agreement={agreement} codes={codes} onChange={again} onConflict={(seen, wanted) => { conflict.value = { seen, wanted }; }} />}
            <History of={whole} />
          </>
        );
      }}
    </Loaded>
  );
}

function Summary({ agreement: a, codes }: { agreement: Agreement; codes: AgreementCodes }) {
  const [h, f, d] = [t().head, t().fields, t().detail];
  return (
    <Panel title={d.terms} id="terms-title">
      <Facts of={[
        [h.state, <StateMark of={a} />], ...(a.suspended_reason ? [[d.suspendedBecause, a.suspended_reason] as const] : []), ...(a.ended_reason ? [[d.endedBecause, a.ended_reason] as const] : []),
        [h.starts, dayAndTime(a.starts_at)], [h.ends, endWords(a.ends_at)], [h.triggers, a.triggers.map(triggerName).join(", ")],
        [f.bases, <ul>{a.legal_bases.map((one) => <li key={one}>{baseName(one, codes)}</li>)}</ul>],
        [f.auto, a.auto_triggers.map(triggerName).join(", ")], [f.verify, `${a.verify_s}`], [f.longest, `${a.max_minutes}`], [f.areas, areaWords(a.areas)],
        ...(a.plate_quiet_s === null ? [] : [[f.quiet, `${a.plate_quiet_s}`] as const]),
        [f.third, a.is_third_party ? d.third : d.notThird], [d.document, a.document], [f.notice, d.notice(a.notice_days)],
        [d.changed, `${dayAndTime(a.changed_at)} · ${d.version(a.version)}`], ["ID", <CopyId id={a.agreement_id} what="ID" />],
      ]} />
      {a.areas && <AreaMapOf areas={a.areas} />}
    </Panel>
  );
}

function Matrix({ agreement }: { agreement: Agreement }) {
  return (
    <Panel title={t().whatTitle} id="matrix-title">
      <ul class="allowances">
        {SWITCHES.map((one) => (
          <li key={one}><Allowed is={agreement[one]} /> <span>{t().what[one]}</span>{one === "may_store" && agreement.may_store && <small> {t().detail.storage(agreement.storage_days)}</small>}</li>
        ))}
      </ul>
    </Panel>
  );
}

function Edit({ agreement, codes, onChange, onConflict }: {
  agreement: Agreement; codes: AgreementCodes; onChange: () => Promise<void>; onConflict: (seen: Agreement, wanted: Terms) => void;
}) {
  const wanted = useSignal<Terms | null>(null);
  const hasBegun = Date.parse(agreement.starts_at) <= now.peek();
  const send = async (words: Words) => {
    wanted.value = termsOf(words);
    const changes = changedTerms(agreement, wanted.value);
    if (Object.keys(changes).length === 0) return tell(t().edit.nothing);
    await call("PATCH", `/api/agreements/${agreement.agreement_id}`, { version: agreement.version, ...changes });
    tell(t().edit.saved);
    await onChange();
  };
  const refused = (problem: Refusal) => {
    if (problem.code !== "changed_meanwhile") return false;
    onConflict(agreement, wanted.value!);
    void onChange();
    return true;
  };
  return (
    <Panel title={t().edit.title} id="edit-title">
      <p class="quiet-text">{t().edit.lead}</p>
      <Form key={agreement.version} send={t().edit.save} onSend={send} onRefused={refused} fieldOfCode={{ has_begun: "starts_at" }}>
        <TermFields of={agreement} codes={codes} hasBegun={hasBegun} />
      </Form>
    </Panel>
  );
}

function Conflict({ seen, wanted, now: is, codes, onSeen }: { seen: Agreement; wanted: Terms; now: Agreement; codes: AgreementCodes; onSeen: () => void }) {
  const c = t().conflict;
  return (
    <div class="warning-box" role="alert" data-conflict="">
      <Icon name="warning" />
      <div>
        <h2>{c.title}</h2><p>{c.lead}</p>
        <h3>{c.theirs}</h3><ul>{differences(seen, is, codes).map((line) => <li key={line}>{line}</li>)}</ul>
        <h3>{c.mine}</h3><ul>{differences(seen, wanted, codes).map((line) => <li key={line}>{line}</li>)}</ul>
        <button type="button" onClick={onSeen}>{c.ok}</button>
      </div>
    </div>
  );
}

function History({ of: { history, codes, people } }: { of: Whole }) {
  const h = t().history;
  return (
    <Panel title={t().detail.history} id="history-title">
      <ol class="history">
        {history.map((one, at) => {
          const before = history[at - 1];
          const lines = before ? differences(before.terms, one.terms, codes) : [h.first];
          return (
            <li key={one.version}>
              <p><strong>{t().detail.version(one.version)}</strong> · {dayAndTime(one.recorded_at)} · {h.by} {one.changed_by ? people.get(one.changed_by) ?? one.changed_by.slice(0, 8) : h.installation}</p>
              <ul>{(lines.length ? lines : [h.none]).map((line) => <li key={line}>{line}</li>)}</ul>
            </li>
          );
        }).reverse()}
      </ol>
    </Panel>
  );
}
