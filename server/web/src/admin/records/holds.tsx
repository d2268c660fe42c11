import { useSignal } from "@preact/signals";
import { call } from "../../api";
import { dayAndTime, now } from "../../clock";
import { Dialog } from "../../dialog";
import { Loaded, useLoader } from "../../loaded";
import { t } from "../../texts/retention";
import { go, item } from "../address";
import { endsWithin } from "../attention";
import { centerName, loadCenters } from "../house";
import { ConfirmDialog } from "../kit/confirm";
import { CopyId } from "../kit/copy";
import { Area, Choice, Form, instant, Text, type Words } from "../kit/form";
import { Icon } from "../kit/icons";
import { Link } from "../kit/link";
import { Mark, Panel, SectionHead } from "../kit/page";
import { DataTable, type Column } from "../kit/table";
import { tell } from "../kit/told";
import { may } from "../session";
import { isId } from "./asked";
import type { Hold, Holds as Told, Preview } from "./wire";
import { inLanguage } from "./words";

const DAY_MS = 24 * 3600_000;

async function load(ended: boolean): Promise<Told> {
  const [told] = await Promise.all([call<Told>("GET", `/api/holds?ended=${String(ended)}`), loadCenters()]);
  return told;
}

/** Legal holds (법적 보전). `#new` places one, `#new/<incident>` one of that incident. */
export default function Holds() {
  const shown = useSignal<"now" | "ended">("now");
  const ending = useSignal<Hold | null>(null);
  const loader = useLoader(() => load(shown.value === "ended"), shown.value);
  const [what, incident = ""] = item.value.split("/");
  const h = t().holds;
  return (
    <Loaded of={loader}>
      {(told) => (
        <>
          <SectionHead title={h.title} lead={h.lead}><button type="button" class="primary" onClick={() => go("holds", "new")}><Icon name="plus" /> {h.new}</button></SectionHead>
          <p class="banner" role="status" data-held={told.incidents_held_now}>{h.held(told.incidents_held_now)}</p>
          <DataTable caption={h.title} columns={columnsOf(told, (one) => { ending.value = one; })} rows={told.holds} keyOf={(one) => one.hold_id}
            empty={<><p>{shown.value === "ended" ? h.emptyEnded : h.empty}</p><p>{h.hint}</p></>}
            filters={<label>{h.show} <select value={shown.value} onChange={(event) => { shown.value = event.currentTarget.value as "now"; }}>{Object.entries(h.states).map(([code, words]) => <option key={code} value={code}>{words}</option>)}</select></label>} />
          {may("retention.manage") && <Keeps key={told.incidents_held_now} />}
          {what === "new" && <Place told={told} incident={isId(incident) ? incident : ""} onDone={loader.again} />}
          {ending.value && <End one={ending.value} onClose={() => { ending.value = null; }} onDone={loader.again} />}
        </>
      )}
    </Loaded>
  );
}

function columnsOf(told: Told, onEnd: (one: Hold) => void): Column<Hold>[] {
  const [h, head] = [t().holds, t().holds.head];
  const left = (one: Hold) => Math.max(0, Math.ceil((Date.parse(one.until) - now.peek()) / DAY_MS));
  return [
    { id: "subject", title: head.subject, value: (one) => one.incident_id ?? one.person_ref, cell: (one) => <>{one.incident_id ? h.incident : h.person} <CopyId id={one.incident_id ?? one.person_ref ?? ""} what={head.subject} /></> },
    { id: "center", title: head.center, value: (one) => centerName(one.center) },
    { id: "basis", title: head.basis, value: (one) => (told.bases[one.basis] ? inLanguage(told.bases[one.basis]) : one.basis) },
    { id: "reason", title: head.reason, value: (one) => one.reason },
    { id: "placed", title: head.placed, value: (one) => one.placed_at, cell: (one) => dayAndTime(one.placed_at) },
    { id: "until", title: head.until, value: (one) => one.ended_at ?? one.until, cell: (one) => dayAndTime(one.ended_at ?? one.until) },
    { id: "left", title: head.left, value: (one) => (one.ended_at ? null : left(one)), isNumber: true, cell: (one) => (one.ended_at ? "—" : endsWithin(one.until) ? <Mark tone="wait">{h.inDays(left(one))}</Mark> : h.inDays(left(one))) },
    {
      id: "act", title: head.act, value: () => "", isAction: true,
      cell: (one) => <span class="row-buttons">{one.incident_id && may("log.read") && <Link to="events" item={`incident/${one.incident_id}`} button>{h.log}</Link>}{!one.ended_at && <button type="button" onClick={() => onEnd(one)}>{h.end}</button>}</span>,
    },
  ];
}

/** What is past its retention and stays because of holds. */
function Keeps() {
  const h = t().holds;
  const loader = useLoader(() => call<Preview>("GET", "/api/retention/preview?days=1", undefined, 60_000), "keeps");
  return (
    <div class="below"><Panel title={h.keeps} id="keeps-title">
      <p class="quiet-text">{h.keepsLead}</p>
      <Loaded of={loader}>
        {(told) => {
          const kinds = told.kinds.filter((one) => one.held > 0);
          if (kinds.length === 0) return <p>{h.keepsNone}</p>;
          return <DataTable caption={h.keeps} rows={kinds} keyOf={(one) => one.kind} isSearched={false} columns={[{ id: "what", title: h.keepsHead.what, value: (one) => inLanguage(one.what) }, { id: "n", title: h.keepsHead.n, value: (one) => one.held, isNumber: true }]} />;
        }}
      </Loaded>
    </Panel></div>
  );
}

function Place({ told, incident, onDone }: { told: Told; incident: string; onDone: () => Promise<void> }) {
  const h = t().holds;
  const by = useSignal<"incident" | "person">("incident");
  const check = (words: Words): Record<string, string> => ({
    ...(by.value === "incident" && !isId(words.one("incident_id")) ? { incident_id: h.badId } : {}),
    ...(words.one("reason") && words.one("reason").length < 5 ? { reason: h.reasonHelp } : {}),
  });
  const send = async (words: Words) => {
    const subject = by.value === "incident" ? { incident_id: words.one("incident_id") } : { person_ref: words.one("person_ref") };
    const made = await call<{ incidents_held_now: number }>("POST", "/api/holds", { ...subject, basis: words.one("basis"), until: instant(words.one("until")), reason: words.one("reason") });
    tell(h.placed(made.incidents_held_now));
    go("holds");
    await onDone();
  };
  return (
    <Dialog title={h.newTitle} onClose={() => go("holds")}>
      <Form send={h.send} onSend={send} onCancel={() => go("holds")} check={check}
        fieldOfCode={{ unknown_incident: "incident_id", unknown_person: "person_ref", several_centers: "person_ref", until_is_over: "until", until_too_far: "until", unknown_basis: "basis" }}>
        <Choice name="by" label={h.subjectIs} options={[["incident", h.byIncident], ["person", h.byPerson]]} value={by.value} onChange={(to) => { by.value = to as "incident"; }} />
        {by.value === "incident"
          ? <Text name="incident_id" label={h.incidentId} help={h.incidentHelp} value={incident} most={36} needed />
          : <Text name="person_ref" label={h.personRef} help={h.personHelp} most={80} needed />}
        <Choice name="basis" label={h.basis} options={Object.entries(told.bases).map(([code, names]) => [code, inLanguage(names)] as const)} needed />
        <Text name="until" label={h.until} help={h.untilHelp} type="datetime-local" needed />
        <Area name="reason" label={h.reason} help={h.reasonHelp} rows={3} most={2000} needed />
      </Form>
    </Dialog>
  );
}

function End({ one, onClose, onDone }: { one: Hold; onClose: () => void; onDone: () => Promise<void> }) {
  const h = t().holds;
  return (
    <ConfirmDialog title={h.endTitle} action={h.end} reason={{ least: 5 }} onCancel={onClose} onDone={onClose}
      act={async (words) => { await call("DELETE", `/api/holds/${one.hold_id}`, { reason: words.one("reason") }); tell(h.ended); await onDone(); }}>
      <p>{h.endHappens}</p>
    </ConfirmDialog>
  );
}
