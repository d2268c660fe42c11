import { Loaded, useLoader } from "../../loaded";
import { t } from "../../texts/records";
import { agencyName, centerName } from "../house";
import { CopyId } from "../kit/copy";
import { Link } from "../kit/link";
import { Facts, Panel, SectionHead } from "../kit/page";
import { may } from "../session";
import { go } from "../address";
import { lineOf, releaseOf } from "./about";
import { SealOf } from "./chain-state";
import { Marks, marksOf } from "./log";
import type { About, Line, Release } from "./wire";
import { basisOf, kindOf, lengthOf, toTheSecond, whoOf, whoseOf } from "./words";

interface Told { one: Release | null; granted: Line | null; ended: Line | null }

async function load(id: string): Promise<Told> {
  const one = await releaseOf(id);
  const [granted, ended] = await Promise.all([lineOf(one?.granted_event ?? null), lineOf(one?.ended_event ?? null)]);
  return { one, granted, ended };
}

/** One provision with everything that an auditor asks of it: whom, what, why, how long, and where the log says so. */
export function ReleasePage({ id, about, onViewer }: { id: string; about: About; onViewer: (viewer: string, name: string) => void }) {
  const loader = useLoader(() => load(id), id);
  return (
    <Loaded of={loader}>
      {(told) => (told.one ? <One told={{ ...told, one: told.one }} about={about} onViewer={onViewer} /> : <Missing back="log" />)}
    </Loaded>
  );
}

export function Missing({ back }: { back: string }) {
  return <><SectionHead title={t().detail.missing} lead={t().detail.missingText} back={back} /></>;
}

function One({ told: { one, granted, ended }, about, onViewer }: { told: Told & { one: Release }; about: About; onViewer: (viewer: string, name: string) => void }) {
  const d = t().detail;
  const why = granted && typeof granted.payload.reason === "string" ? granted.payload.reason : "";
  return (
    <>
      <SectionHead title={d.title(kindOf(one), whoOf(one))} lead={marksOf(one) && <Marks one={one} />} back="log">
        <button type="button" onClick={() => { onViewer(one.viewer.id, whoOf(one)); go("log"); }}>{d.allOfViewer}</button>
        {one.breakglass_id && may("misuse.review", "breakglass.approve") && <Link to="breakglass" item={one.breakglass_id} button>{d.glass}</Link>}
      </SectionHead>
      <div class="panels">
        <Panel title={d.facts} id="release-facts">
          <Facts of={[
            [d.who, whoOf(one)], [d.whose, whoseOf(one)],
            ...(one.agency_id ? [[d.agency, agencyName(one.agency_id)] as const] : []),
            ...(one.agreement_id ? [[d.agreement, may("agreements.manage") ? <Link to="agreements" item={one.agreement_id}>{d.agreement}</Link> : <CopyId id={one.agreement_id} what={d.agreement} />] as const] : []),
            [d.what, kindOf(one)], [d.camera, one.camera ?? one.camera_id], [d.center, centerName(one.center)], [d.basis, basisOf(one)], [d.reason, why || d.noReason], [d.address, <code>{one.address}</code>],
            [d.from, toTheSecond(one.granted_at)], [d.first, toTheSecond(one.first_byte_at)], [d.to, one.ended_at ? toTheSecond(one.ended_at) : t().releases.open],
            ...(one.until_at ? [[d.until, toTheSecond(one.until_at)] as const] : []),
            [d.lasted, lengthOf(one)], [d.ended, one.end_reason ? (d.reasons[one.end_reason] ?? one.end_reason) : ""],
          ]} />
        </Panel>
        <div>
          {one.incident_id && <IncidentPanel id={one.incident_id} />}
          <Panel title={t().chain.title} id="release-chain">
            {granted ? <ChainFacts line={granted} about={about} ended={ended} /> : <p class="quiet-text">{t().chain.old}</p>}
          </Panel>
        </div>
      </div>
    </>
  );
}

export function ChainFacts({ line, about, ended = null }: { line: Line; about: About; ended?: Line | null }) {
  const c = t().chain;
  return (
    <Facts of={[
      [c.seq, <Link to="events" item={`event/${line.event_id}`}>{String(line.seq)}</Link>], [c.event, <CopyId id={line.event_id} what={c.event} />],
      [c.hash, <CopyId id={line.hash} what={c.hash} />], [c.previous, <CopyId id={line.previous_hash} what={c.previous} />], [c.digest, <CopyId id={line.payload_digest} what={c.digest} />],
      [c.sealed, <SealOf line={line} chains={about.chains} />],
      ...(ended ? [[c.ended, <Link to="events" item={`event/${ended.event_id}`}>{String(ended.seq)}</Link>] as const] : []),
    ]} />
  );
}

/** From a line to everything that hangs on its incident. */
export function IncidentPanel({ id }: { id: string }) {
  const d = t().detail;
  return (
    <Panel title={d.incident} id="incident-panel">
      <p><CopyId id={id} what={d.incident} /></p>
      <p class="row-buttons">
        <Link to="events" item={`incident/${id}`} button>{d.allOfIncident}</Link>
        <Link to="log" item={`incident/${id}`} button>{d.releasesOfIncident}</Link>
        {may("holds.manage") && <Link to="holds" item={`new/${id}`} button>{d.hold}</Link>}
      </p>
    </Panel>
  );
}
