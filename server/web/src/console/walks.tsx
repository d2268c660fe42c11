import { computed, signal } from "@preact/signals";
import { secondsSince, toMinute } from "../clock";
import { keep, kept } from "../kept";
import type { SeatMap, WalkLook, WalkMark } from "../map";
import { m } from "../texts/map";
import { t } from "../texts/console";
import type { Dot } from "../wire";
import { feed } from "./seat";

/** Walks home that are shared with this center: a place, how it goes and when she means to arrive. There is nothing to
 * open, to call or to look at: pictures come with a cry for help, and with that comes an incident. */
const KEY = "ansim.console.walks";
const areShown = signal(kept(KEY) !== "off");
export const pointedWalk = signal<string | null>(null);

/** What needs a look first. */
const LOOKS: WalkLook[] = ["late", "stopped", "aside", "silent", "slow", "going"];
const LOOK_OF: Record<string, WalkLook> = {
  on_track: "going", arrived: "going", slow: "slow", stopped: "stopped", off_route: "aside", overdue: "late", no_signal: "silent",
};
const lookOf = (dot: Dot): WalkLook => LOOK_OF[dot.state] ?? "going";

const dots = computed(() => [...feed.walks.value.values()].sort((a, b) => LOOKS.indexOf(lookOf(a)) - LOOKS.indexOf(lookOf(b))));

const etaWords = (dot: Dot) => (dot.eta ? m().walks.eta(toMinute(dot.eta)) : m().walks.noEta);
const words = (dot: Dot) => `${m().walks.looks[lookOf(dot)]} · ${etaWords(dot)} · ${t().age(secondsSince(dot.position.fixed_at))}`;

export function walkMarks(): WalkMark[] {
  if (!areShown.value) return [];
  return dots.value.map((dot) => ({
    id: dot.walk, look: lookOf(dot), lat: dot.position.lat, lon: dot.position.lon, label: pointedWalk.value === dot.walk ? words(dot) : "",
  }));
}

function turn(): void {
  areShown.value = !areShown.peek();
  pointedWalk.value = null;
  keep(KEY, areShown.peek() ? "on" : "off");
}

/** Where nobody shares a walk there is no button either. */
export function WalksButton() {
  const count = dots.value.length;
  if (count === 0) return null;
  return <button type="button" class="walks-button" aria-pressed={areShown.value} data-walks={count} onClick={turn}>{m().walks.button} <span class="count">{count}</span></button>;
}

/** The same in words: whoever has the focus is pointed at on the map. */
export function WalkList({ map }: { map: SeatMap | null }) {
  if (!areShown.value || dots.value.length === 0) return null;
  const point = (dot: Dot | null) => { pointedWalk.value = dot?.walk ?? null; };
  return (
    <details class="over walk-list">
      <summary>{m().walks.head}</summary>
      <ul>
        {dots.value.map((dot) => (
          <li key={dot.walk} data-pointed={pointedWalk.value === dot.walk}>
            <button type="button" data-look={lookOf(dot)} onFocus={() => point(dot)} onBlur={() => point(null)} onPointerEnter={() => point(dot)} onPointerLeave={() => point(null)} onClick={() => map?.goTo(dot.position, true)}>
              <span class={`walk-sign walk-${lookOf(dot)}`} aria-hidden="true" />
              <strong>{m().walks.looks[lookOf(dot)]}</strong> <span>{etaWords(dot)}</span> <small>{t().age(secondsSince(dot.position.fixed_at))}</small>
            </button>
          </li>
        ))}
      </ul>
      <p class="quiet">{m().walks.about}</p>
    </details>
  );
}
