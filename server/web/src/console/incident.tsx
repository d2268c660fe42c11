import { useSignal } from "@preact/signals";
import { timeOfDay } from "../clock";
import { named, said } from "../lang";
import { t } from "../texts/console";
import type { DispatchCard, IncidentCard } from "../wire";
import { Asking } from "./asking";
import {
  accuracyWords, Badges, ownerWords, PositionAge, since, StateMark, triggerWords, Waiting, whereWords,
} from "./facts";
import { isNew, isOpen, isPre, mayAct } from "./feed";
import { acknowledge, acknowledgeKey, closeKey, detail, dispatchKey, feed, load, noteKey, selected, sheet } from "./seat";
import { Links, PressedAgain } from "./links";
import { RoleBanner } from "./roles";
import { EvidenceButton } from "./evidence";
import { TrailPanel } from "./sightings";
import { Timeline } from "./timeline";

function Facts({ card }: { card: IncidentCard }) {
  const f = t().facts;
  const rows: [string, preact.ComponentChildren][] = [
    [f.where, whereWords(card)],
    [f.age, <span><PositionAge card={card} /> {card.position && `· ${accuracyWords(card)}`}</span>],
    [f.coordinates, card.position ? <span class="timer">{card.position.lat.toFixed(5)}, {card.position.lon.toFixed(5)}</span> : "—"],
    [f.trigger, `${triggerWords(card)} · ${timeOfDay(since(card))}`],
    [f.phone, card.caller.phone_masked || "—"],
    [f.language, t().languages[card.caller.language] ?? card.caller.language],
    [f.owner, ownerWords(card)],
    [f.battery, card.battery_percent === null ? "—" : `${card.battery_percent} %`],
  ];
  if (card.disposition) rows.push([t().closeSheet.disposition, t().disposition[card.disposition] ?? card.disposition]);
  return <dl class="facts">{rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

function Warnings({ card }: { card: IncidentCard }) {
  return (
    <>
      {card.is_drill && <p class="banner drill">{t().drillBanner}</p>}
      {card.is_duress && <p class="banner alarm">{t().duress}</p>}
      {card.phase === "ended" && isOpen(card) && !card.is_duress && <p class="banner safe">{t().saysSafe}</p>}
      <RoleBanner card={card} />
      {card.superseded && card.role === "owner" && <p class="banner">{t().superseded}</p>}
    </>
  );
}

function DispatchButton({ card, agency, hotkey }: { card: IncidentCard; agency: "112" | "119"; hotkey: string }) {
  const held = dispatchTo(card, agency);
  const isOff = !mayAct(card) || isPre(card) || feed.link.state.value === "lost";
  return (
    <button type="button" class={`big to-${agency}`} disabled={isOff} onClick={() => { sheet.value = { kind: "dispatch", agency }; }}>
      <span>{agency === "112" ? t().actions.dispatch112 : t().actions.dispatch119} <kbd aria-hidden="true">{hotkey}</kbd></span>
      {held && <small>■ {t().dispatch.state[held.state] ?? held.state}</small>}
    </button>
  );
}

export function dispatchTo(card: IncidentCard, agency: "112" | "119"): DispatchCard | undefined {
  const kind = (d: DispatchCard) => [d.agency.kind, d.agency.agency_id].some((name) => name.includes(agency));
  return card.dispatches.find(kind);
}

/** The same place for each button, always; what can't be done now is grey, not gone. */
function Actions({ card }: { card: IncidentCard }) {
  const id = card.incident_id;
  const isLost = feed.link.state.value === "lost";
  const mayClose = mayAct(card) && !isPre(card) && card.owner !== null && !isLost;
  return (
    <div class="actions">
      <button type="button" class={`big take${isNew(card) ? " danger" : ""}`} disabled={!isNew(card) || isLost} onClick={() => void acknowledge(id)}>
        <span>{t().takeThis} {isNew(card) && <kbd aria-hidden="true">Space</kbd>}</span>
        {card.owner && <small>● {ownerWords(card)}</small>}
      </button>
      <DispatchButton card={card} agency="112" hotkey="F2" />
      <DispatchButton card={card} agency="119" hotkey="F3" />
      <button type="button" class="big close" disabled={!mayClose} onClick={() => { sheet.value = { kind: "close" }; }}>{t().actions.close}</button>
      {isLost && <p class="asking trouble">{t().offline}</p>}
      <Asking of={acknowledgeKey(id)} />
      <Asking of={dispatchKey(id, "112")} />
      <Asking of={dispatchKey(id, "119")} />
      <Asking of={closeKey(id)} />
    </div>
  );
}

function Dispatches({ card }: { card: IncidentCard }) {
  if (card.dispatches.length === 0) return null;
  return (
    <section class="dispatches" aria-label={t().dispatch.head}>
      {card.dispatches.map((d) => (
        <p key={d.dispatch_id} class={d.is_overdue || d.state === "declined" || d.state === "failed" ? "warn" : ""} data-dispatch={d.state}>
          <strong>■ {named(d.agency)}</strong> {t().dispatch.state[d.state] ?? d.state}
          {d.times[d.state] && ` ${timeOfDay(d.times[d.state])}`}
          {d.is_overdue && ` · ${t().dispatch.overdue}`}
          {` · ${t().dispatch.case} ${d.case_no}`}
          {d.receipt_no && ` · ${t().dispatch.receipt} ${d.receipt_no}`}
        </p>
      ))}
    </section>
  );
}

function NoteForm({ card }: { card: IncidentCard }) {
  const draft = useSignal("");
  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const text = draft.value.trim();
    if (text && (await feed.command(noteKey(card.incident_id), "note", card.incident_id, { text }))) draft.value = "";
  }
  return (
    <form class="note" onSubmit={submit}>
      <label class="hidden-text" for="note">{t().actions.note}</label>
      <input id="note" value={draft.value} maxLength={2000} placeholder={t().notePlaceholder} autocomplete="off"
        onInput={(event) => { draft.value = event.currentTarget.value; }} />
      <button type="submit" disabled={!draft.value.trim() || feed.link.state.value === "lost"}>{t().actions.addNote}</button>
      <Asking of={noteKey(card.incident_id)} onlyErrors />
    </form>
  );
}

export function IncidentPanel() {
  const card = selected.value;
  const problem = detail.value?.problem;
  return (
    <section class="incident" id="incident" tabIndex={-1} aria-labelledby="incident-head" data-incident={card?.incident_id}>
      <h2 id="incident-head" class={card ? "" : "hidden-text"}>
        {card ? <><span>{card.caller.name_masked}</span><StateMark card={card} /><Waiting card={card} /></> : t().regions.incident}
      </h2>
      {card ? (
        <>
          <PressedAgain card={card} />
          <Warnings card={card} />
          <Badges card={card} />
          <Actions card={card} />
          <Dispatches card={card} />
          <Links card={card} />
          <TrailPanel card={card} />
          <Facts card={card} />
          <EvidenceButton card={card} />
          <NoteForm key={card.incident_id} card={card} />
          {problem && <p class="trouble" role="status">{t().timeline.failed} {said(problem)} <button type="button" onClick={() => void load(card.incident_id)}>{t().retry}</button></p>}
          <Timeline card={card} />
        </>
      ) : <div class="empty"><p>{t().waiting}</p><p>{t().waitingHint}</p></div>}
    </section>
  );
}
