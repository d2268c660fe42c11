import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { secondsSince, timeOfDay } from "../clock";
import { bearingDeg, distanceM, wind } from "../geo";
import { lang, said } from "../lang";
import type { SeatMap } from "../map";
import { t } from "../texts/respond";
import { findMe, mine, mineState, share, sharing } from "./mine";
import { noteMarks } from "../traffic/crew";
import { RoadsButton, RoadsPanel } from "../traffic/overlay";
import { drawn, Roads } from "../traffic/source";
import { base, type View } from "./source";

/** Where she is: in words first (they are said over the radio), then how far from here, then the map. */
const roads = new Roads(`${base}/traffic`);
const STALE_S = 15;
const LOST_S = 60;
const HERE_M = 10;

function FromMe({ of }: { of: View }) {
  const me = mine.value;
  const she = of.position;
  if (!she) return null;
  if (mineState.value === "denied") return <p class="from-me quiet-text">{t().mineDenied}</p>;
  if (mineState.value === "finding") return <p class="from-me quiet-text" role="status">{t().finding}</p>;
  if (!me) return <button type="button" class="mine" onClick={findMe}>{t().showMine} <small>{t().mineHint}</small></button>;
  const m = Math.round(distanceM(me, she));
  const bearing = bearingDeg(me, she);
  return (
    <p class="from-me" data-distance={m}>
      <svg viewBox="0 0 40 40" width="56" height="56" aria-hidden="true"><circle cx="20" cy="20" r="19" fill="none" stroke="currentColor" stroke-width="2" />
        <path d="M20 5 29 31 20 25 11 31z" fill="currentColor" transform={`rotate(${Math.round(bearing)} 20 20)`} /></svg>
      <strong>{m <= HERE_M ? t().here : t().fromMe(t().metres(m), t().winds[wind(bearing)])}</strong>
    </p>
  );
}

function Share({ of }: { of: View }) {
  if (!of.position || mineState.value === "denied") return null;
  return sharing.value
    ? <p class="share is-on"><span>● {t().sharing}</span><button type="button" onClick={() => share(false)}>{t().stopShare}</button></p>
    : <button type="button" class="quiet share" onClick={() => share(true)}>{t().share} <small>{t().shareHint}</small></button>;
}

export function Where({ of }: { of: View }) {
  const she = of.position;
  const age = she ? secondsSince(she.fixed_at) : 0;
  const words = said({ message_ko: of.directions.ko, message_en: of.directions.en });
  // the first sentence is about the shared unit: here the arrow above says it, and more exactly
  const directions = sharing.value && mine.value ? words.replace(/^(현재 위치에서 .*?|[^.]*(?:\.\d[^.]*)? of you|[^.]* from you)\. /, "") : words;
  return (
    <section class="where" aria-labelledby="where-head">
      <h2 id="where-head">{of.dispatch.part === "request" ? t().whereAsked : t().where}</h2>
      {she ? (
        <>
          <FromMe of={of} />
          <p class="directions">{directions}</p>
          <p class={`freshness${age > STALE_S ? " amber" : ""}`} data-age={age > LOST_S ? "lost" : age > STALE_S ? "stale" : "fresh"}>
            {age > STALE_S ? "◌ " : "● "}{age > LOST_S ? `${t().last} · ` : ""}{t().age(age)} · {t().accuracy(Math.round(she.accuracy_m))}
          </p>
          <p class="coordinates">{t().coordinates} {she.lat.toFixed(5)}, {she.lon.toFixed(5)} · {timeOfDay(she.fixed_at)}</p>
          <Share of={of} />
          <Map key={lang.value} of={of} isStale={age > STALE_S} />
        </>
      ) : <p class="freshness amber">◌ {directions || t().noPosition}</p>}
    </section>
  );
}

/** After the words, in a file of its own; without it the words stand there. */
function Map({ of, isStale }: { of: View; isStale: boolean }) {
  const element = useRef<HTMLDivElement>(null);
  const map = useSignal<SeatMap | null>(null);
  const failed = useSignal(false);
  const following = useSignal(true);
  useEffect(() => {
    let isGone = false;
    const she = of.position!;
    import("../map").then(({ createMap }) => {
      if (isGone || !element.current) return;
      map.value = createMap(element.current, {
        center: { lat: she.lat, lon: she.lon, zoom: 16 }, attribution: t().attribution, onFollowing: (next) => { following.value = next; }, onView: (box) => roads.look(box),
      });
    }, () => { failed.value = true; });
    return () => { isGone = true; map.peek()?.close(); };
  }, []);
  useEffect(() => map.value?.showCaller(of.position, isStale, ""), [of.position, isStale, map.value]);
  useEffect(() => map.value?.showTrack(of.track), [of.track, map.value]);
  const lines = drawn(roads);
  useEffect(() => map.value?.showTraffic(lines), [lines, map.value]);
  useEffect(() => map.value?.showNotes(noteMarks(of.access_notes)), [of.access_notes, map.value]);
  return (
    <>
    <div class="map">
      <div class="canvas" ref={element} role="group" aria-label={t().mapLabel} />
      {(failed.value || !map.value) && <p class="over no-streets">{failed.value ? t().mapFailed : t().mapLoading}</p>}
      <div class="over map-buttons">
        {!following.value && <button type="button" class="primary" onClick={() => map.value?.follow()}>{t().follow}</button>}
        <button type="button" onClick={() => map.value?.fit()}>{t().fit}</button>
        <RoadsButton roads={roads} />
      </div>
    </div>
    <RoadsPanel roads={roads} />
    </>
  );
}
