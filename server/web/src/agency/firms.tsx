import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asProblem } from "../api";
import { dayAndTime } from "../clock";
import { named, said } from "../lang";
import { fi } from "../texts/firms";
import { FirmPage, NewFirm } from "./firm-page";
import { type Firm, type FirmTerms, failed, held, type Imported, importFile, inviteAll, linksFile, matching, openId, readFirms, type Way } from "./firms-state";
import "../styles/firms.css";

/** An association's desk: its firms in one list, entered from one file; of their requests states and numbers only. */
const SHOWN_AT_ONCE = 100;

function TermList({ of: agreements }: { of: FirmTerms[] }) {
  return (
    <ul>{agreements.map((one) => (
      <li key={`${one.center_id}${one.document}`} data-center={one.center_id}>
        <strong>{named(one)}</strong> <span class={one.in_force ? "may" : "warn"}>{one.in_force ? `✓ ${fi().inForce}` : `✕ ${fi().notInForce}`}</span> <small>{one.ends_at ? fi().until(dayAndTime(one.ends_at)) : fi().noEnd}</small>
      </li>
    ))}</ul>
  );
}

/** One city, or every city of the country: those that rest stand first. */
const FEW_TERMS = 6;
function Terms({ of: agreements }: { of: FirmTerms[] }) {
  if (agreements.length === 0) return <p class="trouble" role="status">{fi().noAgreement}</p>;
  const resting = agreements.filter((one) => !one.in_force);
  return (
    <section aria-label={fi().agreements} class="firm-terms">
      <h2>{fi().agreements}</h2>
      {agreements.length <= FEW_TERMS ? <TermList of={agreements} /> : (
        <>
          <p class={resting.length > 0 ? "warn" : "may"}>{fi().sum(agreements.length, resting.length)}</p>
          <details><summary>{fi().showAll}</summary><TermList of={[...resting, ...agreements.filter((one) => one.in_force)]} /></details>
        </>
      )}
    </section>
  );
}

function Refused({ of: rows }: { of: Imported["refused"] }) {
  if (rows.length === 0) return null;
  const f = fi();
  return (
    <table class="firm-table">
      <caption>{f.refusedHead}</caption>
      <thead><tr><th scope="col">{f.line}</th><th scope="col">{f.field}</th><th scope="col">{f.value}</th><th scope="col">{f.why}</th></tr></thead>
      <tbody>{rows.map((one) => <tr key={`${one.line}${one.field}`} data-refused-line={one.line}><td>{one.line}</td><td>{one.field}</td><td>{one.value}</td><td>{said(one)}</td></tr>)}</tbody>
    </table>
  );
}

function save(ways: Way[]): void {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(linksFile(ways)), download: "invitations.csv" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function FromFile() {
  const f = fi();
  const doing = useSignal("");
  const told = useSignal<Imported | null>(null);
  const ways = useSignal<Way[]>([]);
  const trouble = useSignal("");
  const send = async (file: File | undefined) => {
    if (!file) return;
    [doing.value, trouble.value, told.value] = [f.sending, "", null];
    try {
      const answer = await importFile(file);
      told.value = answer;
      const count = answer.to_invite.length;
      ways.value = await inviteAll(answer.to_invite, (done) => { doing.value = f.inviting(done, count); });
      if (count > ways.value.length) trouble.value = f.notInvited(count - ways.value.length);
      if (count > 0) await readFirms();
    } catch (error) {
      trouble.value = said(asProblem(error));
    }
    doing.value = "";
  };
  return (
    <section class="firm-file" aria-label={f.file}>
      <h2>{f.file}</h2>
      <p class="quiet-text" id="firm-file-help">{f.fileHelp}</p>
      <input type="file" accept=".csv,text/csv" aria-label={f.choose} aria-describedby="firm-file-help" disabled={doing.value !== ""} onChange={(event) => { void send(event.currentTarget.files?.[0]); }} />
      <p role="status" data-import={told.value ? "done" : doing.value ? "doing" : "none"}>{doing.value || (told.value ? f.result(told.value.made, told.value.known, told.value.refused.length) : "")}</p>
      {trouble.value && <p class="trouble" role="alert">{trouble.value}</p>}
      {ways.value.length > 0 && <p><button type="button" class="primary" onClick={() => save(ways.value)}>{f.saveLinks(ways.value.length)}</button> <small>{f.linksHint}</small></p>}
      {told.value && <Refused of={told.value.refused} />}
    </section>
  );
}

function Row({ of: one }: { of: Firm }) {
  const f = fi();
  return (
    <tr data-firm={one.agency_id} data-firm-state={one.state}>
      <th scope="row"><button type="button" class="link-like" onClick={() => { openId.value = one.agency_id; }}>{named(one)}</button> <small>{one.agency_id}</small></th>
      <td class={one.state === "in_force" ? "" : "warn"}>{f.state[one.state] ?? one.state}</td>
      <td>{f.requestsOf(one.taken, one.decided, one.running)}</td>
      <td class={one.score >= 0.5 ? "warn" : ""}>{one.false_rate === null ? f.noRate : `${Math.round(one.false_rate * 100)} %`}</td>
      <td>{f.used(one.accounts, one.accounts_used)}</td>
      <td>{one.has_line ? f.hasLine : f.noLine}</td>
      <td>{one.last_at ? dayAndTime(one.last_at) : "—"}</td>
    </tr>
  );
}

function List({ firms, days }: { firms: Firm[]; days: number }) {
  const f = fi();
  const words = useSignal("");
  const most = useSignal(SHOWN_AT_ONCE);
  const isAdding = useSignal(false);
  const found = matching(firms, words.value);
  return (
    <section class="firm-list" aria-label={f.title}>
      <header>
        <label>{f.find} <input type="search" value={words.value} onInput={(event) => { words.value = event.currentTarget.value; most.value = SHOWN_AT_ONCE; }} /></label>
        <span role="status">{words.value ? f.shown(found.length, firms.length) : f.all(firms.length)} · {f.days(days)}</span>
        <button type="button" onClick={() => { isAdding.value = true; }}>{f.add}</button>
      </header>
      {firms.length === 0 ? <div class="empty"><p>{f.none}</p><p>{f.noneHint}</p></div> : found.length === 0 ? <p>{f.nothing}</p> : (
        <table class="firm-table">
          <thead><tr>{Object.values(f.head).map((name) => <th scope="col" key={name}>{name}</th>)}</tr></thead>
          <tbody>{found.slice(0, most.value).map((one) => <Row key={one.agency_id} of={one} />)}</tbody>
        </table>
      )}
      {found.length > most.value && <button type="button" onClick={() => { most.value += SHOWN_AT_ONCE; }}>{f.more(found.length - most.value)}</button>}
      {isAdding.value && <NewFirm onClose={() => { isAdding.value = false; }} />}
    </section>
  );
}

export function FirmsDesk() {
  const f = fi();
  useEffect(() => { void readFirms(); }, []);
  const open = held.value?.firms.find((one) => one.agency_id === openId.value) ?? null;
  return (
    <main class="firms" data-state={held.value ? "ready" : "loading"}>
      {failed.value && <p class="trouble" role="alert">{f.failed} {said(failed.value)} <button type="button" onClick={() => void readFirms()}>{f.retry}</button></p>}
      {!held.value && !failed.value && <p class="region-state" role="status">{f.loading}</p>}
      {open ? <FirmPage key={open.agency_id} of={open} /> : held.value && (
        <>
          <h2 class="firms-title">{f.title}</h2>
          <p class="quiet-text">{f.lead}</p>
          <div class="firms-top"><Terms of={held.value.agreements} /><FromFile /></div>
          <List firms={held.value.firms} days={held.value.days} />
        </>
      )}
    </main>
  );
}
