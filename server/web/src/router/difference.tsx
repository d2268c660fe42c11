import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Panel } from "../admin/kit/page";
import { Pick } from "../admin/kit/pick";
import { DataTable, type Column } from "../admin/kit/table";
import { lang, named } from "../lang";
import { createAreaMap, type AreaMapHandle } from "../map-areas";
import { t as frame } from "../texts/router";
import { t } from "../texts/router-borders";
import { ask } from "./session";
import type { Change, ChangeKind, Changes, Named, Outlines } from "./wire";

interface Row extends Change { number: number }
/** A new one for each press: who has moved the map sees the place again. */
interface Lit { number: number }
const KINDS: readonly ChangeKind[] = ["moved", "lost", "gained", "recoded"];
const MOST_CODES = 60;
const MOST_NAMED = 12;

/** Two versions on one map and in one table: old dashed, new solid, the land between filled. */
export function Difference({ from, to, of }: { from: string; to: string; of: Changes }) {
  const b = t();
  const kind = useSignal("");
  const lit = useSignal<Lit | null>(null);
  const light = (number: number) => { lit.value = { number }; };
  const rows = useMemo(() => of.features.map((one, number) => ({ ...one.properties, number })), [of]);
  if (rows.length === 0) return <Panel title={b.changesTitle} id="changes-title"><p class="empty">{b.noChanges}</p></Panel>;
  return (
    <Panel title={b.changesTitle} id="changes-title" actions={<button type="button" class="quiet" onClick={() => { lit.value = null; }}>{b.seeAll}</button>}>
      <PerCenter rows={rows} />
      <div class="difference">
        <div class="map-box">
          <DiffMap from={from} to={to} of={of} lit={lit.value} onChange={light} />
          <ul class="diff-legend">
            {(["before", "after", ...KINDS.filter((one) => rows.some((row) => row.kind === one))] as const).map((one) => <li key={one}><span class={`key ${one}`} aria-hidden="true" />{b.legend[one]}</li>)}
          </ul>
        </div>
        <ChangeTable rows={rows.filter((one) => !kind.value || one.kind === kind.value)} lit={lit.value?.number ?? null} onLight={light}
          filters={<Pick label={b.changeHead.kind} all={b.allKinds} value={kind.value} onPick={(next) => { kind.value = next; }} options={KINDS.map((one) => [one, b.kind[one]] as const)} />} />
      </div>
    </Panel>
  );
}

/** "안양시 +0.8 km²": what each center gains or loses, the most first. */
function PerCenter({ rows }: { rows: readonly Row[] }) {
  const b = t();
  const sums = new Map<string, { center: Named; km2: number }>();
  const add = (center: Named | null, km2: number) => {
    if (!center) return;
    const held = sums.get(center.code) ?? { center, km2: 0 };
    sums.set(center.code, { center, km2: held.km2 + km2 });
  };
  for (const one of rows) if (one.kind !== "recoded") { add(one.from, -one.km2); add(one.to, one.km2); }
  const list = [...sums.values()].filter((one) => Math.abs(one.km2) >= 0.0001).sort((x, y) => Math.abs(y.km2) - Math.abs(x.km2));
  return (
    <ul class="per-center" aria-label={b.perCenter}>
      {list.slice(0, MOST_NAMED).map((one) => <li key={one.center.code} class={one.km2 > 0 ? "gains" : "loses"}>{one.km2 > 0 ? b.gains(named(one.center), b.km2(one.km2)) : b.loses(named(one.center), b.km2(-one.km2))}</li>)}
      {list.length > MOST_NAMED && <li class="quiet-text">{b.andMore(list.length - MOST_NAMED)}</li>}
    </ul>
  );
}

function ChangeTable({ rows, lit, onLight, filters }: { rows: Row[]; lit: number | null; onLight: (number: number) => void; filters: preact.ComponentChildren }) {
  const b = t();
  const name = (center: Named | null) => (center ? named(center) : b.nobody);
  const columns: Column<Row>[] = [
    { id: "from", title: b.changeHead.from, value: (one) => name(one.from) },
    { id: "to", title: b.changeHead.to, value: (one) => name(one.to) },
    { id: "kind", title: b.changeHead.kind, value: (one) => b.kind[one.kind] },
    { id: "km2", title: b.changeHead.km2, value: (one) => one.km2, cell: (one) => b.km2(one.km2), isNumber: true },
    { id: "see", title: b.changeHead.see, value: () => "", isAction: true, cell: (one) => <button type="button" aria-pressed={lit === one.number} aria-label={`${name(one.from)} → ${name(one.to)}: ${b.see}`} onClick={() => onLight(one.number)}>{b.see}</button> },
  ];
  return <DataTable caption={b.changesTitle} columns={columns} rows={rows} keyOf={(one) => String(one.number)} start={{ id: "km2", down: true }} filters={filters} csv="ansim-boundary-changes.csv" />;
}

function DiffMap({ from, to, of, lit, onChange }: { from: string; to: string; of: Changes; lit: Lit | null; onChange: (number: number) => void }) {
  const element = useRef<HTMLDivElement>(null);
  const map = useRef<AreaMapHandle | null>(null);
  const change = useRef(onChange);
  change.current = onChange;
  const shown = useRef(lit);
  shown.current = lit;
  const look = () => {
    const number = shown.current?.number ?? null;
    const one = number === null ? null : of.features[number]?.properties ?? null;
    map.current?.showChanges(of, number);
    if (one) map.current?.zoomTo(one.box);
    else map.current?.zoomToAll();
  };
  useEffect(() => {
    const made = map.current = createAreaMap(element.current!, { attribution: frame().attribution, onChange: (number) => change.current(number) });
    let isOpen = true;
    void outlinesOf(from, to, of.features.map((feature) => feature.properties)).then(([before, after]) => {
      if (!isOpen) return;
      made.showVersions(before, after);
      if (shown.current === null) made.zoomToAll(); // all is the centers as well: a change is then seen from nearer
    }, () => undefined);
    return () => { isOpen = false; made.close(); };
  }, [from, to, of, lang.value]);
  useEffect(() => {
    look();
    if (lit) element.current?.scrollIntoView({ block: "nearest" }); // where the table stands below the map
  }, [lit, from, to, of, lang.value]);
  return <div class="map diff-map"><div class="canvas" ref={element} role="application" tabIndex={0} aria-label={t().mapLabel(from, to)} /></div>;
}

/** Borders of the centers that the largest changes concern, exact enough to be looked at from near. */
async function outlinesOf(from: string, to: string, changes: readonly Change[]): Promise<[Outlines, Outlines]> {
  const largest = [...changes].sort((x, y) => y.km2 - x.km2);
  const codes = [...new Set(largest.flatMap((one) => [one.from?.code, one.to?.code]).filter((code): code is string => !!code))].slice(0, MOST_CODES).join(",");
  const get = (version: string) => ask<Outlines>("GET", `/boundaries/${encodeURIComponent(version)}/outlines?tolerance_m=10&codes=${codes}`, undefined, 60_000);
  return Promise.all([get(from), get(to)]);
}
