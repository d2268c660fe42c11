import { signal } from "@preact/signals";
import { timeOfDay } from "../clock";
import { t } from "../texts/console";
import { o } from "../texts/desk-work";
import { sentences } from "../texts/timeline";
import { w } from "../texts/work";
import type { EventLine, IncidentCard } from "../wire";
import { cameras, isLoaded, me, standing, timeline } from "./seat";
import { correct } from "./work/note";
import { factsOf, viewerOf } from "./work/record-facts";

/** Lines that say the same of several cameras at the same moment, newest first: one line on the screen. */
const TOGETHER_MS = 3000;
type Together = EventLine[];

function together(lines: EventLine[]): Together[] {
  const groups: Together[] = [];
  for (const line of lines) {
    const group = groups.at(-1);
    if (group && line.payload.camera_id && isAlike(group[0], line, lines)) group.push(line);
    else groups.push([line]);
  }
  return groups;
}

function isAlike(a: EventLine, b: EventLine, all: EventLine[]): boolean {
  return a.tag === b.tag && a.actor.id === b.actor.id && a.payload.kind === b.payload.kind
    && a.payload.reason === b.payload.reason && viewerOf(a, all) === viewerOf(b, all) && Date.parse(a.at) - Date.parse(b.at) <= TOGETHER_MS;
}

const FILTERS = ["all", "people", "pictures", "dispatch"] as const;
type Filter = (typeof FILTERS)[number];
const filter = signal<Filter>("all");
const PICTURES = /^(release|camera|recording|evidence|sighting|analyser|video|breakglass):/;
const HELP = /^(dispatch|responder|traffic):|^incident:escalated$/;

function fits(line: EventLine, wanted: Filter): boolean {
  if (wanted === "pictures") return PICTURES.test(line.tag);
  if (wanted === "dispatch") return HELP.test(line.tag);
  return wanted === "all" || (line.actor.kind !== "system" && !line.tag.startsWith("release:"));
}

/** Who wrote the line, by shape: the system, staff, or those whom it is about. */
const isCaller = (line: EventLine) => ["person", "guardian"].includes(line.actor.kind);
const mark = (line: EventLine) => (line.actor.kind === "system" ? "·" : isCaller(line) ? "◆" : "●");
const kindOf = (line: EventLine) => (line.actor.kind === "system" ? "line" : `line by-person${isCaller(line) ? " by-caller" : ""}`);

/** What was shown to whom on which ground: the facts of a release, and the way to the audit record for who may read it. */
function Release({ line }: { line: EventLine }) {
  const r = o().record;
  const p = line.payload as Record<string, string | undefined>;
  const rows = [[r.kind, r.kinds[p.kind ?? ""] ?? p.kind], [r.basis, p.legal_basis], [r.purpose, p.reason], [r.address, p.address]].filter(([, value]) => value);
  return (
    <details class="more">
      <summary>{r.release}</summary>
      <dl>{rows.map(([name, value]) => <div key={name}><dt class="hidden-text">{name}</dt><dd>{name}: {value}</dd></div>)}</dl>
      {me.value?.permissions.includes("log.read") && p.release_id && <a href={`/admin/log#releases/${p.release_id}`}>{r.audit}</a>}
    </details>
  );
}

function Line({ group, card }: { group: Together; card: IncidentCard }) {
  const line = group[0];
  const known = { timeline: timeline.value, cameras: cameras.value, card };
  const isMyNote = line.tag === "incident:noted" && line.actor.id === me.value?.account_id;
  return (
    <li class={kindOf(line)} data-tag={line.tag} data-seq={line.seq} data-lines={group.length}>
      <span class="who-mark" aria-hidden="true">{mark(line)}</span>
      <time dateTime={line.at}>{timeOfDay(line.at)}</time>
      <span>{sentences()[line.tag]?.(factsOf(group, known)) ?? line.tag}</span>
      {isMyNote && <button type="button" class="quiet" title={w().note.correctHint} onClick={() => correct(card.incident_id, w().note.correction(timeOfDay(line.at)))}>{w().note.correct}</button>}
      {line.tag === "release:granted" && <Release line={line} />}
    </li>
  );
}

/** Append-only, newest first; lines made by people look different from the automatic ones. */
export function Timeline() {
  const card = standing.value;
  if (!card) return null;
  const all = timeline.value;
  const groups = together(all.filter((line) => fits(line, filter.value)));
  const isEmpty = groups.length === 0;
  return (
    <section class="timeline" aria-labelledby="timeline-head">
      <div class="head">
        <h3 id="timeline-head">{t().timeline.head}</h3>
        <span class="record-filter" role="group" aria-label={o().record.filter}>
          {FILTERS.map((one) => <button type="button" key={one} aria-pressed={filter.value === one} onClick={() => { filter.value = one; }}>{o().record[one]}</button>)}
        </span>
      </div>
      {isEmpty && <p class="quiet-text">{!isLoaded.value ? t().timeline.loading : all.length > 0 ? o().record.none : t().timeline.empty}</p>}
      <ol>{groups.map((group) => <Line key={group[0].event_id} group={group} card={card} />)}</ol>
    </section>
  );
}
