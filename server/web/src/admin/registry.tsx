import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { asProblem, call } from "../api";
import { dayAndTime } from "../clock";
import { lang, said } from "../lang";
import { Loaded, useLoader } from "../loaded";
import { type Box, createRegistryMap, type RegistryMap } from "../map-registry";
import { t as more } from "../texts/camera-admin";
import { t } from "../texts/cameras";
import type { Health, Problem, RegisteredCamera } from "../wire";
import { go } from "./address";
import type { Dot } from "./cameras/wire";
import { Link } from "./kit/link";
import { Mark, type Tone } from "./kit/page";
import { Pick } from "./kit/pick";

/** The registry: a search that the server answers, all cameras on a map beside it; nobody sees a picture here. */
interface Listed { cameras: RegisteredCamera[]; by_health: Partial<Record<Health, number>>; next: string | null }
interface Wanted { health: string; words: string; stream: string; source: string; box: Box | null }
const TYPING_MS = 300;
const TONES: Record<Health, Tone> = { unknown: "calm", working: "good", dark: "wait", frozen: "wait", obstructed: "wait", down: "bad" };
const NOTHING: Wanted = { health: "", words: "", stream: "", source: "", box: null };

function fetchList({ box, ...wanted }: Wanted, after: string): Promise<Listed> {
  const query = new URLSearchParams({ after });
  for (const [name, value] of Object.entries(wanted)) if (value) query.set(name, value);
  if (box) query.set("box", [box.west, box.south, box.east, box.north].map((one) => one.toFixed(4)).join(","));
  return call<Listed>("GET", `/api/cameras/registry?${query}`);
}

export function Registry() {
  const c = t().cameras;
  const wanted = useSignal<Wanted>(NOTHING);
  const list = useSignal<Listed | null>(null);
  const problem = useSignal<Problem | null>(null);
  const map = useRef<RegistryMap | null>(null);
  const load = async (after = "") => {
    const asked = wanted.peek();
    try {
      const got = await fetchList(asked, after);
      if (asked !== wanted.peek()) return;
      list.value = after && list.peek() ? { ...got, cameras: [...list.peek()!.cameras, ...got.cameras] } : got;
      problem.value = null;
    } catch (error) {
      problem.value = asProblem(error);
    }
  };
  useEffect(() => {
    const timer = setTimeout(() => void load(), list.peek() ? TYPING_MS : 0);
    return () => clearTimeout(timer);
  }, [wanted.value]);
  const all = Object.values(list.value?.by_health ?? {}).reduce((sum, n) => sum + n, 0);
  const shown = list.value?.cameras ?? [];
  useEffect(() => map.current?.mark(isNarrowed(wanted.peek()) ? new Set(shown.map((one) => one.camera_id)) : new Set()), [list.value]);
  return (
    <>
      <p class="lead-text">{more().list.lead}</p>
      <Filters wanted={wanted.value} by={list.value?.by_health ?? {}} all={all} boxOf={() => map.current?.box() ?? null} onWanted={(next) => { wanted.value = next; }} />
      {problem.value && <p class="trouble" role="alert">{said(problem.value)} <button type="button" onClick={() => void load()}>{t().retry}</button></p>}
      <div class="registry">
        <div>
          {!list.value && !problem.value && <p role="status">{t().loading}</p>}
          {list.value && shown.length === 0 && <div class="empty"><p>{all === 0 ? c.empty : c.none}</p></div>}
          {shown.length > 0 && <Table cameras={shown} isMore={list.value?.next != null} />}
          {list.value?.next && <button type="button" class="more" onClick={() => void load(list.value!.next!)}>{t().more}</button>}
        </div>
        <DotMap held={map} />
      </div>
    </>
  );
}

const isNarrowed = ({ box, ...rest }: Wanted) => box !== null || Object.values(rest).some(Boolean);

function Filters({ wanted, by, all, boxOf, onWanted }: { wanted: Wanted; by: Listed["by_health"]; all: number; boxOf: () => Box | null; onWanted: (wanted: Wanted) => void }) {
  const c = t().cameras;
  const l = more().list;
  const set = (changed: Partial<Wanted>) => onWanted({ ...wanted, ...changed });
  return (
    <div class="filters">
      <label class="search">{c.search} <input type="search" maxLength={80} onInput={(event) => set({ words: event.currentTarget.value })} /></label>
      <Pick label={c.health} all={`${c.all} (${all})`} value={wanted.health} onPick={(health) => set({ health })}
        options={Object.entries(c.states).map(([code, name]) => [code, `${name} (${by[code as Health] ?? 0})`] as const)} />
      <Pick label={l.stream} all={l.any} value={wanted.stream} options={Object.entries(l.streams)} onPick={(stream) => set({ stream })} />
      <Pick label={l.source} all={l.any} value={wanted.source} options={Object.entries(c.sources)} onPick={(source) => set({ source })} />
      <label class="check"><input type="checkbox" checked={wanted.box !== null} onChange={(event) => set({ box: event.currentTarget.checked ? boxOf() : null })} /> {l.inBox}</label>
      {wanted.box && <button type="button" onClick={() => set({ box: boxOf() })}>{l.update}</button>}
    </div>
  );
}

function Table({ cameras, isMore }: { cameras: RegisteredCamera[]; isMore: boolean }) {
  const c = t().cameras;
  return (
    <div class="table" tabIndex={0} role="region" aria-label={t().tabs.cameras}><table>
      <caption>{t().tabs.cameras} <span class="quiet-text" role="status">{more().list.count(cameras.length, isMore)}</span></caption>
      <thead><tr>{c.head.slice(0, 5).map((name) => <th scope="col" key={name}>{name}</th>)}</tr></thead>
      <tbody>
        {cameras.map((one) => (
          <tr key={one.camera_id}>
            <th scope="row"><Link to="cameras" item={`camera:${one.camera_id}`}>{one.name}</Link>{one.is_ptz && ` · ${c.ptz}`}{one.is_private && ` · ${c.private_}`}<br /><small>{one.purpose} · {c.sources[one.source] ?? one.source}</small></th>
            <td>{one.site_address || `${one.lat.toFixed(5)}, ${one.lon.toFixed(5)}`}</td>
            <td>{one.office || "—"}<br /><small>{one.office_phone}</small></td>
            <td data-health={one.health}><Mark tone={TONES[one.health]}>{c.states[one.health]}</Mark><br /><small>{one.health_since ? c.since(dayAndTime(one.health_since)) : one.health_at ? dayAndTime(one.health_at) : c.never}</small></td>
            <td>{one.has_stream ? c.hasStream : c.noStream}</td>
          </tr>
        ))}
      </tbody>
    </table></div>
  );
}

const LOOKS = ["good", "unknown", "bare", "poor", "down"];

function DotMap({ held }: { held: { current: RegistryMap | null } }) {
  const l = more().list;
  const element = useRef<HTMLDivElement>(null);
  const loader = useLoader(() => call<{ dots: Dot[]; is_cut: boolean }>("GET", "/api/cameras/dots", undefined, 20_000), "dots");
  const state = loader.state.value;
  useEffect(() => {
    held.current = createRegistryMap(element.current!, { attribution: t().attribution, onCamera: (id) => go("cameras", `camera:${id}`) });
    return () => { held.current?.close(); held.current = null; };
  }, []);
  useEffect(() => { if (state.is === "ready") held.current?.show(state.data.dots); }, [state]);
  return (
    <div class="registry-map">
      <div class="map"><div class="canvas" ref={element} role="group" aria-label={l.map} /></div>
      <Loaded of={loader}>{(told) => <p class="quiet-text" role="status">{l.onMap(told.dots.length.toLocaleString(lang.value))} {told.is_cut && l.cut}</p>}</Loaded>
      <ul class="dot-legend" aria-label={l.legend}>{LOOKS.map((look) => <li key={look}><span class={`dot-sign dot-${look}`} aria-hidden="true" /> {l.legends[look]}</li>)}</ul>
    </div>
  );
}
