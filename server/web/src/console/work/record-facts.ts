import { stopwatch } from "../../clock";
import { named } from "../../lang";
import { l } from "../../texts/links";
import { so, type SourceKind } from "../../texts/sources";
import { k } from "../../texts/talk";
import { tr } from "../../texts/traffic";
import { u } from "../../texts/follow-ups";
import { w } from "../../texts/work";
import { t } from "../../texts/console";
import { actorWords, people, type LineFacts } from "../../texts/timeline";
import type { CameraChoice, EventLine, IncidentCard } from "../../wire";
import { codes, nameOf } from "./codes";
import { inWords } from "./talk";
import { talk } from "./talk-state";

/** Names behind the ids of a line's payload; what it lacks is simply not said. */
const text = (value: unknown) => (typeof value === "string" || typeof value === "number" ? String(value) : "");

export interface Known { timeline: EventLine[]; cameras: CameraChoice[]; card: IncidentCard }

/** Who a release is for: its grant says so, its later lines are the system's. */
export function viewerOf(line: EventLine, timeline: EventLine[]): string {
  if (!line.payload.release_id) return "";
  return timeline.find((one) => one.tag === "release:granted" && one.payload.release_id === line.payload.release_id)?.actor.name ?? "";
}

/** A line that names everybody who was shown a place: [release, incident, viewer, address] of each. */
function shownTo(places: unknown): string {
  const count = Array.isArray(places) ? new Set(places.map((one) => String((one as unknown[])[2]))).size : 0;
  return count > 1 ? people()(count) : "";
}

/** A colleague's name by his id: from the card, or from a line that he wrote himself. */
function personOf(id: unknown, { card, timeline }: Known): string {
  const known = [card.owner, card.handover?.to, card.handover?.by].find((one) => one?.account_id === id)?.name;
  return known ?? timeline.find((line) => line.actor.id === id && line.actor.name)?.actor.name ?? w().handover.to;
}

function actorOf(line: EventLine, known: Known): string {
  const { actor } = line;
  const said = shownTo(line.payload.places) || viewerOf(line, known.timeline);
  if (said) return said;
  return actor.kind === "system" ? actorWords().system : actor.name || actorWords()[actor.kind] || actor.kind;
}

/** What a line says in words of its own: a classification, a way of contact, what was said, how long a call took. */
function wordsOf(line: EventLine): string {
  const p = line.payload;
  switch (line.tag) {
    case "incident:opened": return nameOf(codes.value?.types, text(p.type));
    case "incident:classified": return `${nameOf(codes.value?.types, text(p.type))} · ${w().classified[p.grave ? "grave" : "ordinary"]}`;
    case "incident:contacted": return w().contact.ways[text(p.how)] ?? text(p.how);
    case "responder:said": return p.asks ? u().line(u().kinds[text(p.asks)] ?? text(p.asks)) : "";
    case "request:ask_answered": return [u().kinds[text(p.asks)] ?? text(p.asks), u().by[text(p.answer)] ?? text(p.answer)].join(" · ");
    case "request:ask_refused": return [u().kinds[text(p.asks)] ?? text(p.asks), u().reasons[text(p.reason)] ?? text(p.reason)].join(" · ");
    case "incident:target_missed": return text((w().steps as unknown as Record<string, string>)[text(p.stage)]);
    case "talk:said": case "talk:call_requested": {
      const spoken = talk.value?.talk?.lines.find((one) => one.said_id === p.said_id);
      return spoken ? inWords(spoken) : named({ name_ko: text(p.ko), name_en: text(p.en) }) || text(p.text);
    }
    case "call:ended": return typeof p.talked_s === "number" ? k().call.lasted(stopwatch(Math.round(p.talked_s))) : "";
    case "dispatch:updated": return [p.unit, p.eta_s && w().dispatch.minutes(Math.round(Number(p.eta_s) / 60))].filter(Boolean).join(" · ");
    case "source:told": case "source:withdrawn": case "source:restored": return so().kinds[text(p.kind) as SourceKind] ?? text(p.kind);
    case "traffic:priority_refused": case "traffic:priority_ended": return tr().priority.reasons[text(p.reason)] ?? text(p.reason);
    default: return "";
  }
}

function reasonOf(p: Record<string, unknown>): string {
  const code = text(p.reason ?? p.code);
  return t().disposition[text(p.disposition)] ?? t().endReason[code] ?? k().call.reasonOf[code] ?? code;
}

function camerasOf(group: EventLine[], known: Known): string {
  const p = group[0].payload;
  const nameOfCamera = (id: unknown) => known.cameras.find((camera) => camera.camera_id === id)?.name ?? text(id);
  const listed = (Array.isArray(p.cameras) ? p.cameras : Array.isArray(p.camera_ids) ? p.camera_ids : []) as unknown[];
  const names = listed.map((one) => (typeof one === "object" && one !== null ? text((one as CameraChoice).name) : nameOfCamera(one)));
  const asked = group.map((one) => one.payload.camera_id).filter(Boolean).map(nameOfCamera);
  return [...new Set(asked.length > 0 ? asked : names)].sort().join(", ");
}

export function factsOf(group: EventLine[], known: Known): LineFacts {
  const line = group[0];
  const p = line.payload;
  const dispatch = known.card.dispatches.find((d) => d.dispatch_id === p.dispatch_id || d.agency.agency_id === p.agency_id);
  return {
    actor: actorOf(line, known),
    agency: dispatch ? named(dispatch.agency) : text(p.agency_id),
    camera: camerasOf(group, known),
    what: p.kind === "position" ? "position" : "picture",
    text: text(p.text),
    reason: reasonOf(p),
    receiptNo: text(p.receipt_no),
    center: named({ name_ko: text(p.to_name_ko), name_en: text(p.to_name_en) }) || text(p.to),
    level: Number(p.level ?? p.count ?? 1),
    again: Number(p.again ?? 0) || 0,
    kind: line.tag === "incident:reminded" ? text(p.to) : l().kind[text(p.kind)] ?? (p.kind_ko ? named({ name_ko: text(p.kind_ko), name_en: text(p.kind_en) }) : ""),
    step: line.tag === "request:accepted" ? text(p.by) : text(p.step),
    to: personOf(p.to, known),
    words: wordsOf(line),
    minutes: Number(p.minutes ?? 0),
    isLate: typeof p.late_s === "number",
    isTest: p.is_test === true,
  };
}
