import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asProblem, call } from "../api";
import { timeOfDay } from "../clock";
import { Dialog } from "../dialog";
import { lang, said } from "../lang";
import { t } from "../texts/console";
import { v } from "../texts/video";
import type { IncidentCard, Problem, Why } from "../wire";

/** Why these cameras: each with its reasons in words, the near ones that were passed over, and a drawing of it all. */
export function WhySheet({ card, onClose }: { card: IncidentCard; onClose: () => void }) {
  const told = useSignal<Why | null>(null);
  const problem = useSignal<Problem | null>(null);
  const path = `/api/incidents/${card.incident_id}/cameras/why`;
  useEffect(() => {
    call<Why>("GET", path).then((got) => { told.value = got; }, (error) => { problem.value = asProblem(error); });
  }, [path]);
  const w = v().why;
  const why = told.value;
  return (
    <Dialog title={w.title} onClose={onClose} isWide>
      {problem.value && <p class="trouble" role="status">{said(problem.value)}</p>}
      {!why && !problem.value && <p>{v().loading}</p>}
      {why && (
        <div class="why">
          <img src={`${path}.svg?language=${lang.value}`} alt={w.picture} />
          <div>
            <h3>{w.chosen} {why.chosen_at && <small>{w.chosenAt(timeOfDay(why.chosen_at))}</small>}</h3>
            {why.cameras.length === 0 && <p>{w.none}</p>}
            <ol class="reasons">
              {why.cameras.map((one) => (
                <li key={one.camera_id}><strong>{one.number}. {one.name}</strong> {(lang.value === "ko" ? one.why_ko : one.why_en).join(" · ")}</li>
              ))}
            </ol>
            <h3>{w.passedOver}</h3>
            {why.passed_over.length === 0 && <p class="quiet-text">{w.noneOver}</p>}
            <ul class="reasons">
              {why.passed_over.map((one) => (
                <li key={one.camera_id}>{one.name} ({t().metres(Math.round(one.distance_m))}): {lang.value === "ko" ? one.why_ko : one.why_en}</li>
              ))}
            </ul>
          </div>
        </div>
      )}
      <div class="sheet-buttons"><button type="button" autofocus onClick={onClose}>{v().close} <kbd aria-hidden="true">Esc</kbd></button></div>
    </Dialog>
  );
}
