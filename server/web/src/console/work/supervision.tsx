import { useComputed } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call } from "../../api";
import { secondsSince, stopwatch, timeOfDay } from "../../clock";
import { Dialog } from "../../dialog";
import { Loaded, type Loader, useLoader } from "../../loaded";
import { o } from "../../texts/desk-work";
import { w } from "../../texts/work";
import { callerWords } from "../facts";
import { feed, me, select, sheet } from "../seat";
import { around } from "../seats";
import { codes, loadCodes, nameOf } from "./codes";
import type { Colleague } from "./hand-over";
import { Quarantine } from "./quarantine";

/** The shift leader's view: who has how much, what nobody has, what stands still, what came too late. */
interface Line { incident_id: string; center: string; type: string; state: string; owner: string | null; since: string; reminders: number; escalation_level: number; is_drill: boolean }
interface Supervision {
  operators: Colleague[]; unowned: Line[]; idle: Line[];
  targets: { contact_s: number; view_s: number; classify_s: number; idle_s: number; cameras: number; missed_this_hour: number };
  video_requests_unanswered: number; now: string;
}
const AGAIN_MS = 5000;

function Operators({ data }: { data: Supervision }) {
  const l = o().lead;
  if (data.operators.length === 0) return <p class="quiet-text">{l.none}</p>;
  const sound = (id: string) => {
    const seats = around.value?.seats.filter((one) => one.account_id === id && one.kind === "console" && one.lost_at === null) ?? [];
    return [...new Set(seats.map((seat) => l.sounds[seat.sound] ?? seat.sound))].join(", ") || "—";
  };
  const state = (one: Colleague) => (!one.signed_in ? l.away : one.on_shift_since ? l.here : l.noShift);
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={l.operators}>
      <table>
        <thead><tr>{[l.name, l.state, l.since, l.incidents, l.cameras, l.load, l.sound].map((name) => <th key={name} scope="col">{name}</th>)}</tr></thead>
        <tbody>
          {data.operators.map((one) => (
            <tr key={one.account_id} data-operator={one.account_id} class={one.over_norm ? "warn" : ""}>
              <td>{one.name}</td><td class={one.signed_in ? "" : "warn"}>{state(one)}</td><td class="timer">{one.on_shift_since ? timeOfDay(one.on_shift_since) : "—"}</td>
              <td class="timer">{one.incidents.length}</td><td class="timer">{one.cameras}</td>
              <td><meter class="load" min={0} max={1.5} high={1} optimum={0.3} value={one.load} aria-label={`${one.name} ${l.load}`} /> <span class="timer">{Math.round(one.load * 100)} %</span>{one.over_norm && ` · ${l.over}`}</td>
              <td>{sound(one.account_id)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="quiet-text">{l.norm(data.targets.cameras)}</p>
    </div>
  );
}

function Since({ at }: { at: string }) {
  const seconds = useComputed(() => secondsSince(at));
  return <span class="timer" aria-hidden="true">{o().lead.waited(stopwatch(seconds.value))}</span>;
}

function Row({ line, people }: { line: Line; people: Colleague[] }) {
  const l = o().lead;
  const card = feed.card(line.incident_id);
  const owner = people.find((one) => one.account_id === line.owner)?.name ?? "";
  const go = (next: typeof sheet.value) => { select(line.incident_id); sheet.value = next; };
  return (
    <li data-incident-line={line.incident_id}>
      <span><strong>{card ? callerWords(card) : nameOf(codes.value?.types, line.type)}</strong> {owner} <Since at={line.since} /> {line.escalation_level > 0 && l.level(line.escalation_level)}</span>
      <span class="row">
        <button type="button" onClick={() => go(null)}>{l.show}</button>
        {line.owner && <button type="button" disabled={!card} onClick={() => go({ kind: "hand_over" })}>{l.reassign}</button>}
        {line.owner && line.owner !== me.value?.account_id && <button type="button" disabled={!card} onClick={() => go({ kind: "reason", command: "take_over" })}>{l.takeOver}</button>}
      </span>
    </li>
  );
}

function Lines({ head, lines, none, people }: { head: string; lines: Line[]; none: string; people: Colleague[] }) {
  return (
    <section class="lead-lines">
      <h3>{head} <span class="badge">{lines.length}</span></h3>
      {lines.length === 0 ? <p class="quiet-text">{none}</p> : <ul>{lines.map((line) => <Row key={line.incident_id} line={line} people={people} />)}</ul>}
    </section>
  );
}

function Body({ data }: { data: Supervision }) {
  const l = o().lead;
  return (
    <>
      <div class="lead-numbers">
        <p data-missed><strong class="timer">{data.targets.missed_this_hour}</strong> {l.missed}</p>
        <p><strong class="timer">{data.video_requests_unanswered}</strong> {l.requests}</p>
      </div>
      <h3>{l.operators}</h3>
      <Operators data={data} />
      <div class="lead-two">
        <Lines head={l.unowned} lines={data.unowned} none={l.noUnowned} people={data.operators} />
        <Lines head={l.idle} lines={data.idle} none={l.noIdle} people={data.operators} />
      </div>
    </>
  );
}

function useAgain<T>(loader: Loader<T>): void {
  useEffect(() => {
    const timer = window.setInterval(() => void loader.again(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [loader]);
}

export function SupervisionSheet({ onClose }: { onClose: () => void }) {
  const l = o().lead;
  const loader = useLoader(() => call<Supervision>("GET", "/api/supervision"));
  useAgain(loader);
  useEffect(() => void loadCodes(), []);
  return (
    <Dialog title={l.title} onClose={onClose} isWide>
      <p class="quiet-text">{l.every}</p>
      <Loaded of={loader}>{(data) => <Body data={data} />}</Loaded>
      <Quarantine />
      <div class="sheet-buttons">
        <button type="button" onClick={() => { sheet.value = { kind: "exercise" }; }}>{l.exercise}</button>
        <button type="button" onClick={() => { sheet.value = { kind: "glass" }; }}>{o().glass.button}</button>
        <button type="button" class="primary" autofocus onClick={onClose}>{w().closeWord} <kbd aria-hidden="true">Esc</kbd></button>
      </div>
    </Dialog>
  );
}
