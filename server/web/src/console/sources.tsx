import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asProblem, call } from "../api";
import { now, toMinute } from "../clock";
import { said } from "../lang";
import { so, type SourceKind } from "../texts/sources";
import { t } from "../texts/console";
import { readPlace } from "../traffic/note-sheet";
import type { IncidentCard, Problem, SecondSource } from "../wire";
import { lookFrom } from "./map-cameras";
import { caller } from "./map-facts";
import { away } from "./map-words";
import { feed } from "./seat";
import { ageOf, draft, loadSources, nameOf, picking, sources, type Track, tracks } from "./sources-state";
import "../styles/sources.css";

/** Entering, reading and withdrawing what others say of her place. The form stays in the panel, since the place may be
 * picked on the map beside it. */
const KINDS: SourceKind[] = ["telco", "family", "caller_said", "car", "device"];
const MINUTE_MS = 60_000;
const entering = signal<string | null>(null);

const isWithin = (text: string, least: number, most: number) => text.trim() !== "" && Number(text) >= least && Number(text) <= most;
const written = (place: { lat: number; lon: number }) => `${place.lat.toFixed(5)}, ${place.lon.toFixed(5)}`;

/** The same source by the same name goes on where it was. */
function continued(kind: SourceKind, label: string): string | undefined {
  return tracks.peek().find(({ newest }) => newest.kind === kind && newest.label === label)?.id;
}

function Entry({ card, onDone }: { card: IncidentCard; onDone: () => void }) {
  const f = so().form;
  const entryId = useSignal(crypto.randomUUID());
  const kind = useSignal<SourceKind>("telco");
  const place = useSignal("");
  const radius = useSignal("500");
  const minutes = useSignal("0");
  const label = useSignal("");
  const reference = useSignal("");
  const problem = useSignal<Problem | null>(null);
  const isBusy = useSignal(false);
  const at = readPlace(place.value);
  const isRadius = isWithin(radius.value, 1, 50_000);
  const isTime = isWithin(minutes.value, 0, 1440);
  useEffect(() => {
    draft.value = at && isRadius ? { ...at, radius_m: Number(radius.value) } : null;
  }, [place.value, radius.value]);
  useEffect(() => () => { draft.value = null; picking.value = null; }, []);
  const pick = () => {
    picking.value = picking.peek() ? null : (chosen) => { place.value = written(chosen); picking.value = null; };
  };
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!at || !isRadius || !isTime || isBusy.peek()) return;
    isBusy.value = true;
    const body = {
      entry_id: entryId.peek(), source_id: continued(kind.peek(), label.peek().trim()), kind: kind.peek(), ...at, radius_m: Number(radius.peek()),
      fixed_at: new Date(now.peek() - Number(minutes.peek()) * MINUTE_MS).toISOString(), label: label.peek().trim(), reference: reference.peek().trim(),
    };
    problem.value = await call("POST", `/api/incidents/${card.incident_id}/sources`, body).then(() => null, asProblem);
    isBusy.value = false;
    if (problem.peek()) return;
    await loadSources(card.incident_id);
    onDone();
  };
  return (
    <form class="source-form" onSubmit={send} onKeyDown={(event) => { if (event.key === "Escape") { event.stopPropagation(); onDone(); } }}>
      <fieldset>
        <legend>{f.kind}</legend>
        {KINDS.map((one) => <label class="choice" key={one}><input type="radio" name="source-kind" checked={kind.value === one} onChange={() => { kind.value = one; }} /> {so().kinds[one]}</label>)}
      </fieldset>
      <label for="source-place">{f.place}</label>
      <span class="source-place">
        <input id="source-place" inputMode="text" autocomplete="off" autofocus placeholder={f.placeHint} aria-describedby="source-place-hint" value={place.value} onInput={(event) => { place.value = event.currentTarget.value; }} />
        <button type="button" aria-pressed={picking.value !== null} onClick={pick}>{picking.value ? f.picking : f.pick}</button>
      </span>
      <small id="source-place-hint" class={at || !place.value ? "hidden-text" : "warn"}>{at || !place.value ? f.placeHint : f.badPlace}</small>
      <span class="source-pair">
        <label>{f.radius}<input type="number" inputMode="numeric" min={1} max={50000} required value={radius.value} onInput={(event) => { radius.value = event.currentTarget.value; }} /></label>
        <label>{f.minutes}<input type="number" inputMode="numeric" min={0} max={1440} required value={minutes.value} onInput={(event) => { minutes.value = event.currentTarget.value; }} /></label>
      </span>
      {!isRadius && <small class="warn">{f.badRadius}</small>}
      {!isTime && <small class="warn">{f.badMinutes}</small>}
      <span class="source-pair">
        <label>{f.label}<input maxLength={80} autocomplete="off" placeholder={f.labelHint} value={label.value} onInput={(event) => { label.value = event.currentTarget.value; }} /></label>
        <label>{f.reference}<input maxLength={80} autocomplete="off" value={reference.value} onInput={(event) => { reference.value = event.currentTarget.value; }} /></label>
      </span>
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
      <p class="quiet-text">{f.apart}</p>
      <div class="source-buttons">
        <button type="button" onClick={onDone}>{f.cancel} <kbd aria-hidden="true">Esc</kbd></button>
        <button type="submit" class="primary" disabled={isBusy.value || !at || !isRadius || !isTime || feed.link.state.value === "lost"}>{f.save}</button>
      </div>
    </form>
  );
}

function Line({ track, onWithdraw }: { track: Track; onWithdraw: (one: SecondSource) => void }) {
  const { newest, entries } = track;
  const from = caller.value;
  const facts = [so().radius(t().metres(Math.round(newest.radius_m))), so().at(toMinute(newest.fixed_at)), from && so().away(...away(from, newest)), entries.length > 1 && so().places(entries.length)];
  return (
    <li data-source={track.id} data-kind={newest.kind}>
      <span class="source-head"><span class="source-sign" aria-hidden="true" /><strong>{nameOf(newest)}</strong> <span class="source-age">{ageOf(newest)}</span></span>
      <span>{facts.filter(Boolean).join(" · ")}</span>
      <span class="source-foot">
        <small>{[newest.reference, so().by(newest.by)].filter(Boolean).join(" · ")}</small>
        <button type="button" class="link" aria-label={`${so().look}: ${nameOf(newest)}`} onClick={() => { lookFrom.value = { lat: newest.lat, lon: newest.lon, name: nameOf(newest) }; }}>{so().look}</button>
        <button type="button" class="link" disabled={feed.link.state.value === "lost"} aria-label={`${so().withdraw}: ${nameOf(newest)}`} onClick={() => onWithdraw(newest)}>{so().withdraw}</button>
      </span>
    </li>
  );
}

export function Sources({ card }: { card: IncidentCard }) {
  const gone = useSignal<string | null>(null);
  const problem = useSignal<Problem | null>(null);
  const told = sources.value;
  if (told.incidentId !== card.incident_id) return null;
  const isOpen = entering.value === card.incident_id;
  const send = async (method: "DELETE" | "POST", id: string, path = "") => {
    problem.value = await call(method, `/api/incidents/${card.incident_id}/sources/${id}${path}`, method === "POST" ? {} : undefined).then(() => null, asProblem);
    if (!problem.value) gone.value = method === "DELETE" ? id : null;
    await loadSources(card.incident_id);
  };
  return (
    <section class="sources" aria-labelledby="sources-head" data-sources={told.list?.length}>
      <div class="sources-head">
        <h3 id="sources-head">{so().head}</h3>
        {!isOpen && <button type="button" class="quiet" id="sources-add" disabled={feed.link.state.value === "lost"} onClick={() => { gone.value = null; entering.value = card.incident_id; }}>{so().add}</button>}
      </div>
      {told.isFailed && <p class="trouble" role="status">{so().failed} <button type="button" onClick={() => void loadSources(card.incident_id)}>{so().retry}</button></p>}
      {told.list?.length === 0 && !isOpen && !gone.value && <p class="hidden-text">{so().none}</p>}
      {tracks.value.length > 0 && <ul>{tracks.value.map((one) => <Line key={one.id} track={one} onWithdraw={(entry) => void send("DELETE", entry.entry_id)} />)}</ul>}
      {gone.value && <p class="source-undo" role="status">{so().withdrawn} <button type="button" class="quiet" onClick={() => void send("POST", gone.peek()!, "/restore")}>{so().undo}</button></p>}
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
      {isOpen && <Entry card={card} onDone={() => { entering.value = null; requestAnimationFrame(() => document.getElementById("sources-add")?.focus()); }} />}
    </section>
  );
}
