import { useSignal } from "@preact/signals";
import { asProblem, call } from "../api";
import { timeOfDay } from "../clock";
import { feed, me } from "../console/seat";
import { said } from "../lang";
import { tr } from "../texts/traffic";
import type { DispatchCard, IncidentCard, Problem } from "../wire";
import { arrivals } from "./arrivals";

/** Green lights for a unit on its way: asked for by a person, granted or refused by the traffic center, ended with the case. */
const OPEN = ["requested", "granted"];
const SHAPE: Record<string, string> = { requested: "…", granted: "▶", refused: "✕", ended: "■" };

export function SignalPriority({ card, one }: { card: IncidentCard; one: DispatchCard }) {
  const isBusy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const held = one.priority ?? null;
  const isOpen = held !== null && OPEN.includes(held.state);
  const mayAsk = Boolean(me.value?.permissions.includes("traffic.priority")) && feed.link.state.value !== "lost" && card.closed_at === null;
  const isOffered = arrivals.value.incidentId === card.incident_id && arrivals.value.traffic !== "none" && one.state === "en_route";
  if (!held && !isOffered) return null;
  const press = async () => {
    isBusy.value = true;
    problem.value = await call("POST", `/api/incidents/${card.incident_id}/priority${isOpen ? "/withdraw" : ""}`, { dispatch_id: one.dispatch_id }).then(() => null, asProblem);
    isBusy.value = false;
  };
  const p = tr().priority;
  return (
    <div class="signal-priority" data-priority={held?.state ?? "none"}>
      {held && (
        <span role="status" class={held.state === "refused" ? "warn" : isOpen ? "" : "quiet-text"}>
          <span aria-hidden="true">{SHAPE[held.state]}</span> {p.states[held.state]}{held.reason && ` · ${p.reasons[held.reason] ?? held.reason}`} {timeOfDay(held.at)}
          {held.is_simulated && <strong class="simulated">{p.simulated}</strong>}
        </span>
      )}
      {mayAsk && (isOpen || isOffered) && (
        <button type="button" class="quiet" disabled={isBusy.value} onClick={() => void press()}>{isBusy.value ? p.asking : isOpen ? p.withdraw : p.ask}</button>
      )}
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
    </div>
  );
}
