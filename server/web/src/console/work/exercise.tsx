import { useSignal } from "@preact/signals";
import { asProblem, call } from "../../api";
import { said } from "../../lang";
import { w } from "../../texts/work";
import type { IncidentCard, Problem } from "../../wire";
import { isOpen } from "../feed";
import { feed, load, me } from "../seat";

/** An exercise asks for help too: to the agency's board, marked, and never to its own system. */
export function ExerciseDispatch({ card }: { card: IncidentCard }) {
  const problem = useSignal<Problem | null>(null);
  const e = w().exerciseDispatch;
  if (card.origin !== "exercise" || !isOpen(card) || !me.value?.permissions.includes("dispatch.request")) return null;
  const send = async (agency: string) => {
    try {
      await call("POST", `/api/incidents/${card.incident_id}/exercise_dispatch`, { agency, note: "" });
      problem.value = null;
      await load(card.incident_id);
    } catch (error) {
      problem.value = asProblem(error);
    }
  };
  return (
    <div class="exercise-dispatch">
      <h3>{e.head}</h3>
      <p class="quiet-text">{e.lead}</p>
      <span class="row">
        {["112", "119"].map((agency) => <button type="button" key={agency} disabled={feed.link.state.value === "lost" || card.owner === null} onClick={() => void send(agency)}>{e.to(agency)}</button>)}
      </span>
      {problem.value && <p class="trouble" role="alert" data-problem={problem.value.code}>{said(problem.value)}</p>}
    </div>
  );
}
