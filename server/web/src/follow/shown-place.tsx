import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { secondsSince } from "../clock";
import type { GroundState } from "../map-basemap";
import type { PlaceMap, Track } from "../map-place";
import { t } from "../texts/follow";
import { theme } from "../theme";
import type { Position } from "../wire";

export const AMBER_S = 30;
/** From then on it is where she was last known to be. */
export const LAST_KNOWN_S = 120;
/** A walk's place as a guardian is shown it (`server/people/walk_place.py`). */
export interface ShownPlace extends Position { address: { ko: string; en: string } | null; precision: "exact" | "coarse" }

/** The map comes after the words, in a file of its own, once the browser has nothing more urgent to do. */
export function PlaceOnMap({ position, isCoarse, track }: { position: Position; isCoarse: boolean; track?: Track }) {
  const element = useRef<HTMLDivElement>(null);
  const map = useSignal<PlaceMap | null>(null);
  const failed = useSignal(false);
  const ground = useSignal<GroundState>("loading");
  const following = useSignal(true);
  const isStale = secondsSince(position.fixed_at) > AMBER_S;
  useEffect(() => {
    let isGone = false;
    import("../map-place").then(({ createPlaceMap }) => {
      if (isGone || !element.current) return;
      map.value = createPlaceMap(element.current, {
        first: position, attribution: t().attribution,
        onFollowing: (next) => { following.value = next; }, onGround: (next) => { ground.value = next; },
      });
    }, () => { failed.value = true; });
    return () => { isGone = true; map.peek()?.close(); };
  }, []);
  useEffect(() => map.value?.show(position, { isStale, isCoarse, track }), [position, isStale, isCoarse, track, map.value, theme.value]);
  const words = failed.value ? t().mapFailed : !map.value ? t().mapLoading : ground.value === "missing" ? t().noGround : "";
  return (
    <div class="map">
      <div class="canvas" ref={element} role="group" aria-label={t().mapLabel} />
      {words && <p class="over no-streets">{words}</p>}
      {!following.value && <div class="over map-buttons"><button type="button" onClick={() => map.value?.follow()}>{t().follow}</button></div>}
    </div>
  );
}
