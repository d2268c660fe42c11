import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { call } from "../../api";
import { dayAndTime } from "../../clock";
import { lang } from "../../lang";
import { Loaded, useLoader } from "../../loaded";
import { createCoverageMap, type CoverageMap } from "../../map-coverage";
import { t } from "../../texts/camera-admin";
import { t as cameras } from "../../texts/cameras";
import { centerName, centers, loadCenters } from "../house";
import { Link } from "../kit/link";
import { Mark, Panel } from "../kit/page";
import { DataTable, type Column } from "../kit/table";

/** Where a center has no working camera near: a grid on the map, and the same in numbers and words beside it. */
export type CellState = "c" | "l" | "o";
export interface Gap {
  lat: number; lon: number; radius_m: number; km2: number; is_lost: boolean; nearest: { camera_id: string; name: string } | null; place_ko: string; place_en: string;
}
export interface Covered {
  center: string; reach_m: number; west: number; south: number; cell_lon: number; cell_lat: number; cell_m: number; at: string;
  rows: [x: number, state: CellState, n: number][][]; cells: Record<"covered" | "lost" | "open", number>; km2: Record<"covered" | "lost" | "open", number>;
  gaps: Gap[]; cameras: { working: number; failing: number };
}
const REACHES = [50, 100, 200, 300, 500, 1000];
const STATES: CellState[] = ["c", "l", "o"];
const NAMES = { c: "covered", l: "lost", o: "open" } as const;
const COUNT_MS = 30_000;
const number = (n: number) => n.toLocaleString("ko-KR", { maximumFractionDigits: 2 });

export function Coverage() {
  const loader = useLoader(loadCenters, "coverage centers");
  return <Loaded of={loader} isEmpty={(told) => told.centers.length === 0} empty={<p>{t().gaps.noCenter}</p>}>{() => <Chosen />}</Loaded>;
}

function Chosen() {
  const g = t().gaps;
  const center = useSignal([...centers.value].sort((one, other) => other.cameras - one.cameras)[0].code);
  const reach = useSignal(100);
  const key = `${center.value} ${reach.value}`;
  const loader = useLoader(() => call<Covered>("GET", `/api/cameras/coverage?center=${encodeURIComponent(center.value)}&reach_m=${reach.value}`, undefined, COUNT_MS), key);
  return (
    <>
      <p class="lead-text">{g.lead}</p>
      <div class="filters">
        <label>{g.center} <select value={center.value} onChange={(event) => { center.value = event.currentTarget.value; }}>
          {centers.value.map((one) => <option key={one.code} value={one.code}>{centerName(one.code)}</option>)}
        </select></label>
        <label>{g.reach} <select value={String(reach.value)} onChange={(event) => { reach.value = Number(event.currentTarget.value); }}>
          {REACHES.map((m) => <option key={m} value={String(m)}>{g.metres(m)}</option>)}
        </select></label>
      </div>
      <Loaded of={loader}>{(told) => <Told of={told} />}</Loaded>
    </>
  );
}

function Told({ of }: { of: Covered }) {
  const g = t().gaps;
  const layers = useSignal<ReadonlySet<CellState>>(new Set(STATES));
  const aim = useSignal<Gap | null>(null);
  const all = of.km2.covered + of.km2.lost + of.km2.open;
  const percent = (n: number) => g.percent(all > 0 ? ((n / all) * 100).toFixed(1) : "0");
  const flip = (state: CellState) => { const next = new Set(layers.value); if (!next.delete(state)) next.add(state); layers.value = next; };
  return (
    <>
      <dl class="count-row" data-covered={of.cells.covered} data-open={of.cells.open} data-lost={of.cells.lost}>
        {STATES.map((state) => (
          <div key={state}><dt><span class={`cell-sign cell-${state}`} aria-hidden="true" /> {g.states[state]}</dt><dd>{percent(of.km2[NAMES[state]])}</dd><dd class="small">{g.of(number(of.km2[NAMES[state]]))}</dd></div>
        ))}
      </dl>
      <p class="quiet-text">{g.cameras(number(of.cameras.working), number(of.cameras.failing))} · {g.cell(of.cell_m, dayAndTime(of.at))}</p>
      <fieldset class="layer-choice"><legend>{g.layers}</legend>
        {STATES.map((state) => <label key={state} class="check"><input type="checkbox" checked={layers.value.has(state)} onChange={() => flip(state)} /> <span class={`cell-sign cell-${state}`} aria-hidden="true" /> {g.states[state]}</label>)}
      </fieldset>
      <GapMap of={of} layers={layers.value} aim={aim.value} />
      <Gaps of={of} onShow={(gap) => { aim.value = { ...gap }; }} />
    </>
  );
}

function GapMap({ of, layers, aim }: { of: Covered; layers: ReadonlySet<CellState>; aim: Gap | null }) {
  const element = useRef<HTMLDivElement>(null);
  const map = useRef<CoverageMap | null>(null);
  useEffect(() => {
    map.current = createCoverageMap(element.current!, { attribution: cameras().attribution, layers });
    return () => { map.current?.close(); map.current = null; };
  }, []);
  useEffect(() => map.current?.show(of), [of]);
  useEffect(() => map.current?.layers(layers), [layers]);
  useEffect(() => { if (aim) { map.current?.goTo(aim); element.current?.scrollIntoView({ block: "center" }); } }, [aim]);
  return <div class="map big-map"><div class="canvas" ref={element} role="group" aria-label={t().gaps.map} /></div>;
}

function Gaps({ of, onShow }: { of: Covered; onShow: (gap: Gap) => void }) {
  const g = t().gaps;
  const place = (gap: Gap) => (lang.value === "ko" ? gap.place_ko : gap.place_en) || g.at(gap.lat.toFixed(4), gap.lon.toFixed(4));
  const columns: Column<Gap>[] = [
    { id: "n", title: g.head.n, value: (gap) => of.gaps.indexOf(gap) + 1, isNumber: true },
    { id: "place", title: g.head.place, value: place, cell: (gap) => <strong>{place(gap)}</strong> },
    { id: "radius", title: g.head.radius, value: (gap) => gap.radius_m, cell: (gap) => g.within(cameras().metres(gap.radius_m)) },
    { id: "km2", title: g.head.km2, value: (gap) => gap.km2, cell: (gap) => g.of(number(gap.km2)), isNumber: true },
    { id: "why", title: g.head.why, value: (gap) => (gap.is_lost ? g.lost : g.none), cell: (gap) => <Mark tone={gap.is_lost ? "wait" : "calm"}>{gap.is_lost ? g.lost : g.none}</Mark> },
    { id: "nearest", title: g.head.nearest, value: (gap) => gap.nearest?.name, cell: (gap) => (gap.nearest ? <Link to="cameras" item={`camera:${gap.nearest.camera_id}`}>{gap.nearest.name}</Link> : "—") },
    { id: "show", title: g.show, value: () => "", isAction: true, cell: (gap) => <button type="button" onClick={() => onShow(gap)}>{g.show}</button> },
  ];
  return (
    <Panel title={g.worst} id="gaps-title">
      <DataTable caption={g.worst} columns={columns} rows={of.gaps} keyOf={(gap) => `${gap.lat} ${gap.lon}`} isSearched={false} empty={<p>{g.noGap}</p>} csv={`coverage-${of.center}.csv`} />
    </Panel>
  );
}
