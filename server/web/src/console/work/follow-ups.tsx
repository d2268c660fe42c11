import { timeOfDay } from "../../clock";
import { named } from "../../lang";
import { u } from "../../texts/follow-ups";
import type { EventLine } from "../../wire";
import { sheet, timeline } from "../seat";
import type { AgencyAsk } from "./requests-state";
import { tab } from "./talk-state";

/** What the agency wants beside its request, until it is answered: by a still, a sighting, an evidence package, or by
 * words to this agency. */
const ANSWERS: Record<string, string> = { photo: "responder:still_sent", route: "sighting:marked", evidence: "evidence:ordered" };

function answers(line: EventLine, kind: string, requestId: string): boolean {
  const isReply = line.tag === "responder:said" && line.payload.by === "operator" && line.payload.request_id === requestId;
  return line.tag === ANSWERS[kind] || isReply;
}

/** The newest unanswered line of each kind, oldest first. */
export function waiting(lines: readonly EventLine[], requestId: string): { kind: string; at: string }[] {
  return Object.keys(ANSWERS).flatMap((kind) => {
    const asked = lines.filter((line) => line.tag === "responder:said" && line.payload.asks === kind && line.payload.request_id === requestId);
    const last = asked.reduce<EventLine | null>((newest, line) => (newest === null || line.seq > newest.seq ? line : newest), null);
    if (!last || lines.some((line) => line.seq > last.seq && answers(line, kind, requestId))) return [];
    return [{ kind, at: last.at }];
  }).sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

/** Where a still is sent from: in another tab of the sheet, which is drawn first. */
function toStill(): void {
  tab.value = "info";
  setTimeout(() => {
    const field = document.querySelector<HTMLElement>("#responder-camera");
    field?.scrollIntoView({ block: "center" });
    field?.focus();
  });
}

export function FollowUps({ of: one }: { of: AgencyAsk }) {
  const open = one.state === "accepted" ? waiting(timeline.value, one.request_id) : [];
  if (open.length === 0) return null;
  return (
    <div role="status"><ul class="follow-ups">
      {open.map(({ kind, at }) => (
        <li key={kind} class="banner" data-asks={kind}>
          <span>{u().waits(named(one.agency), u().kinds[kind]!, timeOfDay(at))}</span>
          {kind === "photo" && <button type="button" onClick={toStill}>{u().do[kind]}</button>}
          {kind === "evidence" && <button type="button" onClick={() => { sheet.value = { kind: "evidence" }; }}>{u().do[kind]}</button>}
          {kind === "route" && <small>{u().hint[kind]}</small>}
        </li>
      ))}
    </ul></div>
  );
}
