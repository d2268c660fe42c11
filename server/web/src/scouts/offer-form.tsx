import { useComputed, useSignal, type Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { asProblem, call } from "../api";
import { toMinute } from "../clock";
import { said } from "../lang";
import { PinsOnMap } from "../pin-map";
import { o } from "../texts/scouts-offer";
import type { Problem } from "../wire";
import { bodyOf, DAYS, faults, isNextMorning, SLOTS, type Body, type Day, type Draft, type Field, type Night, type Span } from "./offer";
import { pathOf } from "./offers-source";

/** The form of an offer, with the times that could be booked if it stood. */
type Faults = ReturnType<typeof faults>;
type Set = (change: Partial<Draft>) => void;
const USUAL: Span = { from: "22:00", until: "01:00" };

function Fault({ of, field }: { of: Faults; field: Field }) {
  const bounds = of.get(field);
  if (bounds === undefined) return null;
  return <p class="trouble" id={`wrong-${field}`} data-wrong={field}>{bounds ? o().between(...bounds) : o().wrong[field]}</p>;
}

function Group({ head, children }: { head: string; children: ComponentChildren }) {
  return <fieldset class="offer-group"><legend>{head}</legend>{children}</fieldset>;
}

function DayRow({ day, spans, onSpans }: { day: Day; spans: Span[]; onSpans: (next: Span[]) => void }) {
  const change = (n: number, part: Partial<Span>) => onSpans(spans.map((one, at) => (at === n ? { ...one, ...part } : one)));
  return (
    <li class="offer-day">
      <strong>{o().days[day]}</strong>
      <div>
        {spans.length === 0 && <span class="quiet-text">{o().closed}</span>}
        {spans.map((span, n) => (
          <span class="offer-span" key={n}>
            <input type="time" aria-label={o().spanFrom(o().days[day])} value={span.from} onInput={(event) => change(n, { from: event.currentTarget.value })} />
            <span aria-hidden="true">–</span>
            <input type="time" aria-label={o().spanUntil(o().days[day])} value={span.until} onInput={(event) => change(n, { until: event.currentTarget.value })} />
            <span class="quiet-text">{isNextMorning(span) && o().nextMorning}</span>
            <button type="button" class="quiet" aria-label={`${o().days[day]} ${span.from} ${o().remove}`} onClick={() => onSpans(spans.filter((_, at) => at !== n))}>{o().remove}</button>
          </span>
        ))}
      </div>
      {spans.length < 4 && <button type="button" class="quiet" aria-label={`${o().days[day]} ${o().add}`} onClick={() => onSpans([...spans, USUAL])}>{o().add}</button>}
    </li>
  );
}

function HoursGroup({ of, set, wrong }: { of: Draft; set: Set; wrong: Faults }) {
  const first = DAYS.map((day) => of.hours[day]).find((spans) => spans.length > 0);
  return (
    <Group head={o().hours}>
      <ul>{DAYS.map((day) => <DayRow key={day} day={day} spans={of.hours[day]} onSpans={(next) => set({ hours: { ...of.hours, [day]: next } })} />)}</ul>
      {first && <button type="button" class="quiet" onClick={() => set({ hours: Object.fromEntries(DAYS.map((day) => [day, first])) as Draft["hours"] })}>{o().toAll}</button>}
      <Fault of={wrong} field="hours" />
    </Group>
  );
}

type NumberField = "lead_min" | "ahead_days" | "trip_min" | "return_min" | "pairs";

function NumberOf({ name, of, set, wrong }: { name: NumberField; of: Draft; set: Set; wrong: Faults }) {
  return (
    <div>
      <label for={name}>{o()[name]}</label>
      <input id={name} type="number" inputMode="numeric" value={Number.isNaN(of[name]) ? "" : of[name]} aria-invalid={wrong.has(name)} aria-describedby={wrong.has(name) ? `wrong-${name}` : undefined}
        onInput={(event) => set({ [name]: event.currentTarget.valueAsNumber })} />
      <Fault of={wrong} field={name} />
    </div>
  );
}

function TimesGroup({ of, set, wrong }: { of: Draft; set: Set; wrong: Faults }) {
  return (
    <Group head={o().times}>
      <div class="offer-numbers">
        <NumberOf name="lead_min" of={of} set={set} wrong={wrong} />
        <NumberOf name="ahead_days" of={of} set={set} wrong={wrong} />
        <div><label for="slot_min">{o().slot_min}</label>
          <select id="slot_min" value={of.slot_min} onChange={(event) => set({ slot_min: Number(event.currentTarget.value) })}>{SLOTS.map((one) => <option key={one} value={one}>{one}</option>)}</select></div>
        <NumberOf name="trip_min" of={of} set={set} wrong={wrong} />
        <NumberOf name="return_min" of={of} set={set} wrong={wrong} />
        <NumberOf name="pairs" of={of} set={set} wrong={wrong} />
      </div>
      <p class="quiet-text">{o().pairsHint}</p>
    </Group>
  );
}

function AreaGroup({ of, set, wrong, center }: { of: Draft; set: Set; wrong: Faults; center: string }) {
  const pins = { pins: of.hubs.map((hub) => ({ lat: hub.lat, lon: hub.lon, name: hub.name_ko })), radiusM: of.isAround ? of.radius_m : null, picked: null, pair: null };
  const add = (place: { lat: number; lon: number }) => {
    const name = o().newHub(of.hubs.length + 1);
    set({ hubs: [...of.hubs, { ...place, hub_id: `h${Date.now().toString(36)}`, name_ko: name, name_en: "" }] });
  };
  const rename = (n: number, part: object) => set({ hubs: of.hubs.map((one, at) => (at === n ? { ...one, ...part } : one)) });
  return (
    <Group head={o().area}>
      <div class="offer-kind">
        <label class="choice"><input type="radio" name="around" checked={!of.isAround} onChange={() => set({ isAround: false })} />{o().whole}</label>
        <label class="choice"><input type="radio" name="around" checked={of.isAround} onChange={() => set({ isAround: true })} />{o().around}</label>
        {of.isAround && <div><label for="radius_m">{o().radius}</label>
          <input id="radius_m" type="number" step={100} value={of.radius_m ?? ""} onInput={(event) => set({ radius_m: event.currentTarget.valueAsNumber })} /><Fault of={wrong} field="radius_m" /></div>}
      </div>
      <p class="quiet-text">{o().hubsHint}</p>
      <div class="offer-map">
        <PinsOnMap label={o().map} pins={pins} outlineOf={center} center={of.hubs[0] ?? null} onPick={add} follows={of.starts_on} />
        <div>
          <h3>{o().hubs} <span class="count">{of.hubs.length}</span></h3>
          {of.hubs.length === 0 && <p class="quiet-text">{o().noHubs}</p>}
          <ol>{of.hubs.map((hub, n) => (
            <li key={hub.hub_id}><b aria-hidden="true">{n + 1}</b>
              <input aria-label={o().hubKo(n + 1)} value={hub.name_ko} maxLength={80} onInput={(event) => rename(n, { name_ko: event.currentTarget.value })} />
              <input aria-label={o().hubEn(n + 1)} value={hub.name_en} placeholder="English" maxLength={80} onInput={(event) => rename(n, { name_en: event.currentTarget.value })} />
              <button type="button" class="quiet" aria-label={`${hub.name_ko} ${o().remove}`} onClick={() => set({ hubs: of.hubs.filter((_, at) => at !== n) })}>{o().remove}</button></li>
          ))}</ol>
          <Fault of={wrong} field="hubs" />
        </div>
      </div>
    </Group>
  );
}

function BlackoutGroup({ of, set }: { of: Draft; set: Set }) {
  const day = useSignal("");
  const add = () => { if (day.value && !of.blackout.includes(day.value)) set({ blackout: [...of.blackout, day.value].sort() }); day.value = ""; };
  return (
    <Group head={o().blackout}>
      <ul class="offer-days-off">
        {of.blackout.length === 0 && <li class="quiet-text">{o().noBlackout}</li>}
        {of.blackout.map((one) => <li key={one}>{one} <button type="button" class="quiet" aria-label={`${one} ${o().remove}`} onClick={() => set({ blackout: of.blackout.filter((other) => other !== one) })}>{o().remove}</button></li>)}
      </ul>
      <p class="offer-add"><input type="date" aria-label={o().blackoutDay} value={day.value} onInput={(event) => { day.value = event.currentTarget.value; }} /><button type="button" onClick={add} disabled={!day.value}>{o().addDay}</button></p>
    </Group>
  );
}

/** Asked anew when the form has rested for a moment. */
function Preview({ of, center, tonight, isWrong }: { of: Draft; center: string; tonight: string; isWrong: boolean }) {
  const nights = useSignal<Night[] | null>(null);
  const refused = useSignal<Problem | null>(null);
  useEffect(() => {
    if (isWrong) { nights.value = null; return; }
    const timer = setTimeout(() => {
      void call<{ nights: Night[] }>("POST", `${pathOf(center, of.starts_on)}/preview`, bodyOf(of)).then(
        (found) => { nights.value = found.nights; refused.value = null; }, (error: unknown) => { refused.value = asProblem(error); nights.value = null; });
    }, 500);
    return () => clearTimeout(timer);
  }, [of, isWrong]);
  const first = nights.value?.[0];
  return (
    <section class="offer-preview" aria-labelledby="preview-head" aria-live="polite">
      <h3 id="preview-head">{o().preview}</h3>
      {isWrong ? <p>{o().previewWait}</p> : refused.value ? <p class="trouble">{said(refused.value)}</p> : nights.value === null ? <p>{o().checking}</p> : (
        <>
          <p>{o().who(of.hubs.length, of.isAround ? of.radius_m : null)}</p>
          {!first ? <p class="warn">{o().previewNone}</p> : (
            <>
              <h4>{first.night === tonight ? o().tonight : o().night(first.night)}</h4>
              <ul class="offer-slots" tabIndex={0} aria-labelledby="preview-head">{first.slots.map((slot) => <li key={slot.at} class={slot.left === 0 ? "is-full" : ""}><strong>{toMinute(slot.at)}</strong> {o().left(slot.left)}</li>)}</ul>
              {nights.value.length > 1 && <p class="quiet-text">{o().more(nights.value.length - 1)}</p>}
            </>
          )}
        </>
      )}
    </section>
  );
}

export function OfferForm({ center, first, tonight, onSave, onClose }: {
  center: string; first: Draft; tonight: string; onSave: (startsOn: string, body: Body) => Promise<void>; onClose: () => void;
}) {
  const draft: Signal<Draft> = useSignal(first);
  const refused = useSignal<Problem | null>(null);
  const isBusy = useSignal(false);
  const wrong = useComputed(() => faults(draft.value)).value;
  const set: Set = (change) => { draft.value = { ...draft.peek(), ...change }; };
  const of = draft.value;
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    if (wrong.size > 0) return document.querySelector<HTMLElement>("[data-wrong]")?.scrollIntoView({ block: "center" });
    isBusy.value = true;
    await onSave(of.starts_on, bodyOf(of)).catch((error: unknown) => { refused.value = asProblem(error); });
    isBusy.value = false;
  };
  return (
    <form class="offer-form" onSubmit={save} novalidate>
      <div class="offer-fields">
        <Group head={o().startsOn}>
          <div class="two-fields">
            <div><label for="starts_on">{o().startsOn}</label><input id="starts_on" type="date" value={of.starts_on} onInput={(event) => set({ starts_on: event.currentTarget.value })} /><Fault of={wrong} field="starts_on" /></div>
            <div><label for="ends_on">{o().endsOn}</label><input id="ends_on" type="date" value={of.ends_on ?? ""} onInput={(event) => set({ ends_on: event.currentTarget.value || null })} /><Fault of={wrong} field="ends_on" /></div>
          </div>
        </Group>
        <HoursGroup of={of} set={set} wrong={wrong} />
        <TimesGroup of={of} set={set} wrong={wrong} />
        <AreaGroup of={of} set={set} wrong={wrong} center={center} />
        <BlackoutGroup of={of} set={set} />
      </div>
      <div class="offer-side">
        <Preview of={of} center={center} tonight={tonight} isWrong={wrong.size > 0} />
        {refused.value && <p class="trouble" role="alert">{said(refused.value)}</p>}
        <div class="sheet-buttons"><button type="button" onClick={onClose}>{o().cancel}</button><button type="submit" class="primary" disabled={isBusy.value}>{o().save}</button></div>
      </div>
    </form>
  );
}
