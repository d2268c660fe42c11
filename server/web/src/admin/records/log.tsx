import { useEffect, useMemo } from "preact/hooks";
import { dayAndTime } from "../../clock";
import { Loaded, useLoader } from "../../loaded";
import { t } from "../../texts/records";
import { item } from "../address";
import { centerName } from "../house";
import { Link } from "../kit/link";
import { Mark, SectionHead } from "../kit/page";
import { DataTable, type Column } from "../kit/table";
import { may } from "../session";
import { asked, isId, narrow, ofIncident, ofViewer, queryOf, type AskedSignal } from "./asked";
import { ChainState } from "./chain-state";
import { loadAbout } from "./about";
import { EventTable } from "./events-table";
import { Filters } from "./filters";
import { usePages } from "./pages";
import { ReleasePage } from "./release";
import type { About, Line, Release } from "./wire";
import { basisOf, kindOf, lengthOf, whoOf, whoseOf } from "./words";

/** The provision log (제공기록). `#releases/<id>` is one of them, `#incident/<id>`, `#viewer/<id>`, `#refused` a list. */
export default function Log() {
  const [what, id = ""] = item.value.split("/");
  const loader = useLoader(loadAbout, "about");
  const of = useMemo(asked, []);
  useEffect(() => {
    if (what === "incident" && isId(id)) narrow(of, ofIncident(id));
    if (what === "viewer" && isId(id)) narrow(of, ofViewer(id, ""));
    if (what === "refused") narrow(of, { refused: true });
  }, [item.value]);
  return (
    <Loaded of={loader}>
      {(about) => (what === "releases" && id ? <ReleasePage key={id} id={id} about={about} onViewer={(viewer, name) => narrow(of, ofViewer(viewer, name))} /> : <List of={of} about={about} />)}
    </Loaded>
  );
}

function List({ of, about }: { of: AskedSignal; about: About }) {
  return (
    <>
      <SectionHead title={t().releases.title} lead={t().releases.lead}>{may("log.export") && <Link to="export" button>{t().export.title}</Link>}</SectionHead>
      <ChainState chains={about.chains} />
      <Filters of={of} about={about} />
      {of.value.refused ? <Refusals of={of} /> : <Releases of={of} />}
    </>
  );
}

function Refusals({ of }: { of: AskedSignal }) {
  const { loader, more } = usePages<Line>("/api/log/releases", "events", { ...queryOf(of.value, of.at), newest: "true" });
  return <Loaded of={loader}>{(held) => <EventTable lines={held.rows} caption={t().filters.refused} more={held.next ? more : undefined} />}</Loaded>;
}

export function marksOf(one: Release): string {
  const r = t().releases;
  return [one.is_drill && r.drill, one.breakglass_id && r.glass, !one.ended_at && r.open].filter(Boolean).join(" · ");
}

export function Marks({ one }: { one: Release }) {
  const r = t().releases;
  return (
    <span class="marks">
      {one.is_drill && <Mark tone="calm">{r.drill}</Mark>}
      {one.breakglass_id && <Mark tone="bad">{r.glass}</Mark>}
      {!one.ended_at && <Mark tone="wait">{r.open}</Mark>}
    </span>
  );
}

function Releases({ of }: { of: AskedSignal }) {
  const { loader, more } = usePages<Release>("/api/log/releases", "releases", { ...queryOf(of.value, of.at), newest: "true" });
  const h = t().releases.head;
  const columns: Column<Release>[] = [
    { id: "at", title: h.at, value: (one) => one.granted_at, cell: (one) => dayAndTime(one.granted_at) },
    { id: "who", title: h.who, value: (one) => `${whoOf(one)} ${whoseOf(one)}`, cell: (one) => <>{whoOf(one)} <small>{whoseOf(one)}</small></> },
    { id: "what", title: h.what, value: kindOf },
    { id: "camera", title: h.camera, value: (one) => one.camera ?? one.camera_id },
    { id: "center", title: h.center, value: (one) => centerName(one.center) },
    { id: "why", title: h.why, value: basisOf },
    { id: "length", title: h.length, value: lengthOf, cell: (one) => lengthOf(one) || "—", isNumber: true },
    { id: "marks", title: h.marks, value: marksOf, cell: (one) => (marksOf(one) ? <Marks one={one} /> : "") },
  ];
  return (
    <Loaded of={loader}>
      {(held) => (
        <DataTable caption={t().releases.title} columns={columns} rows={held.rows} keyOf={(one) => one.release_id} open={(one) => ({ to: "log", item: `releases/${one.release_id}` })}
          empty={<><p>{t().releases.empty}</p><p>{t().releases.hint}</p></>} more={held.next ? more : undefined} />
      )}
    </Loaded>
  );
}
