import { named } from "../lang";
import { timeOfDay } from "../clock";
import { t } from "../texts/console";
import { actorWords, sentences, type LineFacts } from "../texts/timeline";
import type { EventLine, IncidentCard } from "../wire";
import { detail } from "./seat";

const text = (value: unknown) => (typeof value === "string" || typeof value === "number" ? String(value) : "");

/** Names behind the ids of a payload; what a payload lacks is simply not said. */
function factsOf(line: EventLine, card: IncidentCard): LineFacts {
  const p = line.payload;
  const dispatch = card.dispatches.find((d) => d.dispatch_id === p.dispatch_id || d.agency.agency_id === p.agency_id || d.agency.kind === p.agency);
  const cameras = detail.value?.cameras ?? [];
  const cameraName = (id: unknown) => cameras.find((camera) => camera.camera_id === id)?.name ?? text(id);
  const many = Array.isArray(p.cameras) ? p.cameras : Array.isArray(p.camera_ids) ? p.camera_ids : [];
  const names = many.map((c) => cameraName(typeof c === "object" && c !== null ? (c as { camera_id?: string }).camera_id : c));
  return {
    actor: line.actor.name || actorWords()[line.actor.kind] || line.actor.kind,
    agency: dispatch ? named(dispatch.agency) : text(p.agency_name ?? p.agency ?? p.agency_id),
    camera: text(p.camera_name) || (p.camera_id ? cameraName(p.camera_id) : names.join(", ")),
    text: text(p.text ?? p.note),
    reason: t().disposition[text(p.disposition)] ?? text(p.reason ?? p.code ?? p.disposition),
    receiptNo: text(p.receipt_no),
    center: text(p.to ?? p.center),
    level: Number(p.level ?? 1),
  };
}

/** Append-only, newest first; lines made by people look different from the automatic ones. */
export function Timeline({ card }: { card: IncidentCard }) {
  const lines = detail.value?.timeline ?? [];
  return (
    <section class="timeline" aria-labelledby="timeline-head">
      <h3 id="timeline-head">{t().timeline.head}</h3>
      {lines.length === 0 && <p class="quiet-text">{detail.value?.loaded ? t().timeline.empty : t().timeline.loading}</p>}
      <ol>
        {lines.map((line) => (
          <li key={line.event_id} class={line.actor.kind === "system" ? "line" : "line by-person"} data-tag={line.tag} data-seq={line.seq}>
            <time dateTime={line.at}>{timeOfDay(line.at)}</time>
            <span>{sentences()[line.tag]?.(factsOf(line, card)) ?? line.tag}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
