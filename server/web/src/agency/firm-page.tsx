import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Trouble, useAct } from "../act";
import { reasonWords, triggerWords } from "../asked";
import { asProblem, call, Refused } from "../api";
import { dayAndTime } from "../clock";
import { Dialog } from "../dialog";
import { named, said } from "../lang";
import { a } from "../texts/asks";
import { fi } from "../texts/firms";
import type { Problem } from "../wire";
import { type Firm, type FirmAccount, type FirmDetail, held, openId, readFirms } from "./firms-state";

/** One firm of the association: its accounts, its line, how its requests stand, and the switch that stops it. */
type Field = [name: string, label: string, more?: { help?: string; type?: "text" | "date"; needed?: boolean; value?: string }];

/** A dialog of a few fields that sends once and says what was not taken. */
function Asking({ title, lead, fields, send, isDanger = false, onSend, onClose }: {
  title: string; lead?: string; fields: Field[]; send: string; isDanger?: boolean; onSend: (words: Record<string, string>) => Promise<unknown>; onClose: () => void;
}) {
  const problem = useSignal<Problem | null>(null);
  const isBusy = useSignal(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    isBusy.value = true;
    try {
      await onSend(Object.fromEntries(fields.map(([name]) => [name, String(data.get(name) ?? "").trim()])));
      onClose();
    } catch (error) {
      problem.value = asProblem(error);
    }
    isBusy.value = false;
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        {lead && <p>{lead}</p>}
        {fields.map(([name, label, more], i) => (
          <label key={name}>{label}<input name={name} type={(more?.type ?? "text") as "text"} required={more?.needed} defaultValue={more?.value} autofocus={i === 0} autocomplete="off" />{more?.help && <small>{more.help}</small>}</label>
        ))}
        {problem.value && <p class="trouble" role="alert" data-problem={problem.value.code}>{said(problem.value)}</p>}
        <div class="sheet-buttons"><button type="button" onClick={onClose}>{fi().cancel}</button><button type="submit" class={isDanger ? "danger" : "primary"} disabled={isBusy.value}>{send}</button></div>
      </form>
    </Dialog>
  );
}

/** What is parted by commas or blanks; null for nothing. */
function list(text: string): string[] | null {
  const found = text.split(/[\s,]+/).filter(Boolean);
  return found.length > 0 ? found : null;
}

/** The words that may stand in the fields are those of the association's own agreements. */
function limitFields(firm?: Firm): Field[] {
  const f = fi();
  const agreements = held.value?.agreements ?? [];
  const known = [...new Set(agreements.flatMap((one) => one.triggers))].map((one) => `${one} (${triggerWords(one)})`).join(", ");
  return [
    ["triggers", f.triggers, { help: known, value: firm?.triggers?.join(" ") }],
    ["centers", f.centers, { help: f.centersHelp(agreements[0]?.center_id ?? "41170"), value: firm?.centers?.join(" ") }],
    ["ends_at", f.ends, { type: "date", value: firm?.ends_at ? dayOf(firm.ends_at) : "" }],
    ["branches", f.branches, { help: f.branchesHelp, value: firm?.branches?.join(" | ") }],
  ];
}

/** Names parted by `|`; null for none. */
const names = (text: string): string[] | null => { const found = text.split("|").map((one) => one.trim()).filter(Boolean); return found.length > 0 ? found : null; };

/** The day in Korea, as a date field writes it. */
const dayOf = (at: string) => new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Seoul" }).format(new Date(at));
const limitsOf = (words: Record<string, string>) => ({ triggers: list(words.triggers!), centers: list(words.centers!), ends_at: words.ends_at ? `${words.ends_at}T23:59:59+09:00` : null, branches: names(words.branches!) });

export function NewFirm({ onClose }: { onClose: () => void }) {
  const f = fi();
  const fields: Field[] = [["agency_id", f.id, { help: f.idHelp, needed: true }], ["name_ko", f.nameKo, { needed: true }], ["name_en", f.nameEn, { needed: true }], ...limitFields()];
  const send = async (words: Record<string, string>) => {
    const { agency_id, name_ko, name_en } = words;
    await call("POST", "/api/firms", { agency_id, name_ko, name_en, ...limitsOf(words) });
    await readFirms();
  };
  return <Asking title={f.add} fields={fields} send={f.save} onSend={send} onClose={onClose} />;
}

function Secret({ label, value }: { label: string; value: string }) {
  const isCopied = useSignal(false);
  const copy = () => navigator.clipboard.writeText(value).then(() => { isCopied.value = true; }, () => undefined);
  return <p class="firm-secret" role="status"><strong>{label}</strong> <code>{value}</code> <button type="button" onClick={() => void copy()}>{isCopied.value ? fi().copied : fi().copy}</button></p>;
}

function Accounts({ of: firm, accounts, reread }: { of: Firm; accounts: FirmAccount[]; reread: () => Promise<void> }) {
  const f = fi();
  const isInviting = useSignal(false);
  const stopping = useSignal<FirmAccount | null>(null);
  const link = useSignal("");
  const act = useAct();
  const invite = async (words: Record<string, string>) => {
    const one = { agency_id: firm.agency_id, login: words.login, name: words.person, networks: list(words.networks!) ?? [] };
    const told = await call<{ made: { enrolment: { link: string } }[]; refused: Problem[] }>("POST", "/api/firms/accounts", { accounts: [one] }, 30_000);
    if (told.refused[0]) throw new Refused(told.refused[0], 422);
    link.value = told.made[0]?.enrolment.link ?? "";
    await reread();
  };
  const path = (one: FirmAccount) => `/api/firms/${firm.agency_id}/accounts/${one.account_id}`;
  const reset = async (one: FirmAccount) => { link.value = (await call<{ enrolment: { link: string } }>("POST", `${path(one)}/reset`, {}, 30_000)).enrolment.link; };
  const switchTo = async (one: FirmAccount, active: boolean) => { await call("PATCH", path(one), { active }); await reread(); };
  return (
    <section aria-label={f.accounts}>
      <h3>{f.accounts}</h3>
      {accounts.length === 0 ? <p class="quiet-text">{f.noAccounts}</p> : (
        <ul class="firm-accounts">{accounts.map((one) => (
          <li key={one.account_id} data-account={one.login}>
            <span><strong>{one.name}</strong> {one.login} <small>{one.active ? f.active : f.state.suspended} · {one.last_login_at ? dayAndTime(one.last_login_at) : f.never} · {one.networks.join(" ")}</small></span>
            <span>
              <button type="button" disabled={act.isBusy} onClick={() => void act.run(() => reset(one))}>{f.reset}</button>{" "}
              <button type="button" disabled={act.isBusy} onClick={() => { if (one.active) stopping.value = one; else void act.run(() => switchTo(one, true)); }}>{one.active ? f.off : f.on}</button>
            </span>
          </li>
        ))}</ul>
      )}
      <button type="button" onClick={() => { isInviting.value = true; }}>{f.invite}</button>
      <Trouble of={act.problem} />
      {stopping.value && <Asking title={f.offTitle(stopping.value.name)} lead={f.offLead} send={f.off} isDanger fields={[]} onSend={() => switchTo(stopping.value!, false)} onClose={() => { stopping.value = null; }} />}
      {link.value && <><Secret label={f.link} value={link.value} /><p class="quiet-text">{f.linksHint}</p></>}
      {isInviting.value && <Asking title={f.invite} send={f.invite} onSend={invite} onClose={() => { isInviting.value = false; }}
        fields={[["person", f.person, { needed: true }], ["login", f.login, { needed: true }], ["networks", f.networks, { help: f.networksHelp, needed: true }]]} />}
    </section>
  );
}

function Line({ of: firm, line, reread }: { of: Firm; line: FirmDetail["line"]; reread: () => Promise<void> }) {
  const f = fi();
  const asking = useSignal<"" | "set" | "key" | "drop">("");
  const key = useSignal("");
  const put = async (url: string, isNew: boolean) => {
    const told = await call<{ key: string | null }>("PUT", `/api/firms/${firm.agency_id}/line`, { url, new_key: isNew });
    key.value = told.key ?? "";
    await reread();
  };
  const close = () => { asking.value = ""; };
  const drop = async () => { key.value = ""; await call("DELETE", `/api/firms/${firm.agency_id}/line`); await reread(); };
  return (
    <section aria-label={f.system}>
      <h3>{f.system}</h3>
      <p>{line ? <code>{line.url}</code> : <span class="quiet-text">{f.systemNone}</span>}</p>
      <p class="firm-buttons"><button type="button" onClick={() => { asking.value = "set"; }}>{f.setLine}</button>
        {line && <button type="button" onClick={() => { asking.value = "key"; }}>{f.newKey}</button>}
        {line && <button type="button" class="danger" onClick={() => { asking.value = "drop"; }}>{f.dropLine}</button>}</p>
      {key.value && <Secret label={f.key} value={key.value} />}
      {asking.value === "set" && <Asking title={f.setLine} send={f.save} fields={[["url", f.url, { needed: true, value: line?.url }]]} onSend={(words) => put(words.url!, false)} onClose={close} />}
      {asking.value === "key" && line && <Asking title={f.newKey} lead={f.newKeyLead} send={f.newKey} fields={[]} onSend={() => put(line.url, true)} onClose={close} />}
      {asking.value === "drop" && <Asking title={f.dropLine} lead={f.dropLead} send={f.dropLine} isDanger fields={[]} onSend={drop} onClose={close} />}
    </section>
  );
}

function Requests({ of: rows }: { of: FirmDetail["requests"] }) {
  const f = fi();
  return (
    <section aria-label={f.requests}>
      <h3>{f.requests}</h3>
      <p class="quiet-text">{f.onlyStates}</p>
      {rows.length === 0 ? <p>{f.noRequests}</p> : (
        <ul class="firm-requests">{rows.map((one) => <li key={`${one.request_id}${one.center}`} data-request-state={one.state}>{one.is_drill ? `[${f.drill}] ` : ""}{dayAndTime(one.received_at)} · {triggerWords(one.trigger)} · <strong>{a().state[one.state] ?? one.state}</strong>{one.reason ? ` · ${reasonWords(one.reason)}` : ""}</li>)}</ul>
      )}
    </section>
  );
}

export function FirmPage({ of: firm }: { of: Firm }) {
  const f = fi();
  const detail = useSignal<FirmDetail | null>(null);
  const problem = useSignal<Problem | null>(null);
  const isStopping = useSignal(false);
  const isLimiting = useSignal(false);
  const act = useAct();
  const reread = async () => {
    await call<FirmDetail>("GET", `/api/firms/${firm.agency_id}`).then((told) => { detail.value = told; }, (error: unknown) => { problem.value = asProblem(error); });
    await readFirms();
  };
  useEffect(() => { void reread(); }, []);
  const step = async (what: string, body: object) => { await call("POST", `/api/firms/${firm.agency_id}/${what}`, body); await reread(); };
  const limit = async (words: Record<string, string>) => { await call("PATCH", `/api/firms/${firm.agency_id}`, limitsOf(words)); await reread(); };
  const limits = [`${f.what} ${firm.triggers?.map(triggerWords).join(", ") ?? f.all_}`, `${f.where} ${firm.centers?.join(" ") ?? f.all_}`, firm.ends_at ? f.until(dayAndTime(firm.ends_at)) : f.noEnd];
  return (
    <article class="firm-page" data-firm={firm.agency_id} data-firm-state={firm.state}>
      <header>
        <button type="button" onClick={() => { openId.value = null; }}>← {f.back}</button>
        <h2>{named(firm)} <small>{firm.agency_id}</small></h2>
        <strong class={firm.state === "in_force" ? "" : "warn"}>{f.state[firm.state] ?? firm.state}{firm.suspended_reason ? ` · ${firm.suspended_reason}` : ""}</strong>
        {firm.suspended_at ? <button type="button" class="primary" disabled={act.isBusy} onClick={() => void act.run(() => step("resume", {}))}>{f.resume}</button>
          : <button type="button" class="danger" onClick={() => { isStopping.value = true; }}>{f.suspend}</button>}
      </header>
      <p>{f.limits}: {limits.join(" · ")} <button type="button" class="link-like" onClick={() => { isLimiting.value = true; }}>{f.changeLimits}</button></p>
      <Trouble of={act.problem} />
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
      {detail.value && (
        <div class="firm-parts">
          <Accounts of={firm} accounts={detail.value.accounts} reread={reread} />
          <Line of={firm} line={detail.value.line} reread={reread} />
          <Requests of={detail.value.requests} />
        </div>
      )}
      {isLimiting.value && <Asking title={f.changeLimits} lead={f.limitsLead} send={f.save} fields={limitFields(firm)} onSend={limit} onClose={() => { isLimiting.value = false; }} />}
      {isStopping.value && <Asking title={f.suspendTitle(named(firm))} lead={f.suspendLead} send={f.suspend} isDanger fields={[["reason", f.reason, { needed: true }]]} onSend={(words) => step("suspend", words)} onClose={() => { isStopping.value = false; }} />}
    </article>
  );
}
