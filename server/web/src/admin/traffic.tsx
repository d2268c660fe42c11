import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call } from "../api";
import { toMinute } from "../clock";
import { lang } from "../lang";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/operation";
import { kindName } from "./agencies";
import { centerName, loadCenters } from "./house";
import { ConfirmDialog } from "./kit/confirm";
import { Check, type Words } from "./kit/form";
import { Icon } from "./kit/icons";
import { Mark, SectionHead } from "./kit/page";
import { DataTable, type Column } from "./kit/table";
import { tell } from "./kit/told";
import { TrafficMap } from "../traffic/admin-map";
import { me } from "./session";
import type { TrafficIncident } from "./wire";

/** Each look is a row of the release log for each area: often enough to follow help, seldom enough to read the log. */
const EVERY_MS = 60_000;
const DECIMALS = 4;

async function fetchAll(): Promise<TrafficIncident[]> {
  const [told] = await Promise.all([call<{ incidents: TrafficIncident[] }>("GET", "/api/traffic/incidents"), loadCenters()]);
  return told.incidents;
}

/** Where help is on its way, for the people who keep roads free; each look is on the release log. */
export default function Traffic() {
  const loader = useLoader(fetchAll, "traffic");
  const asked = useSignal<TrafficIncident | null>(null);
  const w = t().traffic;
  useEffect(() => {
    const timer = setInterval(() => { if (document.visibilityState === "visible") void loader.again(); }, EVERY_MS);
    return () => clearInterval(timer);
  }, [loader]);
  const act = async (words: Words) => {
    await call("POST", `/api/incidents/${asked.value!.incident_id}/traffic`, { text: words.one("reason"), blocked: words.is("blocked") });
    tell(w.added);
    await loader.again();
  };
  return (
    <>
      <SectionHead title={w.title} lead={`${w.lead} ${w.live}`}><button type="button" onClick={() => void loader.again()}><Icon name="again" /> {t().refresh}</button></SectionHead>
      <Loaded of={loader} isEmpty={(list) => list.length === 0} empty={<p>{w.empty}</p>}>
        {(list) => <DataTable caption={w.title} columns={columns((one) => { asked.value = one; })} rows={list} keyOf={(one) => one.incident_id} isSearched={list.length > 10} />}
      </Loaded>
      <TrafficMap center={me.value?.map ?? { lat: 37.39, lon: 126.95, zoom: 12 }} />
      {asked.value && (
        <ConfirmDialog title={w.addTitle} action={w.add} tone="primary" reason={{ label: w.text, help: w.textHelp }} act={act} onDone={() => { asked.value = null; }} onCancel={() => { asked.value = null; }}>
          <p>{w.addHappens}</p>
          <Check name="blocked" label={w.blocked} />
        </ConfirmDialog>
      )}
    </>
  );
}

function columns(onAdd: (one: TrafficIncident) => void): Column<TrafficIncident>[] {
  const w = t().traffic;
  const kind = (one: TrafficIncident) => (lang.value === "ko" ? one.kind.ko : one.kind.en);
  const area = (one: TrafficIncident) => (one.area ? w.area(one.area.lat.toFixed(DECIMALS), one.area.lon.toFixed(DECIMALS), one.area.side_m) : w.noArea);
  return [
    { id: "kind", title: w.head.kind, value: kind },
    { id: "center", title: w.head.center, value: (one) => centerName(one.center) },
    { id: "area", title: w.head.area, value: area },
    {
      id: "units", title: w.head.units, value: (one) => one.units.length,
      cell: (one) => <ul>{one.units.map((unit) => <li key={unit.agency}>{kindName(unit.agency)} · {w.states[unit.state] ?? unit.state}{unit.eta_at && ` · ${w.eta(toMinute(unit.eta_at))}`}</li>)}</ul>,
    },
    {
      id: "notes", title: w.head.notes, value: (one) => one.notes.map((note) => note.text).join(" "),
      cell: (one) => (one.notes.length ? <ul>{one.notes.map((note) => <li key={note.at}>{toMinute(note.at)} {note.text} {note.blocked && <Mark tone="bad">{w.blockedMark}</Mark>}</li>)}</ul> : "—"),
    },
    { id: "act", isAction: true, title: w.head.act, value: () => "", cell: (one) => <button type="button" onClick={() => onAdd(one)}>{w.add}</button> },
  ];
}
