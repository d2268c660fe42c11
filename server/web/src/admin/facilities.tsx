import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { call } from "../api";
import { dayAndTime } from "../clock";
import { lang } from "../lang";
import { Loaded, useLoader } from "../loaded";
import { createFacilityMap, signOf, type FacilityDot } from "../map-facilities";
import { inkOf } from "../map-ink";
import { t as cameras } from "../texts/cameras";
import { t } from "../texts/facilities";
import { theme } from "../theme";
import { ConfirmDialog } from "./kit/confirm";
import { Check, Choice, Form, Text, type Words } from "./kit/form";
import { Mark, Panel, SectionHead, type Tone } from "./kit/page";
import { DataTable, type Column } from "./kit/table";
import { tell } from "./kit/told";
import "../styles/map.css";
import "../styles/registry.css";

/** What the city publishes of safe places: a file is looked at, made public, taken back as a whole. */
type State = "preview" | "live" | "replaced";
interface Part { center_id: string; name_ko: string | null; name_en: string | null; state: State; count: number; by_kind: Record<string, number>; before: number }
interface LeftOut { line: number; ko: string; en: string; value: string; cure_ko: string; cure_en: string }
interface Report { rows: number; good: number; mended: number; refused: LeftOut[]; refused_by: Record<string, number> }
interface Import { import_id: string; source: string; file: string; made_at: string; report: Report; centers: Part[] }

const PATH = "/api/facilities/imports";
const SEND_MS = 120_000;
const TONE: Record<State, Tone> = { preview: "wait", live: "good", replaced: "calm" };
const SYSTEMS = ["EPSG:5186", "EPSG:5181", "EPSG:5174", "EPSG:5179", "EPSG:5187", "EPSG:5185", "EPSG:5183", "EPSG:3857"];
const number = (n: number) => n.toLocaleString("ko-KR");
const sum = (counts: Record<string, number>) => Object.values(counts).reduce((all, n) => all + n, 0);
const nameOf = (part: Part) => (lang.value === "ko" ? part.name_ko : part.name_en) || part.center_id;
const fetchAll = () => call<{ imports: Import[] }>("GET", PATH);

export default function Facilities() {
  const loader = useLoader(fetchAll, "facilities");
  return (
    <>
      <SectionHead title={t().title} lead={t().lead} />
      <NewFile again={loader.again} />
      <Loaded of={loader}>{(told) => <Files imports={told.imports} again={loader.again} />}</Loaded>
    </>
  );
}

function NewFile({ again }: { again: () => Promise<void> }) {
  const f = t();
  const file = useRef<HTMLInputElement>(null);
  const useless = useSignal<Report | null>(null);
  const chosen = useSignal("");
  const isMissing = useSignal(false);
  const send = async (words: Words) => {
    useless.value = null;
    const given = file.current?.files?.[0];
    isMissing.value = !given;
    if (!given) return;
    const asked = new URLSearchParams({ source: words.one("source") || "facilities", kind: words.one("kind"), system: words.one("system"), mend: String(words.is("mend")) });
    const told = await call<{ import: Import | null; report: Report }>("POST", `${PATH}?${asked}`, given, SEND_MS, { "content-type": "application/octet-stream", "x-file-name": encodeURIComponent(given.name) });
    if (told.import) tell(f.previewed(number(told.report.good)));
    else useless.value = told.report;
    await again();
  };
  return (
    <Panel title={f.newTitle} id="facilities-new">
      <Form send={f.send} onSend={send} label={f.newTitle}>
        <div class="field">
          <strong id="facilities-file-label">{f.file}</strong>
          <span class="row-buttons">
            <button type="button" aria-describedby="facilities-file-label facilities-file-help" onClick={() => file.current?.click()}>{f.pick}</button>
            <span>{chosen.value || f.notChosen}</span>
          </span>
          <input ref={file} type="file" hidden accept=".csv,.tsv,.txt,.xlsx,.xls" onChange={(event) => { chosen.value = event.currentTarget.files?.[0]?.name ?? ""; }} />
          <p class="help" id="facilities-file-help">{f.fileHelp}</p>
          {isMissing.value && <p class="trouble" role="alert">{f.choose}</p>}
        </div>
        <div class="fields-2">
          <Text name="source" label={f.source} help={f.sourceHelp} value="facilities" most={40} />
          <Choice name="kind" label={f.kind} blank={f.byRow} options={Object.entries(f.kinds)} />
          <Choice name="system" label={f.system} blank={f.systemAuto} options={SYSTEMS.map((one) => [one, one] as const)} />
        </div>
        <Check name="mend" label={f.mend} help={f.mendHelp} />
      </Form>
      {useless.value && <><p class="trouble" role="alert">{f.nothing}</p><LeftOutRows of={useless.value} isOpen /></>}
    </Panel>
  );
}

function Files({ imports, again }: { imports: Import[]; again: () => Promise<void> }) {
  const f = t();
  const shown = useSignal("");
  const asked = useSignal<{ what: "publish" | "remove"; of: Import } | null>(null);
  const stateOf = (one: Import): State => one.centers[0].state;
  const columns: Column<Import>[] = [
    { id: "source", title: f.head.source, value: (one) => one.source, cell: (one) => <><strong>{one.source}</strong><br /><small>{one.file} · {dayAndTime(one.made_at)}</small></> },
    { id: "centers", title: f.head.centers, value: (one) => one.centers.map(nameOf).join(", "), cell: (one) => <>{one.centers.map((part) => <Counts key={part.center_id} of={part} />)}</> },
    { id: "state", title: f.head.state, value: (one) => f.states[stateOf(one)], cell: (one) => <Mark tone={TONE[stateOf(one)]}>{f.states[stateOf(one)]}</Mark> },
    { id: "left", title: f.head.left, value: (one) => sum(one.report.refused_by), cell: (one) => <LeftOutRows of={one.report} /> },
    { id: "act", title: f.head.act, isAction: true, value: () => "", cell: (one) => (
      <span class="row-buttons">
        <button type="button" aria-pressed={shown.value === one.import_id} onClick={() => { shown.value = shown.value === one.import_id ? "" : one.import_id; }}>{shown.value === one.import_id ? f.hide : f.show}</button>
        {stateOf(one) === "preview" && <button type="button" class="primary" onClick={() => { asked.value = { what: "publish", of: one }; }}>{f.publish}</button>}
        <button type="button" onClick={() => { asked.value = { what: "remove", of: one }; }}>{stateOf(one) === "live" ? f.remove : f.discard}</button>
      </span>
    ) },
  ];
  const act = async () => {
    const { what, of } = asked.value!;
    await call(what === "publish" ? "POST" : "DELETE", what === "publish" ? `${PATH}/${of.import_id}/confirm` : `${PATH}/${of.import_id}`);
    tell(what === "publish" ? f.published : f.removed);
    if (what === "remove" && shown.value === of.import_id) shown.value = "";
    await again();
  };
  const isPublish = asked.value?.what === "publish";
  return (
    <Panel title={f.listTitle} id="facilities-files">
      <DataTable caption={f.listTitle} columns={columns} rows={imports} keyOf={(one) => one.import_id} isSearched={false} empty={<p>{f.none}</p>} />
      {shown.value && <Places key={shown.value} id={shown.value} />}
      {asked.value && (
        <ConfirmDialog title={isPublish ? f.publishTitle : f.removeTitle} action={isPublish ? f.publish : f.remove} tone={isPublish ? "primary" : "danger"} act={act}
          onDone={() => { asked.value = null; }} onCancel={() => { asked.value = null; }}>
          <p>{asked.value.of.source} · {asked.value.of.file}</p>
          <p>{isPublish ? f.publishHappens : f.removeHappens}</p>
        </ConfirmDialog>
      )}
    </Panel>
  );
}

function Counts({ of }: { of: Part }) {
  const f = t();
  const kinds = Object.entries(of.by_kind).map(([kind, n]) => `${f.kinds[kind] ?? kind} ${number(n)}`).join(" · ");
  return (
    <p>
      {nameOf(of)} <strong>{f.count(number(of.count))}</strong><br /><small>{kinds}</small>
      {of.state === "preview" && of.before > 0 && <><br /><small>{f.before(number(of.before))}</small></>}
    </p>
  );
}

function LeftOutRows({ of, isOpen = false }: { of: Report; isOpen?: boolean }) {
  const f = t();
  const all = sum(of.refused_by);
  if (all === 0) return <>0</>;
  const isKo = lang.value === "ko";
  return (
    <details open={isOpen}>
      <summary>{f.leftOut(number(all))}</summary>
      <ul>{of.refused.slice(0, 100).map((one) => <li key={one.line}>{f.line(one.line)}: {isKo ? one.ko : one.en}{one.value && ` (${one.value})`} — {isKo ? one.cure_ko : one.cure_en}</li>)}</ul>
      {all > 100 && <p>{f.more(number(all - Math.min(100, of.refused.length)))}</p>}
    </details>
  );
}

function Places({ id }: { id: string }) {
  const loader = useLoader(() => call<{ places: FacilityDot[]; of: number }>("GET", `${PATH}/${id}/places`), id);
  return <Loaded of={loader}>{(told) => <Drawn dots={told.places} of={told.of} />}</Loaded>;
}

function Sign({ kind }: { kind: string }) {
  const [glyph, color] = signOf(kind, inkOf(theme.value));
  return <span class="facility-sign" style={{ color }} aria-hidden="true">{glyph}</span>;
}

function Drawn({ dots, of }: { dots: FacilityDot[]; of: number }) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const map = createFacilityMap(element.current!, cameras().attribution);
    map.show(dots);
    return map.close;
  }, [dots]);
  const kinds = Object.keys(t().kinds).filter((kind) => dots.some((dot) => dot[0] === kind));
  return (
    <>
      <p class="quiet-text facility-legend">{kinds.map((kind) => <span key={kind}><Sign kind={kind} /> {t().kinds[kind]}</span>)} <span>{t().drawn(number(dots.length), number(of))}</span></p>
      <div class="map big-map"><div class="canvas" ref={element} role="group" aria-label={t().map} /></div>
    </>
  );
}
