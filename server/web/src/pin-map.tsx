import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { texts } from "./lang";
import type { Pins, PinMap, Place } from "./map-pins";
import "./styles/map.css";
import "./styles/pin-map.css";

/** The map of meeting places, fetched when it is needed; whoever can't use it has the list and the fields beside it. */
const t = texts(
  { loading: "지도를 불러오는 중…", failed: "지도를 불러오지 못했습니다. 목록에서 고르거나 말로 적어 주세요.", attribution: "행정경계: 국토지리정보원(NGII), 기준일 2023-09-15" },
  { loading: "Loading the map…", failed: "The map could not be loaded: choose from the list, or describe the place.", attribution: "Boundaries: NGII (Korea), as of 2023-09-15" },
);
const KOREA = { lat: 36.4, lon: 127.8 };

export function PinsOnMap({ label, pins, outlineOf = "", center, onPick, follows = "" }: {
  label: string; pins: Pins; outlineOf?: string; center?: Place | null; onPick?: (place: Place) => void;
  /** When this changes the map goes to all that is drawn. */
  follows?: string;
}) {
  const element = useRef<HTMLDivElement>(null);
  const pick = useRef(onPick);
  pick.current = onPick;
  const map = useSignal<PinMap | null>(null);
  const failed = useSignal(false);
  useEffect(() => {
    let isGone = false;
    import("./map-pins").then(({ createPinMap }) => {
      if (isGone || !element.current) return;
      map.value = createPinMap(element.current, { center: center ?? KOREA, zoom: center ? 15 : 7, attribution: () => t().attribution, onPick: (place) => pick.current?.(place) });
    }, () => { failed.value = true; });
    return () => { isGone = true; map.peek()?.close(); };
  }, []);
  useEffect(() => map.value?.show(pins), [pins, map.value]);
  useEffect(() => { map.value?.fit(); }, [follows, map.value]);
  useEffect(() => {
    if (!outlineOf || !map.value) return;
    let isGone = false;
    void fetch(`/api/jurisdictions/${encodeURIComponent(outlineOf)}`).then((answer) => (answer.ok ? answer.json() : null))
      .then((shape: GeoJSON.Feature | null) => { if (shape && !isGone) map.value?.outline(shape); }, () => undefined);
    return () => { isGone = true; };
  }, [outlineOf, map.value]);
  return (
    <div class="map pin-map">
      <div class="canvas" ref={element} role="group" aria-label={label} />
      {(failed.value || !map.value) && <p class="over pin-words" role="status">{failed.value ? t().failed : t().loading}</p>}
    </div>
  );
}
