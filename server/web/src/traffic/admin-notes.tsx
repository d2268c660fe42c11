import { useSignal } from "@preact/signals";
import { call } from "../api";
import { centerName, loadCenters } from "../admin/house";
import { Area, Choice, Form, Text, type Words } from "../admin/kit/form";
import { SectionHead } from "../admin/kit/page";
import { DataTable, type Column } from "../admin/kit/table";
import { tell } from "../admin/kit/told";
import { dayAndTime, now } from "../clock";
import { Dialog } from "../dialog";
import { Loaded, useLoader } from "../loaded";
import { tr } from "../texts/traffic";
import { NoteIcon } from "./icons";
import { dayOf, endOfDay, KINDS, RADII, readPlace } from "./note-sheet";
import type { AccessNote } from "../wire";
import "../styles/traffic.css";

/** Looking after the access notes of one's centers: where, what kind, until when. What they say is not listed. */
type Listed = Omit<AccessNote, "text" | "by" | "distance_m">;
const YEAR_MS = 365 * 86_400_000;

async function fetchAll(): Promise<Listed[]> {
  const [told] = await Promise.all([call<{ access_notes: Listed[] }>("GET", "/api/access_notes"), loadCenters()]);
  return told.access_notes;
}

function NoteForm({ note, onDone, onCancel }: { note: Listed | null; onDone: () => void; onCancel: () => void }) {
  const n = tr().notes;
  const send = async (words: Words) => {
    const text = words.one("text").trim();
    const body = { kind: words.one("kind"), radius_m: Number(words.one("radius_m")), valid_until: endOfDay(words.one("valid_until")), ...(text ? { text } : {}) };
    if (note) await call("PUT", `/api/access_notes/${note.access_note_id}`, body);
    else await call("POST", "/api/access_notes", { ...body, ...readPlace(words.one("place")) });
    tell(n.saved);
    onDone();
  };
  const check = (words: Words): Record<string, string> => (!note && words.one("place") && !readPlace(words.one("place")) ? { place: n.badPlace } : {});
  const radii = [...new Set([...RADII, note?.radius_m ?? 60])].sort((a, b) => a - b);
  return (
    <Form send={n.save} onSend={send} onCancel={onCancel} check={check} alias={{ lat: "place", lon: "place" }} fieldOfCode={{ other_center: "place", no_boundaries: "place" }}>
      <Choice name="kind" label={n.kind} options={KINDS.map((one) => [one, n.kinds[one]] as const)} value={note?.kind ?? ""} needed />
      <Area name="text" label={n.text} help={note ? `${n.textHint} ${n.keep}` : n.textHint} rows={3} most={500} needed={!note} />
      {!note && <Text name="place" label={n.place} needed />}
      <Choice name="radius_m" label={n.radius} options={radii.map((one) => [String(one), n.metres(one)] as const)} value={String(note?.radius_m ?? 60)} needed />
      <Text name="valid_until" type="date" label={n.validUntil} value={note ? note.valid_until.slice(0, 10) : dayOf(now.peek() + YEAR_MS)} needed />
    </Form>
  );
}

export default function AccessNotesSection() {
  const loader = useLoader(fetchAll, "access-notes");
  const open = useSignal<Listed | "new" | null>(null);
  const n = tr().notes;
  const end = async (one: Listed) => {
    await call("DELETE", `/api/access_notes/${one.access_note_id}`);
    tell(n.ended, async () => { await call("POST", `/api/access_notes/${one.access_note_id}/restore`, {}); await loader.again(); });
    await loader.again();
  };
  const columns: Column<Listed>[] = [
    { id: "kind", title: n.columns.kind, value: (one) => n.kinds[one.kind] ?? one.kind, cell: (one) => <span class="access-kind"><NoteIcon kind={one.kind} /> {n.kinds[one.kind] ?? one.kind}</span> },
    { id: "place", title: n.columns.place, value: (one) => `${centerName(one.center)} ${one.lat.toFixed(5)}, ${one.lon.toFixed(5)}` },
    { id: "radius", title: n.columns.radius, value: (one) => one.radius_m, cell: (one) => n.metres(one.radius_m) },
    { id: "until", title: n.columns.until, value: (one) => one.valid_until, cell: (one) => dayAndTime(one.valid_until) },
    { id: "made", title: n.columns.made, value: (one) => one.made_at, cell: (one) => dayAndTime(one.made_at) },
    {
      id: "act", isAction: true, title: n.columns.act, value: () => "",
      cell: (one) => <><button type="button" onClick={() => { open.value = one; }}>{n.edit}</button> <button type="button" class="quiet" onClick={() => void end(one)}>{n.end}</button></>,
    },
  ];
  return (
    <>
      <SectionHead title={n.section} lead={n.sectionLead}><button type="button" class="primary" onClick={() => { open.value = "new"; }}>{n.add}</button></SectionHead>
      <Loaded of={loader} isEmpty={(list) => list.length === 0} empty={<p>{n.empty}</p>}>
        {(list) => <DataTable caption={n.section} columns={columns} rows={list} keyOf={(one) => one.access_note_id} start={{ id: "until", down: false }} />}
      </Loaded>
      {open.value && (
        <Dialog title={open.value === "new" ? n.title : n.editTitle} onClose={() => { open.value = null; }} isWide>
          <NoteForm note={open.value === "new" ? null : open.value} onCancel={() => { open.value = null; }} onDone={() => { open.value = null; void loader.again(); }} />
        </Dialog>
      )}
    </>
  );
}
