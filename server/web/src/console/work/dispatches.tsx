import { useComputed } from "@preact/signals";
import { troubleWords } from "../../asked";
import { now, secondsSince, timeOfDay, toMinute } from "../../clock";
import { distanceM } from "../../geo";
import { named } from "../../lang";
import { t } from "../../texts/console";
import { tr } from "../../texts/traffic";
import { arrivals } from "../../traffic/arrivals";
import { SignalPriority } from "../../traffic/priority";
import { w } from "../../texts/work";
import type { DispatchCard, IncidentCard } from "../../wire";

/** The help that was asked for: its state, its unit, when it comes and how far it still is. */
function Eta({ at, by, isSimulated = false }: { at: string; by: "agency" | "traffic"; isSimulated?: boolean }) {
  const minutes = useComputed(() => Math.round((Date.parse(at) - now.value) / 60_000));
  return (
    <span class="timer" data-eta={by}>
      {w().dispatch.eta(toMinute(at), w().dispatch.minutes(minutes.value))} <small class="quiet-text">{tr().eta[by]}</small>
      {isSimulated && <strong class="simulated">{tr().eta.simulated}</strong>}
    </span>
  );
}

/** Its agency's own word, else what the traffic center reckons from where the unit is. */
function Arrives({ one, card }: { one: DispatchCard; card: IncidentCard }) {
  if (one.eta_at) return <Eta at={one.eta_at} by="agency" />;
  const held = arrivals.value.incidentId === card.incident_id ? arrivals.value.etas.find((eta) => eta.dispatch_id === one.dispatch_id && eta.by === "traffic") : undefined;
  return held ? <Eta at={held.eta_at} by="traffic" isSimulated={held.is_simulated} /> : null;
}

function UnitPlace({ one, card }: { one: DispatchCard; card: IncidentCard }) {
  const place = one.unit_position;
  if (!place) return null;
  const away = card.position ? w().dispatch.away(t().metres(Math.round(distanceM(card.position, place)))) : "";
  return <span data-unit-place>{[away, w().dispatch.seenAt(t().age(secondsSince(place.at)))].filter(Boolean).join(" · ")}</span>;
}

export function Dispatches({ card }: { card: IncidentCard }) {
  if (card.dispatches.length === 0) return null;
  const d = w().dispatch;
  return (
    <section class="dispatches" aria-label={t().dispatch.head}>
      {card.dispatches.map((one) => {
        const isComing = ["accepted", "en_route"].includes(one.state);
        const isBad = one.is_overdue || one.state === "declined" || one.state === "failed" || Boolean(one.failed_reason);
        return (
          <div key={one.dispatch_id} class={`dispatch${isBad ? " warn" : ""}`} data-dispatch={one.state}>
            <p><strong>■ {named(one.agency)}</strong> {t().dispatch.state[one.state] ?? one.state}{one.times[one.state] && ` ${timeOfDay(one.times[one.state])}`}
              {one.is_drill && <span class="badge drill">{d.drill}</span>}
              {one.is_overdue && <span class="badge alarm">{t().dispatch.overdue}</span>}</p>
            <p class="parts">
              {isComing && <Arrives one={one} card={card} />}
              {one.unit && <span>{d.unit(one.unit)}</span>}
              {isComing && <UnitPlace one={one} card={card} />}
              {one.failed_reason && <span>{d.failed(troubleWords(one.failed_reason))} · {d.attempts(one.attempts ?? 1)}</span>}
              <span class="quiet-text">{t().dispatch.case} {one.case_no}{one.receipt_no && ` · ${t().dispatch.receipt} ${one.receipt_no}`}</span>
            </p>
            <SignalPriority card={card} one={one} />
          </div>
        );
      })}
    </section>
  );
}
