import { useComputed, useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { asProblem, call } from "../api";
import { dayAndTime, toMinute } from "../clock";
import { Dialog } from "../dialog";
import { named, said } from "../lang";
import { Loaded } from "../loaded";
import type { Place } from "../map-pins";
import { OurCode, TheirCode } from "../meeting";
import { PinsOnMap } from "../pin-map";
import { byNight, type Offered, whyNot } from "../scout-times";
import { uuid7 } from "../sos/ids";
import { m } from "../texts/meeting";
import { c } from "../texts/mine-scouts";
import { w } from "../texts/scout-times";
import type { Problem } from "../wire";
import { Section, Sure } from "./parts";
import { bookings, isCut, running, RUNNING, tell, type Booking } from "./scout-source";

/** Scouts who walk her home: book, see them come, know each other by code, home. */

function Facts({ of }: { of: Booking }) {
  const rows: [string, string][] = [[c().at, dayAndTime(of.at)], [c().meet, of.meet?.text || (of.meet ? `${of.meet.lat.toFixed(5)}, ${of.meet.lon.toFixed(5)}` : "—")], [c().to, of.destination], [c().note, of.note], [c().reason, of.reason]];
  return <dl class="scout-facts">{rows.filter(([, words]) => words).map(([name, words]) => <div key={name}><dt>{name}</dt><dd>{words}</dd></div>)}</dl>;
}

function Coming({ of }: { of: Booking }) {
  const position = of.pair?.position ?? null;
  const pins = useMemo(() => ({ pins: [], radiusM: null, picked: of.meet, pair: position }), [of.meet?.lat, of.meet?.lon, position?.lat, position?.lon]);
  if (!of.pair) return null;
  return (
    <>
      <p><strong>{c().pair(of.pair.name)}</strong> {position ? c().pairAt(toMinute(position.fixed_at)) : of.code && c().noPlace}</p>
      {position && <PinsOnMap label={c().map} pins={pins} center={of.meet} follows={`${pins.pair?.lat} ${pins.pair?.lon}`} />}
    </>
  );
}

function Codes({ of }: { of: Booking }) {
  if (of.is_locked && ["assigned", "waiting"].includes(of.state)) return <p class="trouble" role="alert">{c().locked}</p>;
  if (!of.code) return null;
  return (
    <>
      <p class="attention">{c().checkFirst}</p>
      {of.wrong_codes > 0 && <p class="warn" role="status">⚠ {c().wrong(of.wrong_codes)}</p>}
      <OurCode of={of.code} hint={m().show} />
      {of.her_code_read && <p class="done">✓ {c().pairRead}</p>}
      {of.their_code_read ? <p class="done" role="status">✓ {c().read}{!of.her_code_read && ` ${c().waitHer}`}</p>
        : <TheirCode id="theirs" hint={m().type} onCode={(code) => tell("POST", `${of.booking_id}/code`, { code })} />}
    </>
  );
}

function Shown({ of }: { of: Booking }) {
  if (of.shown.length === 0) return null;
  return <details><summary>{c().shown}</summary><ul class="plain">{of.shown.map((one) => <li key={`${one.to} ${one.at}`}>{c().shownTo[one.to] ?? one.to} · {dayAndTime(one.at)}</li>)}</ul></details>;
}

function Running({ of }: { of: Booking }) {
  const isAsking = useSignal(false);
  const trouble = useSignal<Problem | null>(null);
  return (
    <article class={`item scout-booking is-${of.state}`} data-booking={of.booking_id} data-state={of.state}>
      <div class="item-head"><strong class="scout-at">{toMinute(of.at)}</strong><span class="badge" role="status">{c().state[of.state] ?? of.state}</span></div>
      {isCut.value && <p class="trouble" role="alert">{c().cut}</p>}
      {of.pair_is_late && <p class="trouble" role="alert">{c().late}</p>}
      {of.no_show_at && <p class="warn">{c().waitUntil(toMinute(of.no_show_at))}</p>}
      {of.state === "waiting" && <Codes of={of} />}
      <Facts of={of} />
      <Coming of={of} />
      {of.state !== "waiting" && <Codes of={of} />}
      {of.allowed.includes("reach_home") && <button type="button" class="primary scout-home" onClick={() => void tell("POST", `${of.booking_id}/home`).then((refused) => { trouble.value = refused; })}>{c().home}</button>}
      <p class="trouble" role="alert">{trouble.value ? said(trouble.value) : ""}</p>
      <div class="item-acts">
        {of.center?.callback && <a class="button-link" href={`tel:${of.center.callback.replace(/[^+\d]/g, "")}`}>{c().call} {of.center.callback}</a>}
        {of.allowed.includes("cancel") && <button type="button" onClick={() => { isAsking.value = true; }}>{c().cancel}</button>}
      </div>
      <Shown of={of} />
      {isAsking.value && <Sure head={c().cancelHead} yes={c().cancel} onClose={() => { isAsking.value = false; }}
        onYes={async () => { const refused = await tell("POST", `${of.booking_id}/cancel`); trouble.value = refused; }}><p>{c().cancelLead}</p></Sure>}
    </article>
  );
}

const SEOUL = { lat: 37.5665, lon: 126.978 };

/** Where she is, if she lets the page ask. */
function here(): Promise<Place> {
  return new Promise((found, failed) => navigator.geolocation.getCurrentPosition(({ coords }) => found({ lat: coords.latitude, lon: coords.longitude }), failed, { enableHighAccuracy: true, timeout: 10_000, maximumAge: 30_000 }));
}

function Book({ onClose }: { onClose: () => void }) {
  const id = useMemo(() => uuid7(Date.now()), []);
  const place = useSignal<Place | null>(null);
  const hub = useSignal("");
  const offered = useSignal<Offered | null>(null);
  const hubs = useSignal<Offered["hubs"]>([]);
  const trouble = useSignal("");
  const isBusy = useSignal(false);
  const go = (next: Place, hubId = "") => {
    place.value = next;
    hub.value = hubId;
    offered.value = null;
    trouble.value = "";
    void call<Offered>("POST", "/api/people/me/scouts/offered", next).then((found) => { if (place.peek() === next) { offered.value = found; hubs.value = found.hubs; } }, (error: unknown) => { trouble.value = said(asProblem(error)); });
  };
  const pins = useComputed(() => ({ pins: hubs.value.map((one) => ({ lat: one.lat, lon: one.lon, name: named(one) })), radiusM: null, picked: hub.value ? null : place.value, pair: null })).value;
  const nights = byNight(offered.value?.slots ?? []);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!place.value || isBusy.value) return;
    const field = (name: string) => String(new FormData(event.currentTarget as HTMLFormElement).get(name) ?? "").trim();
    isBusy.value = true;
    const refused = await tell("PUT", id, { at: field("at"), meet: place.value, meet_text: field("meet_text"), hub_id: hub.value, destination: field("destination"), note: field("note") });
    isBusy.value = false;
    if (!refused) return onClose();
    if (refused.code === "no_slot") go(place.value, hub.value);
    trouble.value = said(refused);
  };
  return (
    <Dialog title={c().book} onClose={onClose} isWide>
      <form class="scout-book" onSubmit={submit}>
        <fieldset><legend>{c().where}</legend>
          <p class="quiet-text">{c().whereHint}</p>
          <button type="button" onClick={() => void here().then((found) => go(found), () => { trouble.value = c().hereFailed; })}>{c().here}</button>
          <PinsOnMap label={c().whereMap} pins={pins} center={place.value ?? SEOUL} onPick={(next) => go(next)} follows={`${place.value?.lat} ${hubs.value.length}`} />
          {hubs.value.length > 0 && <div class="scout-hubs" role="group" aria-label={c().hubs}>{hubs.value.map((one, n) => <button key={one.hub_id} type="button" aria-pressed={hub.value === one.hub_id} onClick={() => go({ lat: one.lat, lon: one.lon }, one.hub_id)}>{n + 1} {named(one)}</button>)}</div>}
          {offered.value?.why && <p class="trouble" role="alert">{whyNot(offered.value)}</p>}
          <label>{c().words}<input name="meet_text" maxLength={120} autocomplete="off" placeholder={c().wordsHint} /></label>
        </fieldset>
        {place.value && !offered.value?.why && (
          <label>{c().when}<select name="at" required disabled={nights.length === 0}>
            {nights.length === 0 && <option value="">{offered.value ? w().nothingFree : w().looking}</option>}
            {nights.map((night) => <optgroup key={night.night} label={night.words}>{night.slots.map((slot) => <option key={slot.at} value={slot.at}>{slot.words}</option>)}</optgroup>)}
          </select></label>
        )}
        <label>{c().destination}<input name="destination" required maxLength={200} autocomplete="off" placeholder={c().destinationHint} /></label>
        <label>{c().noteAsk}<input name="note" maxLength={200} autocomplete="off" placeholder={c().noteHint} /></label>
        <p class="note">{c().who}</p>
        <p class="trouble" role="alert">{trouble.value}</p>
        <div class="sheet-actions"><button type="button" onClick={onClose}>{c().no}</button><button type="submit" class="primary" disabled={isBusy.value || nights.length === 0}>{c().yes}</button></div>
      </form>
    </Dialog>
  );
}

function Past({ all }: { all: Booking[] }) {
  const over = all.filter((one) => !RUNNING.includes(one.state) && one.booking_id !== running.value?.booking_id);
  if (over.length === 0) return null;
  return (
    <details><summary>{c().past(over.length)}</summary>
      <ul class="items">{over.map((one) => (
        <li class="item" key={one.booking_id}><div class="item-head"><strong>{dayAndTime(one.at)}</strong><span class="badge">{c().state[one.state] ?? one.state}</span></div><Facts of={one} /><Shown of={one} /></li>
      ))}</ul></details>
  );
}

export function Scouts() {
  const isBooking = useSignal(false);
  const held = running.value;
  const isRunning = held !== null && RUNNING.includes(held.state);
  return (
    <Section id="scouts-head" head={c().head} lead={c().lead}>
      {held && <Running of={held} />}
      <Loaded of={bookings} isEmpty={(all) => all.length === 0 && !held} empty={<p>{c().none}</p>}>{(all) => <Past all={all} />}</Loaded>
      {!isRunning && <button type="button" class="primary" onClick={() => { isBooking.value = true; }}>{c().book}</button>}
      {isBooking.value && <Book onClose={() => { isBooking.value = false; }} />}
    </Section>
  );
}
