import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { asProblem } from "../api";
import { Form, Text, type Words } from "../admin/kit/form";
import { Facts, Panel, SectionHead } from "../admin/kit/page";
import { DataTable, type Column } from "../admin/kit/table";
import { lang, named, said } from "../lang";
import { createAreaMap, type AreaMapHandle } from "../map-areas";
import { t as frame } from "../texts/router";
import { t } from "../texts/router-borders";
import { ask } from "./session";
import type { Explained, Outlines } from "./wire";

interface Place { lat: number; lon: number }

/** Which center a place belongs to, and why: by a press on the map, or by coordinates. */
export default function Explain() {
  const e = t().explain;
  const place = useSignal<Place | null>(null);
  const found = useSignal<Explained | null>(null);
  const trouble = useSignal("");
  const accuracy = useRef<number | null>(null);
  const day = useRef("");
  const look = async (at: Place) => {
    found.value = await ask<Explained>("POST", "/explain", { ...at, accuracy_m: accuracy.current, as_of: day.current || null });
    [place.value, trouble.value] = [at, ""];
  };
  const onPoint = (at: Place) => void look(at).catch((error: unknown) => { trouble.value = said(asProblem(error)); });
  const degrees = (text: string) => (text === "" ? NaN : Number(text.replace(",", ".")));
  const onSend = async (words: Words) => {
    accuracy.current = words.one("accuracy_m") ? Number(words.one("accuracy_m")) : null;
    day.current = words.one("as_of");
    await look({ lat: degrees(words.one("lat")), lon: degrees(words.one("lon")) });
  };
  const check = (words: Words) => Object.fromEntries(["lat", "lon"].filter((name) => words.one(name) && Number.isNaN(degrees(words.one(name)))).map((name) => [name, e.bad]));
  return (
    <>
      <SectionHead title={e.title} lead={e.lead} />
      <div class="explain">
        <PlaceMap place={place.value} found={found.value} onPoint={onPoint} />
        <div>
          <section class="panel" aria-label={e.ask} key={`${place.value?.lat} ${place.value?.lon}`}>
            <Form send={e.ask} onSend={onSend} check={check} fieldOfCode={{ no_version_then: "as_of" }}>
              <div class="fields-2">
                <Text name="lat" label={e.lat} value={place.value ? String(place.value.lat) : ""} most={20} needed />
                <Text name="lon" label={e.lon} value={place.value ? String(place.value.lon) : ""} most={20} needed />
                <Text name="accuracy_m" type="number" label={e.accuracy} help={e.accuracyHelp} value={accuracy.current === null ? "" : String(accuracy.current)} />
                <Text name="as_of" type="date" label={e.asOf} help={e.asOfHelp} value={day.current} />
              </div>
            </Form>
            {trouble.value && <p class="trouble" role="alert">{trouble.value}</p>}
          </section>
          <div aria-live="polite">{found.value ? <Answer of={found.value} /> : <p class="region-state empty" data-state="empty">{e.empty}</p>}</div>
        </div>
      </div>
    </>
  );
}

function Answer({ of }: { of: Explained }) {
  const e = t().explain;
  const states = frame().centers.state;
  const columns: Column<Explained["candidates"][number]>[] = [
    { id: "name", title: e.head.name, value: named },
    { id: "distance", title: e.head.distance, value: (one) => one.distance_m, cell: (one) => e.metres(one.distance_m), isNumber: true },
    { id: "share", title: e.head.share, value: (one) => one.probability, cell: (one) => (one.probability === null ? "—" : `${Math.round(one.probability * 100)} %`), isNumber: true },
    { id: "state", title: e.head.state, value: (one) => states[of.states[one.code] ?? ""] ?? "" },
  ];
  return (
    <Panel title={e.goes} id="answer-title">
      <p class="answer"><strong data-answer={of.center.code}>{named(of.center)}</strong> <span class="quiet-text">{of.center.code}</span></p>
      <p>{e.reasons[of.reason] ?? of.reason}</p>
      {of.flags.filter((one) => e.flags[one]).map((one) => <p class="warn" key={one}>{e.flags[one]}</p>)}
      <Facts of={[[e.distance, e.metres(of.distance_m)], [e.version, of.boundary_version], [e.rule, of.rule]]} />
      <p class="quiet-text">{of.is_now ? e.now : e.then}</p>
      <DataTable caption={e.candidates} columns={of.is_now ? columns : columns.slice(0, 3)} rows={of.candidates} keyOf={(one) => one.code} start={{ id: "distance", down: false }} isSearched={false} />
    </Panel>
  );
}

function PlaceMap({ place, found, onPoint }: { place: Place | null; found: Explained | null; onPoint: (place: Place) => void }) {
  const element = useRef<HTMLDivElement>(null);
  const map = useRef<AreaMapHandle | null>(null);
  const point = useRef(onPoint);
  point.current = onPoint;
  useEffect(() => {
    map.current = createAreaMap(element.current!, { attribution: frame().attribution, onPoint: (at) => point.current(at) });
    return () => map.current?.close();
  }, [lang.value]);
  useEffect(() => {
    map.current?.showPlaces(place, []);
    if (!found || !place) return;
    const codes = found.candidates.map((one) => one.code).join(",");
    let isOpen = true;
    void ask<Outlines>("GET", `/boundaries/${encodeURIComponent(found.boundary_version)}/outlines?tolerance_m=30&codes=${codes}`, undefined, 60_000).then((told) => {
      if (!isOpen) return;
      map.current?.showAreas(told, (code) => (code === found.center.code ? "online" : "none"));
      map.current?.showPlaces(place, told.features.map((one) => ({ lat: one.properties.lat, lon: one.properties.lon, name: named(one.properties) })));
    }, () => undefined);
    return () => { isOpen = false; };
  }, [place, found, lang.value]);
  return <div class="map explain-map"><div class="canvas" ref={element} role="application" tabIndex={0} aria-label={t().explain.mapLabel} /></div>;
}
