import { timeOfDay } from "../clock";
import { said } from "../lang";
import { t } from "../texts/console";
import { AccessNotes } from "../traffic/notes";
import type { IncidentCard } from "../wire";
import { EvidenceButton } from "./evidence";
import { accuracyWords, Badges, callerWords, ownerWords, PositionAge, since, StateMark, triggerWords, Waiting, whereWords, whoClass } from "./facts";
import { Links } from "./links";
import { detail, load, selected } from "./seat";
import { TrailPanel } from "./sightings";
import { Sources } from "./sources";
import { Timeline } from "./timeline";
import { Actions } from "./work/actions";
import { Captures } from "./work/captures";
import { Dispatches } from "./work/dispatches";
import { MoreActions } from "./work/more";
import { NoteForm } from "./work/note";
import { Notices } from "./work/notices";
import { AgencyAsks } from "./work/requests";
import { Profile } from "./work/profile";
import { Responders } from "./work/responders";
import { Steps } from "./work/steps";
import { Tabs } from "./work/tabs";
import { TalkPanel } from "./work/talk";
import { Unmask } from "./work/unmask";
import { classifiedWords } from "./work/classify";

/** Always in sight: who, where, what set it off, since when, whose it is (ISA-18.2), and the time as the biggest thing. */
function Head({ card }: { card: IncidentCard }) {
  return (
    <>
      <h2 id="incident-head"><span class={whoClass(callerWords(card))} title={callerWords(card)}>{callerWords(card)}</span><StateMark card={card} /><Waiting card={card} /></h2>
      <dl class="five">
        <div class="wide"><dt>{t().facts.where}</dt><dd>{whereWords(card)} {card.position && `· ${accuracyWords(card)} `}· <PositionAge card={card} /></dd></div>
        <div><dt>{t().facts.trigger}</dt><dd>{triggerWords(card)} · {timeOfDay(since(card))}</dd></div>
        <div><dt>{t().facts.owner}</dt><dd class={card.owner ? "" : "warn"}>{ownerWords(card)}</dd></div>
      </dl>
    </>
  );
}

function Facts({ card }: { card: IncidentCard }) {
  const f = t().facts;
  const rows: [string, preact.ComponentChildren][] = [
    [f.coordinates, card.position ? <span class="timer">{card.position.lat.toFixed(5)}, {card.position.lon.toFixed(5)}</span> : "—"],
    [f.who, <Unmask card={card} />],
    [f.language, t().languages[card.caller.language] ?? card.caller.language],
    [f.type, classifiedWords(card)],
    [f.battery, card.battery_percent === null ? "—" : `${card.battery_percent} %`],
    [f.opened, timeOfDay(card.opened_at)],
  ];
  if (card.disposition) rows.push([t().closeSheet.disposition, t().disposition[card.disposition] ?? card.disposition]);
  return <dl class="facts">{rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

function Record({ card }: { card: IncidentCard }) {
  const problem = detail.value?.problem;
  return (
    <>
      <Dispatches card={card} />
      <Captures key={`phone ${card.incident_id}`} card={card} />
      <AccessNotes key={`notes ${card.incident_id}`} card={card} />
      <Sources key={`sources ${card.incident_id}`} card={card} />
      <TrailPanel card={card} />
      <NoteForm key={card.incident_id} card={card} />
      {problem && <p class="trouble" role="status">{t().timeline.failed} {said(problem)} <button type="button" onClick={() => void load(card.incident_id)}>{t().retry}</button></p>}
      <Timeline />
    </>
  );
}

function Info({ card }: { card: IncidentCard }) {
  return (
    <>
      <Badges card={card} />
      <Facts key={card.incident_id} card={card} />
      <Profile key={`profile ${card.incident_id}`} card={card} />
      <MoreActions card={card} />
      <EvidenceButton card={card} />
      <Responders key={`to ${card.incident_id}`} card={card} />
      <Links card={card} />
    </>
  );
}

export function IncidentPanel() {
  const card = selected.value;
  const waits = card?.origin === "agency" && card.requests.some((one) => one.state === "received"); // the decision comes first
  return (
    <section class="incident" id="incident" tabIndex={-1} aria-labelledby="incident-head" data-incident={card?.incident_id}>
      {card ? (
        <>
          <Head card={card} />
          <Actions card={card} />
          {!waits && <Steps card={card} />}
          <Notices card={card} />
          <AgencyAsks key={`asks ${card.incident_id}`} card={card} />
          {waits && <Steps card={card} />}
          <Tabs card={card}>
            {{ record: () => <Record card={card} />, talk: () => <TalkPanel key={card.incident_id} card={card} />, info: () => <Info card={card} /> }}
          </Tabs>
        </>
      ) : (
        <>
          <h2 id="incident-head" class="hidden-text">{t().regions.incident}</h2>
          <div class="empty"><p>{t().waiting}</p><p>{t().waitingHint}</p></div>
        </>
      )}
    </section>
  );
}
