import { named } from "../lang";
import { timeOfDay } from "../clock";
import { t } from "../texts/console";
import { l } from "../texts/links";
import { actorWords, people, sentences, type LineFacts } from "../texts/timeline";
import type { CameraChoice, EventLine, IncidentCard } from "../wire";
import { detail } from "./seat";

const text = (value: unknown) => (typeof value === "string" || typeof value === "number" ? String(value) : "");

/** Lines that say the same of several cameras at the same moment, newest first: one line on the screen. */
const TOGETHER_MS = 3000;
type Together = EventLine[];

function together(lines: EventLine[]): Together[] {
  const groups: Together[] = [];
  for (const line of lines) {
    const group = groups.at(-1);
    if (group && line.payload.camera_id && isAlike(group[0], line)) group.push(line);
    else groups.push([line]);
  }
  return groups;
}

function isAlike(a: EventLine, b: EventLine): boolean {
  return a.tag === b.tag && a.actor.id === b.actor.id && a.payload.kind === b.payload.kind
    && a.payload.reason === b.payload.reason && viewerOf(a) === viewerOf(b) && Date.parse(a.at) - Date.parse(b.at) <= TOGETHER_MS;
}

/** Who a release is for: its grant says so, its later lines are the system's. */
function viewerOf(line: EventLine): string {
  if (!line.payload.release_id) return "";
  const granted = detail.value?.timeline.find((one) => one.tag === "release:granted" && one.payload.release_id === line.payload.release_id);
  return granted?.actor.name ?? "";
}

/** A line that names everybody who was shown a place: [release, incident, viewer, address] of each. */
function shownTo(places: unknown): string {
  const count = Array.isArray(places) ? new Set(places.map((one) => String((one as unknown[])[2]))).size : 0;
  return count > 1 ? people()(count) : "";
}

/** Names behind the ids of the payloads; what they lack is simply not said. */
function factsOf(group: Together, card: IncidentCard): LineFacts {
  const line = group[0];
  const p = line.payload;
  const dispatch = card.dispatches.find((d) => d.dispatch_id === p.dispatch_id || d.agency.agency_id === p.agency_id);
  const cameras = detail.value?.cameras ?? [];
  const cameraName = (id: unknown) => cameras.find((camera) => camera.camera_id === id)?.name ?? text(id);
  const listed = (Array.isArray(p.cameras) ? p.cameras : Array.isArray(p.camera_ids) ? p.camera_ids : []) as unknown[];
  const named_ = listed.map((c) => (typeof c === "object" && c !== null ? text((c as CameraChoice).name) : cameraName(c)));
  const asked = group.map((one) => one.payload.camera_id).filter(Boolean).map(cameraName);
  return {
    actor: shownTo(p.places) || viewerOf(line) || (line.actor.kind === "system" ? actorWords().system : line.actor.name || actorWords()[line.actor.kind] || line.actor.kind),
    agency: dispatch ? named(dispatch.agency) : text(p.agency_id),
    camera: [...new Set(asked.length > 0 ? asked : named_)].sort().join(", "),
    what: p.kind === "position" ? "position" : "picture",
    text: text(p.text),
    reason: t().disposition[text(p.disposition)] ?? t().endReason[text(p.reason ?? p.code)] ?? text(p.reason ?? p.code),
    receiptNo: text(p.receipt_no),
    center: named({ name_ko: text(p.to_name_ko), name_en: text(p.to_name_en) }) || text(p.to),
    level: Number(p.level ?? 1),
    again: Number(p.again ?? 0) || 0,
    kind: l().kind[text(p.kind)] ?? (p.kind_ko ? named({ name_ko: text(p.kind_ko), name_en: text(p.kind_en) }) : ""),
    step: text(p.step),
  };
}

/** Append-only, newest first; lines made by people look different from the automatic ones. */
export function Timeline({ card }: { card: IncidentCard }) {
  const lines = together(detail.value?.timeline ?? []);
  return (
    <section class="timeline" aria-labelledby="timeline-head">
      <h3 id="timeline-head">{t().timeline.head}</h3>
      {lines.length === 0 && <p class="quiet-text">{detail.value?.loaded ? t().timeline.empty : t().timeline.loading}</p>}
      <ol>
        {lines.map((group) => {
          const line = group[0];
          return (
            <li key={line.event_id} class={line.actor.kind === "system" ? "line" : "line by-person"} data-tag={line.tag} data-seq={line.seq} data-lines={group.length}>
              <time dateTime={line.at}>{timeOfDay(line.at)}</time>
              <span>{sentences()[line.tag]?.(factsOf(group, card)) ?? line.tag}</span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
