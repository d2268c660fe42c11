import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { createAreaMap, type AreaMapHandle, type AreaTone } from "../map-areas";
import { lang } from "../lang";
import { t } from "../texts/router";
import type { Outlines } from "./wire";

/** The map of centers: coloured by how they stand; the pointer says which one it is over. */
export function AreaMap({ label, areas, tones, toneOf, wordsOf, onPick }: {
  label: string; areas: Outlines; tones: string; toneOf: (code: string) => AreaTone; wordsOf: (code: string) => string; onPick: (code: string) => void;
}) {
  const element = useRef<HTMLDivElement>(null);
  const map = useRef<AreaMapHandle | null>(null);
  const over = useSignal<string | null>(null);
  const pick = useRef(onPick);
  pick.current = onPick;
  useEffect(() => {
    map.current = createAreaMap(element.current!, { attribution: t().attribution, onPick: (code) => pick.current(code), onOver: (code) => { over.value = code; } });
    return () => map.current?.close();
  }, [lang.value]);
  useEffect(() => map.current?.showAreas(areas, toneOf), [areas, tones, lang.value]);
  return (
    <div class="map area-map">
      <div class="canvas" ref={element} role="application" aria-label={label} tabIndex={0} />
      {over.value && <p class="over map-said" aria-hidden="true">{wordsOf(over.value)}</p>}
    </div>
  );
}
