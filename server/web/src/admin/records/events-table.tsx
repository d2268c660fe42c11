import { t } from "../../texts/records";
import { CopyId } from "../kit/copy";
import { DataTable, type Column } from "../kit/table";
import type { Line } from "./wire";
import { actorOf, chainName, saysOf, toTheSecond } from "./words";

/** Lines of the log as the server ordered them. */
export function EventTable({ lines, caption, more, isOfOne = false }: { lines: readonly Line[]; caption: string; more?: () => void; isOfOne?: boolean }) {
  const e = t().events;
  const columns: Column<Line>[] = [
    { id: "at", title: e.head.at, value: (one) => one.at, cell: (one) => toTheSecond(one.at) },
    { id: "what", title: e.head.what, value: saysOf, cell: (one) => <>{saysOf(one)}{one.purged && <small> · {e.purged}</small>}</> },
    { id: "who", title: e.head.who, value: actorOf },
    { id: "center", title: e.head.center, value: (one) => chainName(one.center) },
    { id: "incident", title: e.head.incident, value: (one) => one.incident_id, cell: (one) => (one.incident_id ? <CopyId id={one.incident_id} what={e.head.incident} /> : "—") },
    { id: "seq", title: e.head.seq, value: (one) => one.seq, isNumber: true },
  ];
  return (
    <DataTable caption={caption} columns={columns.filter((one) => !(isOfOne && one.id === "incident"))} rows={lines} keyOf={(one) => one.event_id} open={(one) => ({ to: "events", item: `event/${one.event_id}` })} more={more}
      empty={<><p>{e.empty}</p><p>{t().releases.hint}</p></>} />
  );
}
