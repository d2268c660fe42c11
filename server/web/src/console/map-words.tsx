import type { ComponentChildren } from "preact";
import { secondsSince, timeOfDay } from "../clock";
import { bearingDeg, distanceM, wind } from "../geo";
import { lang, named } from "../lang";
import { r95 } from "../predict";
import { m } from "../texts/map";
import { t } from "../texts/console";
import type { IncidentCard, Position } from "../wire";
import { NoPlace } from "./facts";
import { address, caller, fresh, guess, network, others, unitFacts } from "./map-facts";
import { cameras } from "./seat";

/** Each fact of the canvas in words, for who cannot see it and for who has to say it on the telephone. */
export function away(from: { lat: number; lon: number }, to: { lat: number; lon: number }): [string, string] {
  return [t().winds[wind(bearingDeg(from, to))], t().metres(Math.round(distanceM(from, to)))];
}

function Fact({ name, children, warn, quiet }: { name: string; children: ComponentChildren; warn?: boolean; quiet?: boolean }) {
  return <li class={`${warn ? "warn" : ""}${quiet ? " quiet" : ""}`} data-fact={name}>{children}</li>;
}

function AddressLine({ card }: { card: IncidentCard }) {
  const held = address.value;
  if (held.incidentId !== card.incident_id || held.state === "asking") return <p class="address quiet">{m().asking}</p>;
  const words = held.words;
  if (!words) return <p class="address quiet">{named(card.center)} · {m().noAddress}</p>;
  const name = (one: { ko: string; en: string }) => (lang.value === "ko" ? one.ko : one.en);
  const border = words.beside.find((one) => one.is_other_center);
  const beside = words.beside.find((one) => !one.is_other_center);
  return (
    <p class="address" data-fact="address">
      <strong>{words.road || name(words)}</strong>
      {words.road && <span>{words.lot ? `${m().lot} ${words.lot}` : name(words)}</span>}
      {border && <span class="warn" data-fact="border">{m().otherCenter(name(border), border.distance_m)}</span>}
      {!border && beside && <span class="quiet">{m().beside(name(beside), beside.distance_m)}</span>}
    </p>
  );
}

function Age({ position }: { position: Position }) {
  const time = timeOfDay(position.fixed_at);
  if (fresh.value === "lost") return <Fact name="lost" warn>✕ {m().lost(time)}</Fact>;
  return <Fact name="age" warn={fresh.value === "stale"}>{fresh.value === "stale" ? "◌ " : ""}{m().measured(t().age(secondsSince(position.fixed_at)), time)}</Fact>;
}

function Guess() {
  const held = guess.value;
  if (!held) return null;
  return <Fact name="guess" quiet>{m().guess(t().winds[wind(held.heading_deg)], t().metres(Math.round(held.farthest_m)))}</Fact>;
}

function Nearest({ position }: { position: Position }) {
  const [nearest] = [...cameras.value].sort((a, b) => distanceM(position, a) - distanceM(position, b));
  return nearest ? <Fact name="camera">{m().nearest(nearest.name, ...away(position, nearest))}</Fact> : null;
}

function Units({ card, position }: { card: IncidentCard; position: Position }) {
  return (
    <>
      {unitFacts(card).map((unit) => (
        <Fact name="unit" key={unit.id}>
          {[m().unit(unit.name, ...away(position, unit)), unit.etaMin === null ? "" : m().eta(unit.etaMin), m().unitAge(t().age(secondsSince(unit.at)))].filter(Boolean).join(" · ")}
        </Fact>
      ))}
    </>
  );
}

export function MapWords({ card }: { card: IncidentCard }) {
  const position = caller.value;
  if (!position) return <div class="map-words" role="group" aria-label={m().wordsLabel}><p class="address"><NoPlace card={card} none={m().noPosition} /></p></div>;
  const mast = network.value;
  return (
    <div class="map-words" role="group" aria-label={m().wordsLabel}>
      <AddressLine card={card} />
      <ul>
        <Age position={position} />
        <Fact name="accuracy">{m().accuracy(t().metres(Math.round(position.accuracy_m)), t().metres(Math.round(r95(position.accuracy_m))))}</Fact>
        <Nearest position={position} />
        <Units card={card} position={position} />
        <Guess />
        {mast && <Fact name="network">{m().network(t().metres(Math.round(mast.accuracy_m)), t().age(secondsSince(mast.fixed_at)))}</Fact>}
        {others.value.length > 0 && <Fact name="others">{m().others(others.value.length)}</Fact>}
        <li class="quiet timer" data-fact="coordinates">{position.lat.toFixed(5)}, {position.lon.toFixed(5)}</li>
      </ul>
    </div>
  );
}
