import { call } from "../api";
import { dayAndTime } from "../clock";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/oversight";
import { CopyId } from "./kit/copy";
import { Link } from "./kit/link";
import { Panel } from "./kit/page";
import { DataTable, type Column } from "./kit/table";
import type { Line } from "./records/wire";
import { saysOf } from "./records/words";
import type { Finding } from "./wire";

interface Page { events: Line[]; next: string | null }
const LOOK_BACK_MS = 31 * 24 * 3600_000;
const PAGES = 8;

/** The lines of the log that a finding names, as far as this reader may read them; asked page by page until all are there. */
async function linesOf(one: Finding): Promise<Line[]> {
  const wanted = new Set(one.evidence);
  const found: Line[] = [];
  let after = "";
  for (let page = 0; page < PAGES && found.length < wanted.size; page += 1) {
    const query = new URLSearchParams({
      viewer_id: one.account.account_id, center: one.center, from: new Date(Date.parse(one.at) - LOOK_BACK_MS).toISOString(), limit: "500", after,
    });
    const told = await call<Page>("GET", `/api/log/events?${query}`);
    found.push(...told.events.filter((line) => wanted.has(line.event_id)));
    if (!told.next) break;
    after = told.next;
  }
  return found;
}

export function Evidence({ of }: { of: Finding }) {
  const m = t().misuse;
  const isGlass = of.rule === "breakglass_unreviewed";
  if (isGlass) return <Panel title={m.evidence} id="evidence-title"><Link to="breakglass" button>{m.toGlass}</Link></Panel>;
  return <Panel title={m.evidence} id="evidence-title"><p class="quiet-text">{m.evidenceLead}</p><Lines of={of} /></Panel>;
}

function Lines({ of }: { of: Finding }) {
  const loader = useLoader(() => linesOf(of), of.finding_id);
  const m = t().misuse;
  const words = (one: Line) => {
    const kind = String(one.payload.kind ?? "");
    return [m.tags[one.tag] ?? saysOf(one), m.kinds[kind] ?? kind].filter(Boolean).join(" · ");
  };
  const detail = (one: Line) => [one.payload.camera_id, one.payload.code, one.payload.reason].filter(Boolean).map(String).join(" · ");
  const columns: Column<Line>[] = [
    { id: "at", title: m.evidenceHead.at, value: (one) => one.at, cell: (one) => dayAndTime(one.at) },
    { id: "tag", title: m.evidenceHead.tag, value: words },
    { id: "incident", title: m.evidenceHead.incident, value: (one) => one.incident_id ?? "", cell: (one) => (one.incident_id ? <CopyId id={one.incident_id} what={m.evidenceHead.incident} /> : "—") },
    { id: "detail", title: m.evidenceHead.detail, value: detail },
  ];
  return (
    <Loaded of={loader}>
      {(lines) => (
        <>
          {lines.length > 0 && <DataTable caption={m.evidence} columns={columns} rows={lines} keyOf={(one) => one.event_id} start={{ id: "at", down: false }} isSearched={lines.length > 20} />}
          {lines.length < of.evidence.length && <p class="quiet-text">{m.evidenceGone(of.evidence.length - lines.length)}</p>}
        </>
      )}
    </Loaded>
  );
}
