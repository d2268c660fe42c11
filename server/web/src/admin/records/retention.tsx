import { useSignal } from "@preact/signals";
import { call } from "../../api";
import { dayAndTime } from "../../clock";
import { Loaded, useLoader } from "../../loaded";
import { t } from "../../texts/retention";
import { go, item } from "../address";
import { centerName, loadCenters } from "../house";
import { SectionHead } from "../kit/page";
import { DataTable, type Column } from "../kit/table";
import { tell } from "../kit/told";
import { Going } from "./going";
import { Proofs } from "./proofs";
import { ChangePolicy } from "./retention-change";
import type { KindPolicy, Policies } from "./wire";
import { inLanguage } from "./words";

const TABS = ["policies", "preview", "proofs"] as const;

async function load(): Promise<Policies> {
  const [told] = await Promise.all([call<Policies>("GET", "/api/retention"), loadCenters()]);
  return told;
}

/** Retention (보존 기간): what is kept how long, what goes when, and the proof that it went. */
export default function Retention() {
  const tab = TABS.find((one) => one === item.value) ?? "policies";
  return (
    <>
      <SectionHead title={t().title} lead={tab === "policies" ? t().lead : t()[tab].lead} />
      <nav class="tabs" aria-label={t().title}>
        {TABS.map((one) => <button type="button" key={one} aria-current={tab === one ? "page" : undefined} onClick={() => go("retention", one)}>{t().tabs[one]}</button>)}
      </nav>
      {tab === "policies" && <Kinds />}
      {tab === "preview" && <Going />}
      {tab === "proofs" && <Proofs />}
    </>
  );
}

export const limitsOf = (one: KindPolicy): string => (one.is_fixed ? t().fixed : t().limits(one.least_days, one.most_days));

function Kinds() {
  const loader = useLoader(load, "retention");
  const changing = useSignal<KindPolicy | null>(null);
  return (
    <Loaded of={loader}>
      {(told) => (
        <>
          <DataTable caption={t().title} columns={columnsOf(told, (one) => { changing.value = one; })} rows={told.kinds} keyOf={(one) => one.kind} />
          <p class="quiet-text after-table">{t().backup(told.backup_keep_days)}</p>
          {changing.value && (
            <ChangePolicy kind={changing.value} policies={told} onCancel={() => { changing.value = null; }}
              onDone={async () => { changing.value = null; tell(t().changed); await loader.again(); }} />
          )}
        </>
      )}
    </Loaded>
  );
}

function columnsOf(told: Policies, onChange: (one: KindPolicy) => void): Column<KindPolicy>[] {
  const h = t().head;
  const own = (one: KindPolicy) => Object.entries(one.centers).map(([center, policy]) => t().ownLine(centerName(center), t().days(policy.days)));
  const mayChange = (one: KindPolicy) => !one.is_fixed && (told.may_set_default || one.per_center);
  return [
    { id: "what", title: h.what, value: (one) => inLanguage(one.what), cell: (one) => <>{inLanguage(one.what)}<small class="ground">{inLanguage(one.reason)}</small></> },
    { id: "from", title: h.from, value: (one) => inLanguage(one.counts_from) },
    { id: "days", title: h.days, value: (one) => one.days, cell: (one) => <strong>{t().days(one.days)}</strong>, isNumber: true },
    { id: "limits", title: h.limits, value: (one) => one.least_days, cell: limitsOf },
    { id: "own", title: h.own, value: (one) => own(one).join(" · "), cell: (one) => (own(one).length > 0 ? <ul>{own(one).map((line) => <li key={line}>{line}</li>)}</ul> : "—") },
    { id: "cleaned", title: h.cleaned, value: (one) => one.cleaned_at, cell: (one) => (one.cleaned_at ? dayAndTime(one.cleaned_at) : t().never) },
    { id: "act", title: h.act, value: () => "", isAction: true, cell: (one) => (mayChange(one) ? <button type="button" aria-label={t().changing(inLanguage(one.what))} onClick={() => onChange(one)}>{t().change}</button> : "—") },
  ];
}
