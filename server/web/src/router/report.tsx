import type { ComponentChildren } from "preact";
import { Facts, Panel } from "../admin/kit/page";
import { DataTable, type Column } from "../admin/kit/table";
import { Icon } from "../admin/kit/icons";
import { lang } from "../lang";
import { t } from "../texts/router-borders";
import type { Report, Spot } from "./wire";

/** The importer says everything in both languages, with a dot between. */
function half(text: string): string {
  const [ko, ...rest] = text.split(" · ");
  return lang.value === "ko" ? ko : rest.join(" · ") || ko;
}

/** What an import found and did: warnings first, then facts, refused features, and every overlap and gap. */
export function ReportPanel({ of }: { of: Report }) {
  const b = t();
  const names = (list: { code: string; name_ko: string }[] | undefined) => (list && list.length > 0 ? list.map((one) => `${one.name_ko} ${one.code}`).join(", ") : "");
  const facts: [string, ComponentChildren][] = [
    [b.file, of.file], [b.format, `${of.format} ${of.encoding}`], [b.crs, of.crs], [b.features, b.featuresOf(of.features_in, of.features_out)],
    [b.overlaps, b.spots(of.overlaps.length, b.km2(of.overlaps_km2))], [b.gaps, b.spots(of.gaps.length, b.km2(of.gaps_km2))], [b.water, b.spots(of.open_water.length, b.km2(of.open_water_km2))],
    [b.repaired, b.n(of.repaired.length)], [b.refused, b.n(of.refused.length)],
    [b.newCenters, names(of.new_centers)], [b.missingCenters, names(of.missing_centers)], [b.recoded, (of.recoded_centers ?? []).map((one) => `${one.from} → ${one.to} ${one.name_ko}`).join(", ")],
    [b.shift, of.shift_m ? b.shiftOf(of.shift_m.east, of.shift_m.north) : ""],
  ];
  return (
    <Panel title={b.report} id="report-title">
      {of.warnings.length > 0 && <div class="warning-box"><Icon name="warning" /><div><h3>{b.warnings}</h3><ul>{of.warnings.map((one) => <li key={one}>{half(one)}</li>)}</ul></div></div>}
      <Facts of={facts} />
      {of.notes.length > 0 && <ul class="notes">{of.notes.map((one) => <li key={one}>{half(one)}</li>)}</ul>}
      {of.refused.length > 0 && <Refused of={of} />}
      {of.overlaps.length + of.gaps.length > 0 && <Spots of={of} />}
    </Panel>
  );
}

function Refused({ of }: { of: Report }) {
  const b = t();
  const columns: Column<Report["refused"][number]>[] = [
    { id: "feature", title: b.refusedHead.feature, value: (one) => one.feature, cell: (one) => `#${one.feature}` },
    { id: "value", title: b.refusedHead.value, value: (one) => one.value },
    { id: "reason", title: b.refusedHead.reason, value: (one) => half(one.reason) },
  ];
  return <DataTable caption={b.refused} columns={columns} rows={of.refused} keyOf={(one) => `${one.feature} ${one.reason}`} csv="ansim-refused.csv" />;
}

function Spots({ of }: { of: Report }) {
  const b = t();
  const rows = [...of.overlaps.map((one) => ({ ...one, kind: b.overlaps })), ...of.gaps.map((one) => ({ ...one, kind: b.gaps }))];
  const columns: Column<Spot & { kind: string }>[] = [
    { id: "kind", title: b.spotHead.kind, value: (one) => one.kind },
    { id: "km2", title: b.spotHead.km2, value: (one) => one.km2, cell: (one) => b.km2(one.km2), isNumber: true },
    { id: "between", title: b.spotHead.between, value: (one) => one.between.map((each) => each.name_ko).join(", ") },
    { id: "given", title: b.spotHead.given, value: (one) => one.given_to },
    { id: "see", title: b.spotHead.see, value: (one) => `${one.lat.toFixed(5)}, ${one.lon.toFixed(5)}` },
  ];
  return <DataTable caption={`${b.overlaps} · ${b.gaps}`} columns={columns} rows={rows} keyOf={(one) => `${one.kind} ${one.lat} ${one.lon}`} start={{ id: "km2", down: true }} csv="ansim-overlaps-gaps.csv" />;
}
