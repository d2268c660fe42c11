import { signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { call } from "../api";
import { areaMarks, beforeMark } from "../asked";
import { secondsSince, timeOfDay, toMinute } from "../clock";
import { lang, named } from "../lang";
import { createMap, type SeatMap } from "../map";
import { t } from "../texts/agency";
import { u } from "../texts/follow-ups";
import { theme } from "../theme";
import type { DrawMap } from "../map-draw";
import type { UnitMark } from "../map-units";
import type { CameraTicket, Trail } from "../wire";
import { asks, fieldNews, me, officersAt, pathOf, pictures } from "./desk";
import { Icon } from "./icons";
import { requestOf } from "./requests-state";
import { whyNoPlace } from "./rights";
import { isWorked } from "./state";
import { noteMarks } from "../traffic/crew";
import { RoadsButton, RoadsPanel } from "../traffic/overlay";
import { drawn, Roads } from "../traffic/source";
import type { Case, Request } from "./wire";

/** Where she is: the track, the cameras that are shown, where operators saw her; and in words what the map draws. */
export const STALE_S = 15;
const SIGHTINGS_SHOWN = 4;
const roads = new Roads("/api/agency/traffic/links");
const trails = signal<Record<string, Trail | null>>({});

function useTrail(d: Case): Trail | null {
  const mayAsk = isWorked(d) && d.agreement.may.position;
  const news = fieldNews.value[d.incident_id];
  const minute = Math.floor(secondsSince(d.opened_at) / 30);
  useEffect(() => {
    if (!mayAsk) { trails.value = { ...trails.peek(), [d.dispatch_id]: null }; return; }
    void call<Trail>("GET", `${pathOf(d.dispatch_id)}/sightings`).then(
      (got) => { trails.value = { ...trails.peek(), [d.dispatch_id]: got }; },
      () => undefined, // the map stays as it is; the next turn asks again
    );
  }, [d.dispatch_id, mayAsk, news, minute]);
  return mayAsk ? trails.value[d.dispatch_id] ?? null : null;
}

/** The own unit, where an officer shares it. */
function unitMark(d: Case): UnitMark {
  const { lat, lon, at } = d.unit_position!;
  const kind = d.agency.kind === "112" ? "police" : d.agency.kind === "119" ? "fire" : "other";
  return { id: d.dispatch_id, kind, lat, lon, label: d.unit || named(d.agency), isStale: secondsSince(at) > 60 };
}

function Sightings({ of: trail }: { of: Trail | null }) {
  if (!trail || trail.sightings.length === 0) return null;
  return (
    <section class="seen over" aria-label={t().seenHead}>
      <h3>{t().seenHead} · {t().seenMore(trail.sightings.length)}</h3>
      <ol>
        {trail.sightings.slice(-SIGHTINGS_SHOWN).reverse().map((one) => (
          <li key={one.sighting_id}><span class="number">{one.number}</span> {timeOfDay(one.seen_at)} <span>{one.name}</span> <small>{one.subject === "person" ? t().seenPerson : t().seenVehicle}</small></li>
        ))}
      </ol>
      {trail.next.length > 0 && (
        <>
          <h4>{u().next}</h4>
          <ul class="coming" data-next={trail.next.length}>{trail.next.slice(0, SIGHTINGS_SHOWN).map((one) => <li key={one.camera_id}>{one.name} <small>{u().about(toMinute(one.likely_at))}</small></li>)}</ul>
        </>
      )}
    </section>
  );
}

function Canvas({ of: d, trail }: { of: Case; trail: Trail | null }) {
  const element = useRef<HTMLDivElement>(null);
  const map = useRef<SeatMap | null>(null);
  const following = useSignal(true);
  const cameras = pictures.value[d.dispatch_id]?.tickets ?? [];
  const age = d.position ? secondsSince(d.position.fixed_at) : 0;
  const stale = age > STALE_S;
  const lines = drawn(roads);
  const ask = asks.value.find((one) => one.request_id === d.dispatch_id);
  useEffect(() => {
    const place = d.position ?? me.peek()?.map ?? { lat: 37.39, lon: 126.95 };
    map.current = createMap(element.current!, {
      center: { lat: place.lat, lon: place.lon, zoom: 16 }, attribution: t().attribution,
      onFollowing: (next) => { following.value = next; }, onView: (box) => roads.look(box),
    });
    return () => map.current?.close();
  }, []);
  useEffect(() => map.current?.showCaller(d.position, stale, stale ? t().stale(t().ageWords(age)) : ""), [d.position, stale, stale && age]);
  useEffect(() => map.current?.showTrack(d.track), [d.track]);
  useEffect(() => map.current?.showChosen(cameras, null), [cameras]);
  const officers = officersAt.value[d.dispatch_id];
  useEffect(() => map.current?.showUnits([...(d.unit_position ? [unitMark(d)] : []), ...(officers ?? [])]), [d.unit_position, d.unit, officers]);
  useEffect(() => map.current?.showTraffic(lines), [lines]);
  useEffect(() => map.current?.showNotes(noteMarks(d.access_notes)), [d.access_notes]);
  useEffect(() => map.current?.showTrail(trail, toMinute), [trail]);
  const before = ask ? beforeMark(ask.request_id, ask.trigger, ask.subject, d.position) : [];
  useEffect(() => map.current?.showBefore(before), [JSON.stringify(before)]);
  const areas = ask ? areaMarks(ask.request_id, ask.trigger, ask.subject, ask.area, d.position) : [];
  useEffect(() => map.current?.showAsked(areas), [JSON.stringify(areas)]);
  return (
    <>
      <div class="canvas" ref={element} role="group" aria-label={t().mapLabel} />
      <div class="over map-buttons">
        {!following.value && <button type="button" class="primary" data-map-follow onClick={() => map.current?.follow()}>{t().follow} <kbd aria-hidden="true">F</kbd></button>}
        <button type="button" disabled={!d.position} onClick={() => map.current?.fit()}>{t().fit}</button>
        <RoadsButton roads={roads} />
      </div>
    </>
  );
}

/** A case that came by the agency's own request: what it drew itself, and the cameras there. */
function AskedMap({ of: request, cameras }: { of: Request; cameras: CameraTicket[] }) {
  const element = useRef<HTMLDivElement>(null);
  const map = useSignal<DrawMap | null>(null);
  useEffect(() => {
    let isGone = false;
    void import("../map-draw").then(({ createDrawMap }) => {
      if (isGone || !element.current) return;
      const here = request.place ?? me.peek()?.map ?? { lat: 37.39, lon: 126.95 };
      map.value = createDrawMap(element.current, {
        center: { lat: here.lat, lon: here.lon, zoom: 15 }, theme: theme.peek(), attribution: t().attribution, onWhere: () => undefined,
      });
      map.value.show({ place: request.place ?? undefined, area: request.area ?? undefined, km2: 0 });
    });
    return () => { isGone = true; map.peek()?.close(); };
  }, []);
  useEffect(() => map.value?.showCameras(cameras), [cameras, map.value]);
  return <><div class="canvas" ref={element} role="group" aria-label={t().askedMap} /><p class="over draw-hint">{t().askedMap}</p></>;
}

/** `dark`: the words that stand there, where they are not those of the case's own state. */
export function PlaceMap({ of: d, dark: said = null }: { of: Case; dark?: string | null }) {
  const trail = useTrail(d);
  const dark = whyNoPlace(d);
  const request = requestOf(d.dispatch_id);
  const cameras = pictures.value[d.dispatch_id]?.tickets ?? [];
  if (dark === "notAgreed" && request && (request.place || request.area)) {
    return <div class="map" data-asked={request.area ? "area" : "place"}><AskedMap key={`${theme.value} ${lang.value}`} of={request} cameras={cameras} /></div>;
  }
  if (said !== null) return <div class="map" data-dark="request"><p class="map-dark" role="status"><Icon name="no" /> {said}</p></div>;
  return (
    <div class="map" data-dark={dark ?? undefined}>
      {dark ? <p class="map-dark" role="status"><Icon name="no" /> {t().placeDark[dark]}</p> : (
        <>
          <Canvas key={lang.value} of={d} trail={trail} />
          <Sightings of={trail} />
          <RoadsPanel roads={roads} />
        </>
      )}
    </div>
  );
}
