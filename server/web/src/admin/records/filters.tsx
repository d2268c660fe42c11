import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { named } from "../../lang";
import { t } from "../../texts/records";
import { centerName, centers } from "../house";
import { Icon } from "../kit/icons";
import { Pick } from "../kit/pick";
import { clear, isId, isNarrowed, narrow, type AskedSignal } from "./asked";
import type { About } from "./wire";
import { inLanguage } from "./words";

/** What of the log is shown. A choice is asked for at once, words when they are done (Enter or leaving the field). */
export function Filters({ of, about, isEvents = false }: { of: AskedSignal; about: About; isEvents?: boolean }) {
  const f = t().filters;
  const a = of.value;
  const set = (change: Partial<typeof a>) => narrow(of, change);
  return (
    <div class="log-filters" role="group" aria-label={f.label}>
      <div class="filter-row">
        <Pick label={f.range} all={f.whole} value={a.range} options={Object.entries(f.ranges)} onPick={(range) => set({ range })} />
        {a.range === "own" && <Dates of={of} />}
        <Pick label={f.center} all={f.every} value={a.center} options={centers.value.map((one) => [one.code, centerName(one.code)] as const)} onPick={(center) => set({ center })} />
        {isEvents
          ? <Pick label={f.tag} all={f.every} value={a.tag} options={Object.entries(t().subjects)} onPick={(tag) => set({ tag })} />
          : <Pick label={f.kind} all={f.every} value={a.kind} options={Object.entries(about.kinds).map(([code, words]) => [code, inLanguage(words)] as const)} onPick={(kind) => set({ kind })} />}
        {!isEvents && <Pick label={f.agency} all={f.every} value={a.agency} options={about.agencies.map((one) => [one.agency_id, named(one)] as const)} onPick={(agency) => set({ agency })} />}
        <Words key={`incident ${of.turn}`} label={f.incident} value={a.incident} trouble={(text) => (isId(text) ? "" : f.badId)} onSet={(incident) => set({ incident, range: incident ? "" : a.range || "7" })} />
        <Words key={`camera ${of.turn}`} label={f.camera} value={a.camera} onSet={(camera) => set({ camera })} />
        {!isEvents && <label class="check"><input type="checkbox" checked={a.refused} onChange={(event) => set({ refused: event.currentTarget.checked })} /> {f.refused}</label>}
      </div>
      <Chosen of={of} />
    </div>
  );
}

function Dates({ of }: { of: AskedSignal }) {
  const f = t().filters;
  const a = of.value;
  const isBad = a.from !== "" && a.to !== "" && a.from >= a.to;
  return (
    <>
      <label>{f.from} <input type="datetime-local" value={a.from} aria-invalid={isBad || undefined} onChange={(event) => narrow(of, { from: event.currentTarget.value })} /></label>
      <label>{f.to} <input type="datetime-local" value={a.to} aria-invalid={isBad || undefined} onChange={(event) => narrow(of, { to: event.currentTarget.value })} /></label>
      {isBad && <p class="trouble" role="alert">{f.badRange}</p>}
    </>
  );
}

function Words({ label, value, trouble, onSet }: { label: string; value: string; trouble?: (text: string) => string; onSet: (text: string) => void }) {
  const [typed, bad] = [useSignal(value), useSignal("")];
  useEffect(() => { typed.value = value; bad.value = ""; }, [value]); // chosen elsewhere: a link, the address
  const take = (text: string) => {
    bad.value = trouble?.(text) ?? "";
    if (!bad.value && text !== value) onSet(text);
  };
  return (
    <label>{label}
      <input type="text" maxLength={80} value={typed.value} spellcheck={false} autocomplete="off" aria-invalid={bad.value ? "true" : undefined}
        onInput={(event) => { typed.value = event.currentTarget.value; }} onChange={(event) => take(event.currentTarget.value.trim())} onKeyDown={(event) => { if (event.key === "Enter") take(event.currentTarget.value.trim()); }} />
      {bad.value && <span class="trouble" role="alert">{bad.value}</span>}
    </label>
  );
}

/** Conditions that no control shows, and the way to be rid of them all. */
function Chosen({ of }: { of: AskedSignal }) {
  const f = t().filters;
  const a = of.value;
  if (!isNarrowed(a)) return null;
  const who = f.viewer(a.viewerName || f.someone);
  return (
    <p class="chosen">
      {a.viewer && <button type="button" class="chip" aria-label={f.remove(who)} onClick={() => narrow(of, { viewer: "", viewerName: "" })}>{who} <Icon name="cross" /></button>}
      <button type="button" class="quiet" onClick={() => clear(of)}>{f.clear}</button>
    </p>
  );
}
