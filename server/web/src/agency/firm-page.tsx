import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { reasonWords, triggerWords } from "../asked";
import { asProblem, call, Refused } from "../api";
import { dayAndTime } from "../clock";
import { Dialog } from "../dialog";
import { named, said } from "../lang";
import { a } from "../texts/asks";
import { fi } from "../texts/firms";
import type { Problem } from "../wire";
import { type Firm, type FirmAccount, type FirmDetail, openId, readFirms } from "./firms-state";

/** One firm of the association: its accounts, its line, how its requests stand, and the switch that stops it. */
type Field = [name: string, label: string, more?: { help?: string; type?: "text" | "date"; needed?: boolean }];

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
          <label key={name}>{label}<input name={name} type={(more?.type ?? "text") as "text"} required={more?.needed} autofocus={i === 0} autocomplete="off" />{more?.help && <small>{more.help}</small>}</label>
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

export function NewFirm({ onClose }: { onClose: () => void }) {
  const f = fi();
  const fields: Field[] = [["agency_id", f.id, { help: f.idHelp, needed: true }], ["name_ko", f.nameKo, { needed: true }], ["name_en", f.nameEn, { needed: true }], ["triggers", f.triggers], ["centers", f.centers], ["ends_at", f.ends, { type: "date" }]];
  const send = async (words: Record<string, string>) => {
    const { agency_id, name_ko, name_en } = words;
    const ends_at = words.ends_at ? `${words.ends_at}T23:59:59+09:00` : null;
    await call("POST", "/api/firms", { agency_id, name_ko, name_en, triggers: list(words.triggers!), centers: list(words.centers!), ends_at });
    await readFirms();
  };
  return <Asking title={f.add} fields={fields} send={f.save} onSend={send} onClose={onClose} />;
}

function Secret({ label, value }: { label: string; value: string }) {
  const isCopied = useSignal(false);
  const copy = async () => { await navigator.clipboard.writeText(value).catch(() => undefined); isCopied.value = true; };
  return <p class="firm-secret" role="status"><strong>{label}</strong> <code>{value}</code> <button type="button" onClick={() => void copy()}>{isCopied.value ? fi().copied : fi().copy}</button></p>;
}

function Accounts({ of: firm, accounts, reread }: { of: Firm; accounts: FirmAccount[]; reread: () => Promise<void> }) {
  const f = fi();
  const isInviting = useSignal(false);
  const link = useSignal("");
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
            <span><button type="button" onClick={() => void reset(one)}>{f.reset}</button> <button type="button" onClick={() => void switchTo(one, !one.active)}>{one.active ? f.off : f.on}</button></span>
          </li>
        ))}</ul>
      )}
      <button type="button" onClick={() => { isInviting.value = true; }}>{f.invite}</button>
      {link.value && <><Secret label={f.link} value={link.value} /><p class="quiet-text">{f.linksHint}</p></>}
      {isInviting.value && <Asking title={f.invite} send={f.invite} onSend={invite} onClose={() => { isInviting.value = false; }}
        fields={[["person", f.person, { needed: true }], ["login", f.login, { needed: true }], ["networks", f.networks, { help: f.networksHelp, needed: true }]]} />}
    </section>
  );
}

function Line({ of: firm, line, reread }: { of: Firm; line: FirmDetail["line"]; reread: () => Promise<void> }) {
  const f = fi();
  const isSetting = useSignal(false);
  const key = useSignal("");
  const put = async (url: string, isNew: boolean) => {
    const told = await call<{ key: string | null }>("PUT", `/api/firms/${firm.agency_id}/line`, { url, new_key: isNew });
    key.value = told.key ?? "";
    await reread();
  };
  const drop = async () => { key.value = ""; await call("DELETE", `/api/firms/${firm.agency_id}/line`); await reread(); };
  return (
    <section aria-label={f.system}>
      <h3>{f.system}</h3>
      <p>{line ? <code>{line.url}</code> : <span class="quiet-text">{f.systemNone}</span>}</p>
      <p class="firm-buttons"><button type="button" onClick={() => { isSetting.value = true; }}>{f.setLine}</button>
        {line && <button type="button" onClick={() => void put(line.url, true)}>{f.newKey}</button>}
        {line && <button type="button" class="danger" onClick={() => void drop()}>{f.dropLine}</button>}</p>
      {key.value && <Secret label={f.key} value={key.value} />}
      {isSetting.value && <Asking title={f.setLine} send={f.save} fields={[["url", f.url, { needed: true }]]} onSend={(words) => put(words.url!, false)} onClose={() => { isSetting.value = false; }} />}
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
        <ul class="firm-requests">{rows.map((one) => <li key={`${one.request_id}${one.center}`} data-request-state={one.state}>{dayAndTime(one.received_at)} · {triggerWords(one.trigger)} · <strong>{a().state[one.state] ?? one.state}</strong>{one.reason ? ` · ${reasonWords(one.reason)}` : ""}</li>)}</ul>
      )}
    </section>
  );
}

export function FirmPage({ of: firm }: { of: Firm }) {
  const f = fi();
  const detail = useSignal<FirmDetail | null>(null);
  const problem = useSignal<Problem | null>(null);
  const isStopping = useSignal(false);
  const reread = async () => {
    await call<FirmDetail>("GET", `/api/firms/${firm.agency_id}`).then((told) => { detail.value = told; }, (error: unknown) => { problem.value = asProblem(error); });
    await readFirms();
  };
  useEffect(() => { void reread(); }, []);
  const step = async (what: string, body: object) => { await call("POST", `/api/firms/${firm.agency_id}/${what}`, body); await reread(); };
  const limits = [firm.triggers?.map(triggerWords).join(", ") ?? f.all_, firm.centers?.join(" ") ?? f.all_, firm.ends_at ? f.until(dayAndTime(firm.ends_at)) : f.noEnd];
  return (
    <article class="firm-page" data-firm={firm.agency_id} data-firm-state={firm.state}>
      <header>
        <button type="button" onClick={() => { openId.value = null; }}>← {f.back}</button>
        <h2>{named(firm)} <small>{firm.agency_id}</small></h2>
        <strong class={firm.state === "in_force" ? "" : "warn"}>{f.state[firm.state] ?? firm.state}{firm.suspended_reason ? ` · ${firm.suspended_reason}` : ""}</strong>
        {firm.suspended_at ? <button type="button" class="primary" onClick={() => void step("resume", {})}>{f.resume}</button>
          : <button type="button" class="danger" onClick={() => { isStopping.value = true; }}>{f.suspend}</button>}
      </header>
      <p>{f.limits}: {limits.join(" · ")}</p>
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
      {detail.value && (
        <div class="firm-parts">
          <Accounts of={firm} accounts={detail.value.accounts} reread={reread} />
          <Line of={firm} line={detail.value.line} reread={reread} />
          <Requests of={detail.value.requests} />
        </div>
      )}
      {isStopping.value && <Asking title={f.suspendTitle(named(firm))} lead={f.suspendLead} send={f.suspend} isDanger fields={[["reason", f.reason, { needed: true }]]} onSend={(words) => step("suspend", words)} onClose={() => { isStopping.value = false; }} />}
    </article>
  );
}
