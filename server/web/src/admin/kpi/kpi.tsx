import { useSignal } from "@preact/signals";
import { call } from "../../api";
import { Dialog } from "../../dialog";
import { Loaded, useLoader } from "../../loaded";
import { t } from "../../texts/kpi";
import { centerName, centers, loadCenters } from "../house";
import { Icon } from "../kit/icons";
import { SectionHead } from "../kit/page";
import { Pick } from "../kit/pick";
import { inLanguage } from "../records/words";
import { Charts } from "./charts";
import { beforeOf, dayOf, lastDay, periodOf, type Period } from "./period";
import { Apart, Provisions } from "./tables";
import { Tiles } from "./tiles";
import type { By, Published, Report } from "./wire";

const PATIENCE_MS = 60_000;
const addressOf = (period: Period, center: string, more: Record<string, string> = {}) => `/api/kpi?${new URLSearchParams({ ...period, ...(center ? { center } : {}), ...more })}`;
const read = (period: Period, center: string) => call<Report>("GET", addressOf(period, center), undefined, PATIENCE_MS);

interface Shown { known: Published }

async function loadNames(): Promise<Shown> {
  const [known] = await Promise.all([call<Published>("GET", "/api/kpi/formulae"), loadCenters()]);
  return { known };
}

/** The center's measures (KPI): charts that each have their table, the formulae one press away. */
export default function Kpi() {
  const loader = useLoader(loadNames, "names");
  return <Loaded of={loader}>{({ known }) => <Page known={known} />}</Loaded>;
}

function Page({ known }: { known: Published }) {
  const at = useSignal(Date.now());
  const range = useSignal("30");
  const own = useSignal<Period>({ from: dayOf(at.value - 30 * 24 * 3600_000), to: dayOf(at.value) });
  const center = useSignal("");
  const by = useSignal<By>("by_month");
  const isCompared = useSignal(true);
  const isExplained = useSignal(false);
  const period = periodOf(range.value, at.value, own.value);
  return (
    <div class="kpi">
      <SectionHead title={t().title} lead={t().lead}>
        <button type="button" onClick={() => { isExplained.value = true; }}>{t().formulae}</button>
        {period && <a class="button" href={addressOf(period, center.value, { format: "csv" })} download><Icon name="down" /> {t().csv}</a>}
        <button type="button" onClick={printAll}><Icon name="print" /> {t().print}</button>
      </SectionHead>
      <div class="log-filters">
        <div class="filter-row">
          <label>{t().range} <select value={range.value} onChange={(event) => { at.value = Date.now(); range.value = event.currentTarget.value; }}>{["7", "30", "90", "half", "lastHalf", "own"].map((code) => <option key={code} value={code}>{t().ranges[code]}</option>)}</select></label>
          {range.value === "own" && <OwnDays of={own.value} onSet={(to) => { own.value = to; }} isBad={period === null} />}
          {centers.value.length > 1 && <Pick label={t().center} all={t().every} value={center.value} options={centers.value.map((one) => [one.code, centerName(one.code)] as const)} onPick={(to) => { center.value = to; }} />}
          <label>{t().by} <select value={by.value} onChange={(event) => { by.value = event.currentTarget.value as By; }}>{Object.entries(t().bys).map(([code, words]) => <option key={code} value={code}>{words}</option>)}</select></label>
          <label class="check"><input type="checkbox" checked={isCompared.value} onChange={(event) => { isCompared.value = event.currentTarget.checked; }} /> {t().compare}</label>
        </div>
      </div>
      {period && <Told period={period} center={center.value} by={by.value} known={known} isCompared={isCompared.value} />}
      {isExplained.value && <Formulae known={known} onClose={() => { isExplained.value = false; }} />}
    </div>
  );
}

/** On paper each chart's table is open. */
function printAll(): void {
  for (const one of document.querySelectorAll<HTMLDetailsElement>(".chart details")) one.open = true;
  window.print();
}

function OwnDays({ of, onSet, isBad }: { of: Period; onSet: (to: Period) => void; isBad: boolean }) {
  return (
    <>
      <label>{t().from} <input type="date" value={of.from} aria-invalid={isBad || undefined} onChange={(event) => { if (event.currentTarget.value) onSet({ ...of, from: event.currentTarget.value }); }} /></label>
      <label>{t().to} <input type="date" value={of.to} aria-invalid={isBad || undefined} onChange={(event) => { if (event.currentTarget.value) onSet({ ...of, to: event.currentTarget.value }); }} /></label>
      {isBad && <p class="trouble" role="alert">{t().badRange}</p>}
    </>
  );
}

function Told({ period, center, by, known, isCompared }: { period: Period; center: string; by: By; known: Published; isCompared: boolean }) {
  const before = beforeOf(period);
  const loader = useLoader(async () => {
    const [now, old] = await Promise.all([read(period, center), isCompared ? read(before, center) : null]);
    return { now, old };
  }, `${period.from} ${period.to} ${center} ${String(isCompared)}`);
  return (
    <Loaded of={loader}>
      {({ now, old }) => (
        <>
          <p class="kpi-period"><strong>{t().period(dayOf(Date.parse(now.from)), lastDay(now.to))}</strong>{old && <span class="quiet-text"> · {t().before(dayOf(Date.parse(old.from)), lastDay(old.to))}</span>}</p>
          {now.fewer_than !== null && <p class="banner" data-few={now.fewer_than}>{t().few(now.fewer_than)}</p>}
          <Tiles now={now} old={old} known={known} />
          {now.total.incidents === 0 ? <div class="panel empty"><p>{t().none}</p><p>{t().noneHint}</p></div> : <Charts report={now} by={by} known={known} />}
          <Apart report={now} known={known} />
          <Provisions report={now} known={known} />
          {now.gone.dispatches > 0 && <p class="quiet-text">{t().gone(now.gone.dispatches)}</p>}
        </>
      )}
    </Loaded>
  );
}

function Formulae({ known, onClose }: { known: Published; onClose: () => void }) {
  return (
    <Dialog title={t().formulae} onClose={onClose} isWide>
      <dl class="formulae">{known.formulae.map((one) => <div key={one.name}><dt>{inLanguage(one)}</dt><dd>{inLanguage({ ko: one.formula_ko, en: one.formula_en })}</dd></div>)}</dl>
      <div class="form-buttons"><button type="button" onClick={onClose}>{t().close}</button></div>
    </Dialog>
  );
}
