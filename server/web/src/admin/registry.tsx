import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asProblem, call } from "../api";
import { dayAndTime } from "../clock";
import { said } from "../lang";
import { t } from "../texts/cameras";
import type { Health, Problem, RegisteredCamera } from "../wire";

/** The registry's cameras and what their pictures are worth; nobody sees a picture here. */
interface Listed { cameras: RegisteredCamera[]; by_health: Partial<Record<Health, number>>; next: string | null }
const TYPING_MS = 300;
const SIGN: Record<Health, string> = { unknown: "○", working: "●", dark: "▲", frozen: "▲", obstructed: "▲", down: "✕" };

function fetchList(health: string, words: string, after: string): Promise<Listed> {
  const query = new URLSearchParams({ words, after });
  if (health) query.set("health", health);
  return call<Listed>("GET", `/api/cameras/registry?${query}`);
}

function HealthCell({ camera }: { camera: RegisteredCamera }) {
  const c = t().cameras;
  const isBad = !["working", "unknown"].includes(camera.health);
  return (
    <td data-health={camera.health}><span class={isBad ? "warn" : ""}><span aria-hidden="true">{SIGN[camera.health]}</span> {c.states[camera.health]}</span>
      <br /><small>{camera.health_since ? c.since(dayAndTime(camera.health_since)) : camera.health_at ? dayAndTime(camera.health_at) : c.never}</small></td>
  );
}

function Table({ cameras }: { cameras: RegisteredCamera[] }) {
  const c = t().cameras;
  return (
    <div class="table" tabIndex={0} role="region" aria-label={t().tabs.cameras}><table>
      <thead><tr>{c.head.map((name) => <th scope="col" key={name}>{name}</th>)}</tr></thead>
      <tbody>
        {cameras.map((one) => (
          <tr key={one.camera_id}>
            <td><strong>{one.name}</strong>{one.is_ptz && ` · ${c.ptz}`}{one.is_private && ` · ${c.private_}`}<br /><small>{one.camera_id} · {one.purpose}</small></td>
            <td>{one.site_address || `${one.lat.toFixed(5)}, ${one.lon.toFixed(5)}`}</td>
            <td>{one.office || "—"}<br /><small>{one.office_phone}</small></td>
            <HealthCell camera={one} />
            <td>{one.has_stream ? c.hasStream : c.noStream}</td>
            <td>{c.sources[one.source] ?? one.source}</td>
          </tr>
        ))}
      </tbody>
    </table></div>
  );
}

export function Registry() {
  const c = t().cameras;
  const health = useSignal("");
  const words = useSignal("");
  const list = useSignal<Listed | null>(null);
  const problem = useSignal<Problem | null>(null);
  const load = async (after = "") => {
    const asked = `${health.peek()} ${words.peek()}`;
    try {
      const got = await fetchList(health.peek(), words.peek(), after);
      if (asked !== `${health.peek()} ${words.peek()}`) return;
      list.value = after && list.peek() ? { ...got, cameras: [...list.peek()!.cameras, ...got.cameras] } : got;
      problem.value = null;
    } catch (error) {
      problem.value = asProblem(error);
    }
  };
  useEffect(() => {
    const timer = setTimeout(() => void load(), list.peek() ? TYPING_MS : 0);
    return () => clearTimeout(timer);
  }, [health.value, words.value]);
  const all = Object.values(list.value?.by_health ?? {}).reduce((sum, n) => sum + n, 0);
  return (
    <>
      <p>{c.lead}</p>
      <div class="filters">
        <label>{c.health} <select value={health.value} onChange={(event) => { health.value = event.currentTarget.value; }}>
          <option value="">{c.all} ({all})</option>
          {Object.entries(c.states).map(([code, name]) => <option key={code} value={code}>{name} ({list.value?.by_health[code as Health] ?? 0})</option>)}
        </select></label>
        <label class="search">{c.search} <input type="search" maxLength={80} onInput={(event) => { words.value = event.currentTarget.value; }} /></label>
      </div>
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
      {!list.value && !problem.value && <p>{t().loading}</p>}
      {list.value?.cameras.length === 0 && <div class="empty"><p>{all === 0 ? c.empty : c.none}</p></div>}
      {list.value && list.value.cameras.length > 0 && <Table cameras={list.value.cameras} />}
      {list.value?.next && <button type="button" onClick={() => void load(list.value!.next!)}>{t().more}</button>}
    </>
  );
}
