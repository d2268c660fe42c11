import { toMinute } from "../clock";
import { lang } from "../lang";
import { tr } from "../texts/traffic";
import type { Level, Road, Roads } from "./source";
import "../styles/traffic.css";

/** The button, and while it is pressed: what the lines mean, of when they are, and the slow roads in words. */
const LEVELS: Level[] = ["free", "slow", "jammed", "closed"];
const WORST: Record<Level, number> = { closed: 3, jammed: 2, slow: 1, free: 0 };
const SHOWN = 6;

export function RoadsButton({ roads }: { roads: Roads }) {
  return <button type="button" aria-pressed={roads.isOn.value} data-roads={roads.isOn.value} onClick={() => roads.turn(!roads.isOn.peek())}>{tr().show}</button>;
}

function Sign({ level }: { level: Level }) {
  return <svg class={`road-sign road-${level}`} viewBox="0 0 40 12" width="40" height="12" aria-hidden="true"><path d="M2 6H38" /></svg>;
}

/** One line for each name and level, the worst first. */
function slowest(roads: Roads): Road[] {
  const by = new Map<string, Road>();
  for (const one of roads.told.value?.links?.features ?? []) {
    const road = one.properties;
    const key = `${road.level} ${road.name_ko || road.id}`;
    const held = by.get(key);
    if (road.level !== "free" && (!held || (road.speed_kph ?? 0) < (held.speed_kph ?? 0))) by.set(key, road);
  }
  return [...by.values()].sort((a, b) => WORST[b.level] - WORST[a.level] || (a.speed_kph ?? 0) - (b.speed_kph ?? 0));
}

export function roadWords(road: Road): string {
  const name = (lang.value === "ko" ? road.name_ko : road.name_en) || tr().noName;
  return tr().road(name, tr().levels[road.level], road.level === "closed" || road.speed_kph === null ? null : Math.round(road.speed_kph));
}

function Words({ roads }: { roads: Roads }) {
  const slow = slowest(roads);
  if (slow.length === 0) return <p class="quiet-text">{tr().allFree}</p>;
  return (
    <details class="roads-words">
      <summary>{tr().words} <span class="count">{slow.length}</span></summary>
      <ul>
        {slow.slice(0, SHOWN).map((road) => <li key={`${road.level}${road.name_ko}${road.id}`}><Sign level={road.level} /> {roadWords(road)}</li>)}
        {slow.length > SHOWN && <li class="quiet-text">{tr().more(slow.length - SHOWN)}</li>}
      </ul>
    </details>
  );
}

function Body({ roads }: { roads: Roads }) {
  const told = roads.told.value;
  if (!roads.isNear.value) return <p class="quiet-text">{tr().zoom}</p>;
  if (!told) return <p class="quiet-text" role="status">{tr().loading}</p>;
  if (told.state !== "ready" || !told.at) return <p class="warn" role="status">{told.state === "none" ? tr().none : tr().away}</p>;
  const time = toMinute(told.at);
  return (
    <>
      <p class={told.is_stale ? "warn" : "quiet-text"} data-roads-at={told.at}>
        {told.is_stale ? `◌ ${tr().stale(time)}` : tr().asOf(time)}{told.kind === "console" ? <strong class="simulated">{tr().simulated}</strong> : told.source && ` · ${tr().source(told.source)}`}
      </p>
      <ul class="roads-levels">{LEVELS.map((level) => <li key={level}><Sign level={level} /> {tr().levels[level]}<span class="hidden-text"> ({tr().signs[level]})</span></li>)}</ul>
      <Words roads={roads} />
    </>
  );
}

export function RoadsPanel({ roads }: { roads: Roads }) {
  if (!roads.isOn.value) return null;
  return <section class="roads-panel" aria-label={tr().legend} data-roads-state={roads.told.value?.state ?? "loading"}><Body roads={roads} /></section>;
}
