import { useEffect, useRef } from "preact/hooks";
import { useSignalEffect } from "@preact/signals";
import { createMap, type SeatMap } from "../map";
import { m } from "../texts/map";
import { tr } from "../texts/traffic";
import { RoadsButton, RoadsPanel } from "./overlay";
import { drawn, Roads } from "./source";
import "../styles/map.css";
import "../styles/traffic.css";

/** The roads for the traffic center's people, beside the areas that help is on its way to; no person is on this map. */
const roads = new Roads("/api/traffic/links");

export function TrafficMap({ center }: { center: { lat: number; lon: number; zoom: number } }) {
  const element = useRef<HTMLDivElement>(null);
  const map = useRef<SeatMap | null>(null);
  useEffect(() => {
    map.current = createMap(element.current!, { center, attribution: () => m().attribution, onView: (box) => roads.look(box) });
    roads.turn(true);
    return () => { roads.stop(); map.current?.close(); map.current = null; };
  }, []);
  useSignalEffect(() => { const lines = drawn(roads); map.current?.showTraffic(lines); });
  return (
    <div class="map traffic-map">
      <div class="canvas" ref={element} role="application" aria-label={tr().map} />
      <div class="over map-buttons"><RoadsButton roads={roads} /></div>
      <RoadsPanel roads={roads} />
    </div>
  );
}
