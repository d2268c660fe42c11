import { t } from "../../texts/kpi";
import { ARRIVALS, few, measureName, percent, seconds, TIMES } from "./numbers";
import type { Block, Published, Report } from "./wire";

interface Tile { id: string; name: string; value: string; detail: string; now: number | null; old: number | null; before: string; isLessBetter: boolean }

/** What the report says at a glance, each beside the period before. */
export function Tiles({ now, old, known }: { now: Report; old: Report | null; known: Published }) {
  return <ul class="kpi-tiles">{tilesOf(now, old, known).map((one) => <li key={one.id} data-tile={one.id}><TileBox of={one} isCompared={old !== null} /></li>)}</ul>;
}

function tilesOf(now: Report, old: Report | null, known: Published): Tile[] {
  const time = (name: string): Tile => {
    const [a, b] = [now.total.measures[name], old?.total.measures[name]];
    return { id: name, name: measureName(name, known), value: seconds(a?.median_s), detail: `${t().p90} ${seconds(a?.p90_s)} · ${t().cases(few(a?.n))}`, now: a?.median_s ?? null, old: b?.median_s ?? null, before: seconds(b?.median_s), isLessBetter: true };
  };
  const arrival = (name: string, at: number): Tile => {
    const [a, b] = [now.total.measures[name], old?.total.measures[name]];
    return { id: name, name: `${t().within7} · ${t().arrivals[at]}`, value: percent(a?.within_7_min), detail: `${t().median} ${seconds(a?.median_s)} · ${t().cases(few(a?.n))}`, now: a?.within_7_min ?? null, old: b?.within_7_min ?? null, before: percent(b?.within_7_min), isLessBetter: false };
  };
  const wrong = (block: Block | undefined) => block?.measures.false_rate;
  const [kept, was] = [now.deletion_compliance, old?.deletion_compliance];
  return [
    { id: "incidents", name: t().incidents, value: few(now.total.incidents), detail: `${t().early} ${few(now.total.ended_before_active)}`, now: null, old: null, before: few(old?.total.incidents), isLessBetter: true },
    ...TIMES.map(time), ...ARRIVALS.map(arrival),
    { id: "false_rate", name: measureName("false_rate", known), value: percent(wrong(now.total)?.share), detail: t().cases(few(wrong(now.total)?.n)), now: wrong(now.total)?.share ?? null, old: wrong(old?.total)?.share ?? null, before: percent(wrong(old?.total)?.share), isLessBetter: true },
    { id: "deletion_compliance", name: measureName("deletion_compliance", known), value: percent(kept.share), detail: t().days(few(kept.count), few(kept.n)), now: kept.share, old: was?.share ?? null, before: percent(was?.share), isLessBetter: false },
  ];
}

function TileBox({ of, isCompared }: { of: Tile; isCompared: boolean }) {
  return (
    <div class="tile-box">
      <h2>{of.name}</h2>
      <strong class={of.value === t().noData ? "calm" : ""}>{of.value}</strong>
      <p class="quiet-text">{of.detail}</p>
      {isCompared && <p class="versus">{t().than(of.before)} <Change of={of} /></p>}
    </div>
  );
}

/** A shape and a word; a change of less than one in a hundred is none. */
function Change({ of: { now, old, isLessBetter } }: { of: Tile }) {
  if (now === null || old === null) return null;
  if (Math.abs(now - old) <= Math.abs(old) / 100) return <span>· {t().same}</span>;
  const isBetter = now < old === isLessBetter;
  return <span class={isBetter ? "better" : "worse"}><span aria-hidden="true">{now < old ? "▼" : "▲"}</span> {isBetter ? t().better : t().worse}</span>;
}
