import { useEffect, useMemo } from "preact/hooks";
import { Loaded, useLoader } from "../../loaded";
import { t } from "../../texts/records";
import { item } from "../address";
import { Link } from "../kit/link";
import { Facts, Panel, SectionHead } from "../kit/page";
import { may } from "../session";
import { asked, isId, narrow, ofIncident, ofViewer, queryOf, type AskedSignal } from "./asked";
import { lineOf, loadAbout } from "./about";
import { ChainState } from "./chain-state";
import { EventTable } from "./events-table";
import { Filters } from "./filters";
import { usePages } from "./pages";
import { ChainFacts, IncidentPanel, Missing } from "./release";
import type { About, Line } from "./wire";
import { actorOf, chainName, saysOf, toTheSecond } from "./words";

/** The event log (사건기록). `#event/<id>` is one line, `#incident/<id>` an incident from its first line on. */
export default function Events() {
  const [what, id = ""] = item.value.split("/");
  const loader = useLoader(loadAbout, "about");
  const of = useMemo(asked, []);
  useEffect(() => {
    if (what === "incident" && isId(id)) narrow(of, ofIncident(id));
    if (what === "viewer" && isId(id)) narrow(of, ofViewer(id, ""));
  }, [item.value]);
  return (
    <Loaded of={loader}>
      {(about) => (what === "event" && isId(id) ? <LinePage key={id} id={id} about={about} /> : <List of={of} about={about} />)}
    </Loaded>
  );
}

function List({ of, about }: { of: AskedSignal; about: About }) {
  const incident = of.value.incident;
  return (
    <>
      <SectionHead title={t().events.title} lead={incident ? t().events.ofIncident : t().events.lead}>{may("log.export") && <Link to="export" button>{t().export.title}</Link>}</SectionHead>
      <ChainState chains={about.chains} />
      <Filters of={of} about={about} isEvents />
      <Lines of={of} />
      {incident && <Replay incident={incident} />}
    </>
  );
}

/** An incident is read from its beginning, everything else from its end. */
function Lines({ of }: { of: AskedSignal }) {
  const order: Record<string, string> = of.value.incident ? {} : { newest: "true" };
  const { loader, more } = usePages<Line>("/api/log/events", "events", { ...queryOf(of.value, of.at), ...order });
  return <Loaded of={loader}>{(held) => <EventTable lines={held.rows} caption={t().events.title} more={held.next ? more : undefined} isOfOne={of.value.incident !== ""} />}</Loaded>;
}

function Replay({ incident }: { incident: string }) {
  return (
    <div class="below"><Panel title={t().events.replay} id="replay-title">
      <p>{t().events.replayLead}</p>
      <pre class="command">ansim replay {incident} --without-payloads --instant</pre>
    </Panel></div>
  );
}

function LinePage({ id, about }: { id: string; about: About }) {
  const loader = useLoader(() => lineOf(id), id);
  return <Loaded of={loader}>{(line) => (line ? <One line={line} about={about} /> : <Missing back="events" />)}</Loaded>;
}

function One({ line, about }: { line: Line; about: About }) {
  const e = t().events;
  const release = typeof line.payload.release_id === "string" ? line.payload.release_id : "";
  return (
    <>
      <SectionHead title={saysOf(line)} back="events">{release && <Link to="log" item={`releases/${release}`} button>{t().detail.toRelease}</Link>}</SectionHead>
      <div class="panels">
        <Panel title={e.facts} id="line-facts">
          <Facts of={[[e.head.at, toTheSecond(line.at)], [e.head.who, actorOf(line)], [e.head.center, chainName(line.center)], [e.tag, <code>{line.tag}</code>]]} />
          <h3>{e.payload}</h3>
          {line.purged ? <p class="quiet-text">{e.purged}</p> : <Payload of={line.payload} />}
        </Panel>
        <div>
          {line.incident_id && <IncidentPanel id={line.incident_id} />}
          <Panel title={t().chain.title} id="line-chain"><ChainFacts line={line} about={about} /></Panel>
        </div>
      </div>
    </>
  );
}

function Payload({ of }: { of: Record<string, unknown> }) {
  const rows = Object.entries(of).filter(([, value]) => value !== null && value !== "");
  if (rows.length === 0) return <p class="quiet-text">{t().events.noPayload}</p>;
  return <dl class="fact-list payload">{rows.map(([name, value]) => <div key={name}><dt><code>{name}</code></dt><dd>{typeof value === "object" ? <code>{JSON.stringify(value)}</code> : String(value)}</dd></div>)}</dl>;
}
