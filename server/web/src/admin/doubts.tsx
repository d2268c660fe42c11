import { signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { asProblem, call } from "../api";
import { distanceM } from "../geo";
import { lang, said } from "../lang";
import { createPairMap, type PairMap, type Spot } from "../map-pair";
import { t } from "../texts/cameras";
import type { Doubt, Problem } from "../wire";

/** Doubtful rows of imports: what is written, what is suggested, both on a small map; decided by a person, and undone. */
interface Place { lat: number; lon: number }
interface Page { doubts: Doubt[]; by_reason: Record<string, number>; next: string | null }

const filter = signal<{ state: Doubt["state"]; reason: string; batch: string }>({ state: "open", reason: "", batch: "" });
const page = signal<Page | null>(null);
const chosenId = signal<string | null>(null);
const problem = signal<Problem | null>(null);
const told = signal("");
const PER_PAGE = 100;

async function fetchPage(after: string | null): Promise<Page> {
  const query = new URLSearchParams({ state: filter.peek().state, limit: String(PER_PAGE) });
  if (filter.peek().reason) query.set("reason", filter.peek().reason);
  if (filter.peek().batch) query.set("batch_id", filter.peek().batch);
  if (after) query.set("after", after);
  return call<Page>("GET", `/api/cameras/doubts?${query}`);
}

async function load(): Promise<void> {
  try {
    page.value = await fetchPage(null);
    problem.value = null;
    if (!page.value.doubts.some((one) => one.doubt_id === chosenId.peek())) chosenId.value = page.value.doubts[0]?.doubt_id ?? null;
  } catch (error) {
    problem.value = asProblem(error);
  }
}

async function more(): Promise<void> {
  const held = page.peek();
  if (!held?.next) return;
  const next = await fetchPage(held.next).catch((error) => { problem.value = asProblem(error); return null; });
  if (next) page.value = { ...next, doubts: [...held.doubts, ...next.doubts] };
}

export function showBatch(batch: string): void {
  filter.value = { state: "open", reason: "", batch };
}

function placeOf(lat: unknown, lon: unknown): Place | null {
  const [north, east] = [Number(lat), Number(lon)];
  const isThere = lat !== "" && lat != null && lon !== "" && lon != null && Number.isFinite(north) && Number.isFinite(east);
  return isThere && Math.abs(north) <= 90 && Math.abs(east) <= 180 ? { lat: north, lon: east } : null;
}

const written = (one: Doubt) => placeOf(one.row.lat, one.row.lon);
const suggested = (one: Doubt) => placeOf(one.suggestion?.lat, one.suggestion?.lon);
const words = (place: Place) => t().doubts.place(place.lat.toFixed(5), place.lon.toFixed(5));
const reasonOf = (one: Doubt) => (lang.value === "ko" ? one.reason_ko : one.reason_en);
const addressOf = (one: Doubt) => String(one.row.road_address ?? one.row.lot_address ?? one.row.name ?? "");

/** Another row is chosen only after the answer: what was decided stays in sight, with its undo. */
async function decide(one: Doubt, what: "accept" | "reject" | "reopen", body: object = {}): Promise<void> {
  try {
    const got = await call<{ doubt: Doubt }>("POST", `/api/cameras/doubts/${one.doubt_id}/${what}`, body);
    problem.value = null;
    told.value = t().doubts.done[got.doubt.state];
    const held = page.peek();
    if (held) {
      const left = { ...held.by_reason };
      if (filter.peek().state === "open") left[one.reason] = Math.max(0, (left[one.reason] ?? 0) + (got.doubt.state === "open" ? 1 : -1));
      page.value = { ...held, by_reason: left, doubts: held.doubts.map((old) => (old.doubt_id === one.doubt_id ? got.doubt : old)) };
    }
  } catch (error) {
    problem.value = asProblem(error);
  }
}

/** All suggestions of one reason, import by import; each can be undone like any other. */
async function decideTogether(reason: string): Promise<void> {
  let [accepted, skipped] = [0, 0];
  try {
    for (const batch of new Set(page.peek()?.doubts.map((one) => one.batch_id))) {
      for (;;) {
        const got = await call<{ accepted: number; skipped: number; left: number }>("POST", "/api/cameras/doubts/accept", { batch_id: batch, reason }, 60_000);
        accepted += got.accepted;
        if (got.accepted === 0 || got.left === 0) { skipped += got.skipped; break; }
      }
    }
    told.value = t().doubts.togetherDone(accepted, skipped);
  } catch (error) {
    problem.value = asProblem(error);
  }
  await load();
}

function Comparison({ one, picked, onPick }: { one: Doubt; picked: Place | null; onPick: (place: Place) => void }) {
  const element = useRef<HTMLDivElement>(null);
  const map = useRef<PairMap | null>(null);
  const d = t().doubts;
  useEffect(() => {
    map.current = createPairMap(element.current!, t().attribution, onPick);
    return () => { map.current?.close(); map.current = null; };
  }, [one.doubt_id]);
  useEffect(() => {
    const near = suggested(one) ?? written(one);
    const query = near ? `lat=${near.lat}&lon=${near.lon}&limit=5` : "lat=37.5&lon=127&limit=9";
    call<GeoJSON.FeatureCollection>("GET", `/api/jurisdictions?${query}`).then((shape) => map.current?.outline(shape), () => undefined);
  }, [one.doubt_id]);
  useEffect(() => {
    const spots: (Spot | null)[] = [
      spotOf(written(one), d.mapOld, "old"), spotOf(suggested(one), d.mapNew, "new"), spotOf(picked, d.mapPick, "picked"),
    ];
    map.current?.show(spots.filter((spot) => spot !== null));
  }, [one.doubt_id, picked, lang.value]);
  return <div class="map"><div class="canvas" ref={element} role="group" aria-label={d.map} /></div>;
}

function spotOf(place: Place | null, label: string, kind: Spot["kind"]): Spot | null {
  return place && { ...place, label, kind };
}

function Facts({ one }: { one: Doubt }) {
  const d = t().doubts;
  const [old, next] = [written(one), suggested(one)];
  const far = old && next ? ` · ${d.moved(t().metres(Math.round(distanceM(old, next))))}` : "";
  const suggestion = next ? [words(next), one.suggestion?.in].filter(Boolean).join(" · ") + far : one.is_imported ? d.imported : one.suggestion?.how === "leave_out" ? d.leaveOut : d.noSuggestion;
  return (
    <dl class="facts">
      <div><dt>{d.reason}</dt><dd><strong>{reasonOf(one)}</strong></dd></div>
      <div><dt>{d.written}</dt><dd>{[one.row.lat, one.row.lon].filter(Boolean).join(", ") || [one.row.x_m, one.row.y_m].filter(Boolean).join(", ") || "—"}</dd></div>
      <div><dt>{d.suggestion}</dt><dd>{suggestion}</dd></div>
      <div><dt>{d.address}</dt><dd>{addressOf(one) || "—"}</dd></div>
    </dl>
  );
}

function PlaceFields({ picked, onPick }: { picked: Place | null; onPick: (place: Place) => void }) {
  const d = t().doubts;
  const lat = useRef<HTMLInputElement>(null);
  const lon = useRef<HTMLInputElement>(null);
  const change = () => {
    const place = placeOf(lat.current?.value, lon.current?.value);
    if (place) onPick(place);
  };
  return (
    <p class="place-fields">
      <span>{d.mapHint}</span>
      <label>{d.latIn} <input ref={lat} inputMode="decimal" value={picked ? picked.lat.toFixed(6) : ""} onChange={change} /></label>
      <label>{d.lonIn} <input ref={lon} inputMode="decimal" value={picked ? picked.lon.toFixed(6) : ""} onChange={change} /></label>
    </p>
  );
}

function Detail({ one }: { one: Doubt }) {
  const d = t().doubts;
  const picked = useSignal<Place | null>(null);
  const canAccept = suggested(one) !== null || one.is_imported || one.suggestion?.how === "leave_out";
  return (
    <section class="doubt" aria-labelledby="doubt-head" data-doubt={one.doubt_id} data-state={one.state}>
      <h2 id="doubt-head">{d.where(one.file, one.line)} <small>{d.state[one.state]}</small></h2>
      <Facts one={one} />
      <Comparison one={one} picked={picked.value} onPick={(place) => { if (one.state === "open") picked.value = place; }} />
      {one.state === "open"
        ? (
          <>
            <PlaceFields picked={picked.value} onPick={(place) => { picked.value = place; }} />
            <div class="buttons">
              {picked.value
                ? <button type="button" class="primary" onClick={() => void decide(one, "accept", picked.value!)}>{d.acceptPlace}</button>
                : <button type="button" class="primary" disabled={!canAccept} onClick={() => void decide(one, "accept")}>{d.accept}</button>}
              {written(one) && !one.is_imported && <button type="button" onClick={() => void decide(one, "accept", { as_it_is: true })}>{d.asItIs}</button>}
              <button type="button" onClick={() => void decide(one, "reject")}>{d.reject}</button>
            </div>
          </>
        )
        : <div class="buttons"><button type="button" onClick={() => void decide(one, "reopen")}>{d.undo}</button></div>}
    </section>
  );
}

function Filters() {
  const d = t().doubts;
  const f = filter.value;
  const reasons = Object.entries(page.value?.by_reason ?? {});
  const nameOf = (code: string) => { const one = page.value?.doubts.find((doubt) => doubt.reason === code); return one ? reasonOf(one) : code; };
  const sure = useSignal(false);
  const count = f.reason ? page.value?.by_reason[f.reason] ?? 0 : 0;
  return (
    <div class="filters">
      <label>{d.stateLabel} <select value={f.state} onChange={(event) => { filter.value = { ...f, reason: "", state: event.currentTarget.value as Doubt["state"] }; }}>
        {Object.entries(d.state).map(([code, name]) => <option key={code} value={code}>{name}</option>)}
      </select></label>
      <label>{d.reason} <select value={f.reason} onChange={(event) => { sure.value = false; filter.value = { ...f, reason: event.currentTarget.value }; }}>
        <option value="">{d.all}</option>
        {reasons.map(([code, n]) => <option key={code} value={code}>{nameOf(code)} ({n})</option>)}
      </select></label>
      {f.state === "open" && count > 0 && (
        <button type="button" class={sure.value ? "danger" : ""} onClick={() => { if (sure.value) void decideTogether(f.reason); sure.value = !sure.value; }}>
          {d.together(count)}{sure.value ? " !" : ""}
        </button>
      )}
    </div>
  );
}

export function Doubts() {
  const d = t().doubts;
  const f = filter.value;
  useEffect(() => { told.value = ""; void load(); }, [f.state, f.reason, f.batch]);
  const list = page.value?.doubts ?? [];
  const chosen = list.find((one) => one.doubt_id === chosenId.value) ?? null;
  return (
    <>
      <p>{d.lead}</p>
      <Filters />
      <p role="status" class="told">{told.value}</p>
      {problem.value && <p class="trouble" role="alert">{said(problem.value)} <button type="button" onClick={() => void load()}>{t().retry}</button></p>}
      {!page.value && !problem.value && <p>{t().loading}</p>}
      {page.value && list.length === 0 && <div class="empty"><p>{f.state === "open" ? d.none : d.noneDecided}</p>{f.state === "open" && <p>{d.noneHint}</p>}</div>}
      {list.length > 0 && (
        <div class="doubts">
          <nav aria-label={d.list}>
            <ul>
              {list.map((one) => (
                <li key={one.doubt_id}>
                  <button type="button" class={one.doubt_id === chosenId.value ? "chosen" : ""} aria-current={one.doubt_id === chosenId.value ? "true" : undefined}
                    data-state={one.state} onClick={() => { chosenId.value = one.doubt_id; told.value = ""; problem.value = null; }}>
                    <strong>{one.state === "open" ? "" : one.state === "accepted" ? "✓ " : "✕ "}{reasonOf(one)}</strong>
                    <span>{addressOf(one)}</span>
                    <small>{d.where(one.file, one.line)}{one.state !== "open" && ` · ${d.state[one.state]}`}</small>
                  </button>
                </li>
              ))}
            </ul>
            {page.value?.next && <button type="button" onClick={() => void more()}>{t().more}</button>}
          </nav>
          {chosen ? <Detail key={chosen.doubt_id} one={chosen} /> : <div class="empty"><p>{d.choose}</p></div>}
        </div>
      )}
    </>
  );
}
