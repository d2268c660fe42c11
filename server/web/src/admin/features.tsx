import { useSignal } from "@preact/signals";
import { call } from "../api";
import { dayAndTime } from "../clock";
import { Dialog } from "../dialog";
import { lang } from "../lang";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/operation";
import { centerName, centers, loadCenters } from "./house";
import { Area, Choice, Form, instant, Text, type Words } from "./kit/form";
import { Mark, SectionHead, type Tone } from "./kit/page";
import { DataTable, type Column } from "./kit/table";
import { tell } from "./kit/told";
import type { Features as Told, FlagLine, FlagState } from "./wire";

type Feature = Told["features"][number];
const EVERYWHERE = "*";
const STATES: readonly FlagState[] = ["off", "pilot", "on"];
const TONE: Record<FlagState, Tone> = { off: "calm", pilot: "wait", on: "good" };
const nameOf = (one: Feature) => (lang.value === "ko" ? one.ko : one.en);
const whose = (code: string) => (code === EVERYWHERE ? t().features.everywhere : centerName(code));

async function fetchAll(): Promise<Told> {
  const [told] = await Promise.all([call<Told>("GET", "/api/flags"), loadCenters()]);
  return told;
}

/** Which functions a center has switched on, from when to when. */
export default function Features() {
  const loader = useLoader(fetchAll, "features");
  const chosen = useSignal<string | null>(null);
  const f = t().features;
  const columns: Column<Feature>[] = [
    { id: "name", title: f.head.name, value: nameOf },
    { id: "now", title: f.head.now, value: (one) => summary(one).map(([state, n]) => `${state}${n}`).join(), cell: (one) => <Now of={one} /> },
    { id: "rows", title: f.history, value: (one) => one.rows.length, isNumber: true },
    { id: "act", isAction: true, title: f.change, value: () => "", cell: (one) => <button type="button" onClick={() => { chosen.value = one.name; }}>{f.change}</button> },
  ];
  return (
    <>
      <SectionHead title={f.title} lead={f.lead} />
      <Loaded of={loader}>
        {(told) => {
          const open = told.features.find((one) => one.name === chosen.value);
          return (
            <>
              <DataTable caption={f.title} columns={columns} rows={told.features} keyOf={(one) => one.name} isSearched={false} />
              {open && <Change of={open} mayEverywhere={told.may_set_everywhere} onChange={loader.again} onClose={() => { chosen.value = null; }} />}
            </>
          );
        }}
      </Loaded>
    </>
  );
}

function summary(one: Feature): [FlagState, number][] {
  return STATES.map((state): [FlagState, number] => [state, Object.values(one.centers).filter((held) => held === state).length]).filter(([, n]) => n > 0);
}

function Now({ of }: { of: Feature }) {
  const parts = summary(of);
  const isOne = parts.length === 1;
  return <span class="row-buttons">{parts.map(([state, n]) => <Mark key={state} tone={TONE[state]}>{isOne ? t().features.states[state] : t().features.sum(n, t().features.states[state])}</Mark>)}</span>;
}

function Change({ of, mayEverywhere, onChange, onClose }: { of: Feature; mayEverywhere: boolean; onChange: () => Promise<void>; onClose: () => void }) {
  const f = t().features;
  const state = useSignal("");
  const options: [string, string][] = [...(mayEverywhere ? [[EVERYWHERE, f.everywhere] as [string, string]] : []), ...centers.value.filter((one) => one.code in of.centers).map((one): [string, string] => [one.code, centerName(one.code)])];
  const send = async (words: Words) => {
    await call("PUT", "/api/flags", {
      name: of.name, center: words.one("center"), state: words.one("state"), from: instant(words.one("from")), until: instant(words.one("until")), note: words.one("note"),
    });
    tell(f.saved);
    await onChange();
    onClose();
  };
  return (
    <Dialog title={f.changeTitle(nameOf(of))} onClose={onClose} isWide>
      <Form send={f.save} onSend={send} onCancel={onClose}>
        <div class="fields-2">
          <Choice name="center" label={f.center} options={options} value={options.length === 1 ? options[0]![0] : ""} needed />
          <Choice name="state" label={f.state} options={STATES.map((one) => [one, f.states[one]])} onChange={(to) => { state.value = to; }} needed />
          <Text name="from" type="datetime-local" label={f.from} help={f.fromHelp} />
          <Text name="until" type="datetime-local" label={f.until} help={f.untilHelp} />
        </div>
        <Area name="note" label={f.note} help={f.noteHelp} rows={2} most={500} />
        {state.value === "off" && <p class="banner">{f.happensOff}</p>}
      </Form>
      <h3>{f.history}</h3>
      {of.rows.length === 0 ? <p class="quiet-text">{f.byDefault}</p> : <Lines rows={of.rows} />}
    </Dialog>
  );
}

function Lines({ rows }: { rows: FlagLine[] }) {
  const f = t().features;
  const columns: Column<FlagLine>[] = [
    { id: "center", title: f.historyHead.center, value: (one) => whose(one.center) },
    { id: "state", title: f.historyHead.state, value: (one) => f.states[one.state], cell: (one) => <Mark tone={TONE[one.state]}>{f.states[one.state]}</Mark> },
    { id: "from", title: f.historyHead.from, value: (one) => one.from, cell: (one) => dayAndTime(one.from) },
    { id: "until", title: f.historyHead.until, value: (one) => one.until ?? "", cell: (one) => (one.until ? dayAndTime(one.until) : f.open) },
    { id: "at", title: f.historyHead.at, value: (one) => one.at, cell: (one) => dayAndTime(one.at) },
  ];
  return <DataTable caption={f.history} columns={columns} rows={rows} keyOf={(one) => `${one.center} ${one.from}`} start={{ id: "from", down: true }} isSearched={false} />;
}
