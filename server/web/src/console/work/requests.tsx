import { useComputed, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { askedRows, basisWords, reasonWords, triggerWords, troubleWords } from "../../asked";
import { dayAndTime, now, secondsSince, timeOfDay } from "../../clock";
import { Dialog } from "../../dialog";
import { named } from "../../lang";
import { TimeRing } from "../../ring";
import { a } from "../../texts/asks";
import type { Camera, IncidentCard } from "../../wire";
import { refusal } from "../asking";
import { isOpen } from "../feed";
import { Key } from "../key-list";
import { choose } from "../map-cameras";
import { detail, feed, me } from "../seat";
import { type AgencyAsk, asked, type AskTerms, decide, deciding, readAsked, type Reason, seal } from "./requests-state";
import { FollowUps } from "./follow-ups";
import { SheetButtons } from "./parts";
import { Reveal, subjectShown } from "./reveal";

/** An agency asks: who, on which ground, what for, how sure the place is, how long there is to decide; then until when
 * it may see what. Words by trigger; what a trigger does not know is not shown. */
const RIGHTS = ["live", "recorded", "still", "position", "identity", "health", "store"] as const;
const MORE_MIN = [15, 30, 60, 120];

function Where({ card }: { card: IncidentCard }) {
  const c = a().console;
  if (!card.position) return <span class="warn">{c.noPlace}</span>;
  return <>{c.placeWords(Math.round(card.position.accuracy_m), c.age(secondsSince(card.position.fixed_at)))}</>;
}

function Facts({ card, of: one }: { card: IncidentCard; of: AgencyAsk }) {
  const c = a().console;
  const rows: [string, ComponentChildren][] = [
    ...askedRows(one.trigger, subjectShown(one), one.area).map((row): [string, ComponentChildren] => [row.label, <span data-field={row.name}>{row.words}</span>]),
    [c.sure, <Where card={card} />], ...(one.case_no ? [[c.caseNo, one.case_no] as [string, string]] : []), ...(one.callback ? [[c.callback, one.callback] as [string, string]] : []), [c.ground, basisWords(one.legal_basis)],
  ];
  return <dl class="facts ask-facts">{rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

/** What the agreement opens to the agency, now or once it is accepted. */
function Sees({ of: one, terms }: { of: AgencyAsk; terms: AskTerms | undefined }) {
  const c = a().console;
  if (!terms || !["received", "accepted"].includes(one.state)) return null;
  const { may, in_force: inForce } = terms.agreement;
  const opened = RIGHTS.filter((what) => may[what]);
  const isNow = one.state === "accepted";
  return (
    <section class="ask-sees" aria-label={isNow ? c.seesNow : c.wouldSee} data-sees={opened.join(" ")}>
      <p>{!isNow && inForce ? c.whatHappens(terms.max_minutes) : null} <strong>{isNow ? c.seesNow : c.wouldSee}</strong></p>
      {opened.length === 0 || (isNow && one.is_drill) ? <p class="quiet-text">{c.seesNothing}</p> : (
        <ul>{RIGHTS.map((what) => (
          <li key={what} class={may[what] ? "may" : "may-not"}><span aria-hidden="true">{may[what] ? "✓" : "✕"}</span> {c.may[what]} <span class="hidden-text">{may[what] ? c.can : c.cannot}</span></li>
        ))}</ul>
      )}
      <p class="quiet-text">{c.agreement}: {terms.document || c.noPaper}{terms.agreement.ends_at ? ` · ${c.until(dayAndTime(terms.agreement.ends_at))}` : ""}</p>
    </section>
  );
}

function RejectSheet({ card, of: one, reasons, onClose }: { card: IncidentCard; of: AgencyAsk; reasons: Reason[]; onClose: () => void }) {
  const c = a().console;
  const why = useSignal("");
  const note = useSignal("");
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!why.value) return;
    onClose();
    await decide(card.incident_id, one.request_id, "reject", { reason: why.value, note: note.value.trim() });
  };
  return (
    <Dialog title={c.rejectTitle} onClose={onClose}>
      <form onSubmit={(event) => void send(event)}>
        <p>{c.rejectLead}</p>
        <fieldset>
          <legend>{c.why}</legend>
          {reasons.map((reason, i) => (
            <label class="choice" key={reason.code}><input type="radio" name="why" value={reason.code} required autofocus={i === 0} checked={why.value === reason.code} onChange={() => { why.value = reason.code; }} /> {named(reason)}</label>
          ))}
        </fieldset>
        <label>{c.note}<textarea rows={2} maxLength={2000} onInput={(event) => { note.value = event.currentTarget.value; }} /></label>
        <SheetButtons confirm={c.confirm} kind="danger" isOff={!why.value} onClose={onClose} />
      </form>
    </Dialog>
  );
}

function Extend({ card, of: one, isOff }: { card: IncidentCard; of: AgencyAsk; isOff: boolean }) {
  const c = a().console;
  const minutes = useSignal(30);
  return (
    <span class="ask-extend">
      <select aria-label={c.extendBy} disabled={isOff} onChange={(event) => { minutes.value = Number(event.currentTarget.value); }}>
        {MORE_MIN.map((n) => <option key={n} value={n} selected={n === minutes.value}>{c.minutes(n)}</option>)}
      </select>
      <button type="button" data-request-step="extend" disabled={isOff} onClick={() => void decide(card.incident_id, one.request_id, "extend", { minutes: minutes.value })}>{c.extend}</button>
    </span>
  );
}

function Decide({ card, of: one, reasons }: { card: IncidentCard; of: AgencyAsk; reasons: Reason[] }) {
  const c = a().console;
  const isRejecting = useSignal(false);
  const doing = deciding.value[one.request_id];
  const mayWork = me.value?.permissions.includes("incidents.work") ?? false;
  const isOff = doing === "sending" || feed.link.state.value === "lost" || !mayWork;
  const can = (step: string) => one.allowed.includes(step);
  return (
    <>
      <div class="ask-do">
        {can("accept") && <button type="button" class="big primary" data-request-step="accept" disabled={isOff} onClick={() => void decide(card.incident_id, one.request_id, "accept")}>{doing === "sending" ? c.sending : c.accept} <Key of="request" /></button>}
        {can("extend") && <Extend card={card} of={one} isOff={isOff} />}
        {can("reject") && <button type="button" class={can("accept") ? "big" : ""} data-request-step="reject" disabled={isOff} onClick={() => { isRejecting.value = true; }}>{can("accept") ? c.reject : c.takeBack}</button>}
      </div>
      {doing && doing !== "sending" && <p class="trouble" role="alert" data-problem={doing.code}>{refusal(doing)}</p>}
      {!mayWork && <p class="quiet-text">{c.noRight}</p>}
      {isRejecting.value && <RejectSheet card={card} of={one} reasons={reasons} onClose={() => { isRejecting.value = false; }} />}
    </>
  );
}

function Ring({ of: one, received, verifyDue }: { of: AgencyAsk; received: string; verifyDue: string | null }) {
  const c = a().console;
  if (one.state === "accepted" && one.ends_at) return <TimeRing label={c.untilEnd} from={one.decided_at ?? received} until={one.ends_at} words={a().left} />;
  if (one.state !== "received") return null;
  if (verifyDue) return <TimeRing label={c.toDecide} from={received} until={verifyDue} words={a().left} late={a().late} />;
  return <p class="ask-late warn">! {c.overdue}</p>;
}

/** Whose they are, who consents, until when; a picture opens beside the map, through the same gate as any other. */
function Lent({ card, of: one }: { card: IncidentCard; of: AgencyAsk }) {
  const l = a().lent;
  if (one.cameras.length === 0) return null;
  return (
    <section class="ask-lent" aria-label={l.head}>
      <h4>{l.head}</h4>
      <ul>{one.cameras.map((camera) => {
        const isOver = camera.ended_at !== null || Date.parse(camera.until_at) <= now.value;
        const words = [l.consent(camera.consent_by, dayAndTime(camera.consented_at)), camera.is_for_dispatched ? l.forDispatched : l.forCenter];
        return (
          <li key={camera.camera_id} data-lent={camera.camera_id} data-lent-over={isOver ? "1" : undefined}>
            <span><strong>{camera.name}</strong> <small>{words.join(" · ")} · {isOver ? l.ended(l.why[camera.end_reason] ?? l.over) : l.until(timeOfDay(camera.until_at))}</small></span>
            {!isOver && isOpen(card) && <button type="button" aria-label={`${l.open}: ${camera.name}`} onClick={() => choose({ ...camera, lent_by: named(one.agency), field_of_view_deg: 70, range_m: 60, healthy: true } as Camera)}>{l.open}</button>}
          </li>
        );
      })}</ul>
    </section>
  );
}

function Ask({ card, of: one, reasons, terms }: { card: IncidentCard; of: AgencyAsk; reasons: Reason[]; terms: AskTerms | undefined }) {
  const c = a().console;
  const ended = one.ended_at ? ` · ${timeOfDay(one.ended_at)}` : "";
  return (
    <section class={`ask-panel ask-${one.state}`} aria-label={c.head} data-request={one.request_id} data-request-state={one.state}>
      <header>
        <div>
          <h3>{named(one.agency)}{one.branch ? ` · ${one.branch}` : ""}</h3>
          {!one.is_branch_known && <p class="warn" data-branch="unknown">{c.branchUnknown}</p>}
          <p><strong>{triggerWords(one.trigger)}</strong> · <span class="ask-state">{a().state[one.state] ?? one.state}</span>{one.reason ? ` · ${reasonWords(one.reason)}` : ""}{ended}</p>
        </div>
        <Ring of={one} received={one.received_at} verifyDue={one.verify_due_at} />
      </header>
      {one.is_drill && <p class="banner drill">{c.drill}</p>}
      {one.is_auto && !one.is_drill && <p class="banner">{c.byRule}</p>}
      {isOpen(card) && <Decide card={card} of={one} reasons={reasons} />}
      {isOpen(card) && <FollowUps of={one} />}
      <Facts card={card} of={one} />
      <Lent card={card} of={one} />
      {isOpen(card) && <Reveal incidentId={card.incident_id} of={one} />}
      <Sees of={one} terms={terms} />
      {one.trouble && <p class="warn">{c.trouble}: {troubleWords(one.trouble)}</p>}
    </section>
  );
}

export function AgencyAsks({ card }: { card: IncidentCard }) {
  const has = card.requests.length > 0;
  const news = useComputed(() => (detail.value?.timeline ?? []).filter((line) => /^request:(camera_|ask_|area_moved)/.test(line.tag) || (line.tag === "responder:said" && line.payload.asks)).length).value;
  useEffect(() => { if (has) void readAsked(card.incident_id); }, [card.incident_id, seal(card), news]);
  if (!has) return null;
  const held = asked.value?.incidentId === card.incident_id ? asked.value : null;
  if (!held) return <p class="region-state" role="status">{a().console.loading}</p>;
  if (held.problem) return <p class="trouble" role="status">{a().console.failed} {refusal(held.problem)} <button type="button" onClick={() => void readAsked(card.incident_id)}>{a().console.retry}</button></p>;
  return <div class="asks">{held.requests.map((one) => <Ask key={one.request_id} card={card} of={one} reasons={held.reasons} terms={held.terms[one.request_id]} />)}</div>;
}

/** The key goes to the first decision of the open incident; Enter takes it, and nothing is opened by one key. */
export function toDecision(): void {
  document.querySelector<HTMLButtonElement>("[data-request-step=accept], [data-request-step=extend]")?.focus();
}
