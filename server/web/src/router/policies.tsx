import { useSignal } from "@preact/signals";
import { go, item } from "../admin/address";
import { ConfirmDialog } from "../admin/kit/confirm";
import { Choice, Form, instant, Text, type Words } from "../admin/kit/form";
import { Icon } from "../admin/kit/icons";
import { Link } from "../admin/kit/link";
import { Facts, Mark, Panel, SectionHead } from "../admin/kit/page";
import { DataTable, type Column } from "../admin/kit/table";
import { tell } from "../admin/kit/told";
import { dayAndTime } from "../clock";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/router-partners";
import { ask } from "./session";
import type { Policy } from "./wire";

/** Rules with dates, beside borders and states. */
export default function Policies() {
  const p = t().policies;
  const loader = useLoader(() => ask<{ policies: Policy[] }>("GET", "/policies"), "policies");
  return (
    <Loaded of={loader}>
      {({ policies }) => {
        if (item.value === "new") return <NewPolicy onMade={loader.again} />;
        const one = policies.find((row) => row.rule_id === item.value);
        if (one) return <PolicyPage key={one.rule_id} of={one} onChange={loader.again} />;
        return (
          <>
            <SectionHead title={p.title} lead={p.lead}><Link to="policies" item="new" button="primary"><Icon name="plus" /> {p.create}</Link></SectionHead>
            <DataTable caption={p.title} columns={columns()} rows={policies} keyOf={(row) => `${row.rule_id} ${row.valid_from}`} start={{ id: "id", down: false }} open={(row) => ({ to: "policies", item: row.rule_id })} empty={<p>{p.empty}</p>} />
          </>
        );
      }}
    </Loaded>
  );
}

function columns(): Column<Policy>[] {
  const p = t().policies;
  return [
    { id: "id", title: p.head.id, value: (one) => one.rule_id },
    { id: "kind", title: p.head.kind, value: (one) => p.kinds[one.kind] ?? one.kind },
    { id: "state", title: p.head.state, value: stateOf, cell: (one) => <Mark tone={one.in_force ? "good" : "calm"}>{stateOf(one)}</Mark> },
    { id: "what", title: p.head.what, value: whatOf },
    { id: "from", title: p.head.from, value: (one) => one.valid_from, cell: (one) => dayAndTime(one.valid_from) },
    { id: "until", title: p.head.until, value: (one) => one.valid_until, cell: (one) => (one.valid_until ? dayAndTime(one.valid_until) : p.open) },
    { id: "by", title: p.head.by, value: (one) => one.created_by },
  ];
}

function stateOf(one: Policy): string {
  const p = t().policies;
  return one.in_force ? p.inForce : Date.parse(one.valid_from) > Date.now() ? p.notYet : p.over;
}

function whatOf(one: Policy): string {
  const said = (value: unknown) => (Array.isArray(value) ? (value.length === 0 ? t().policies.everybody : value.join(", ")) : String(value));
  return Object.entries(one.parameters).map(([name, value]) => `${name}: ${said(value)}`).join(" · ");
}

function PolicyPage({ of, onChange }: { of: Policy; onChange: () => Promise<void> }) {
  const p = t().policies;
  const isAsking = useSignal(false);
  return (
    <>
      <SectionHead title={of.rule_id} lead={<><Mark tone={of.in_force ? "good" : "calm"}>{stateOf(of)}</Mark> · {p.kinds[of.kind] ?? of.kind}</>} back="policies">
        {of.in_force && <button type="button" onClick={() => { isAsking.value = true; }}>{p.end}</button>}
      </SectionHead>
      <Panel title={p.facts} id="policy-title">
        <p>{p.help[of.kind]}</p>
        <Facts of={[[p.head.what, whatOf(of)], [p.head.from, dayAndTime(of.valid_from)], [p.head.until, of.valid_until ? dayAndTime(of.valid_until) : p.open], [p.head.by, of.created_by], [p.note, of.note]]} />
      </Panel>
      {isAsking.value && (
        <ConfirmDialog title={p.endTitle(of.rule_id)} action={p.end} onCancel={() => { isAsking.value = false; }} onDone={() => { isAsking.value = false; void onChange(); }}
          act={async () => { await ask("DELETE", `/policies/${encodeURIComponent(of.rule_id)}`); tell(p.ended); }}><p>{p.endText}</p></ConfirmDialog>
      )}
    </>
  );
}

const codes = (text: string) => text.split(/[\s,]+/).filter(Boolean);

function parametersOf(kind: string, words: Words): Record<string, unknown> {
  const centers = codes(words.one("centers"));
  if (kind === "runner_up") return { probability: Number(words.one("probability")) };
  if (kind === "metropolitan") return { center: words.one("center"), districts: codes(words.one("districts")) };
  if (kind === "capability") return { needs: codes(words.one("needs")), centers };
  if (kind === "overflow") return { queue_over: Number(words.one("queue_over")), centers };
  return { centers };
}

function NewPolicy({ onMade }: { onMade: () => Promise<void> }) {
  const p = t().policies;
  const kind = useSignal("pilot");
  const hasCenters = kind.value === "pilot" || kind.value === "capability" || kind.value === "overflow";
  return (
    <>
      <SectionHead title={p.create} lead={p.help[kind.value]} back="policies" />
      <section class="panel" aria-label={p.create}>
        <Form send={p.make} fieldOfCode={{ bad_dates: "valid_until" }} onSend={async (words) => {
          const id = words.one("rule_id");
          await ask("PUT", `/policies/${encodeURIComponent(id)}`, { kind: kind.value, parameters: parametersOf(kind.value, words), valid_from: instant(words.one("valid_from")), valid_until: instant(words.one("valid_until")), note: words.one("note") });
          tell(p.made);
          await onMade();
          go("policies", id);
        }}>
          <div class="fields-2">
            <Text name="rule_id" label={p.id} help={p.idHelp} most={60} needed />
            <Choice name="kind" label={p.kind} value={kind.value} onChange={(to) => { kind.value = to || "pilot"; }} options={Object.entries(p.kinds)} />
            {kind.value === "runner_up" && <Text name="probability" label={p.probability} value="0.2" most={6} needed />}
            {kind.value === "metropolitan" && <><Text name="center" label={p.center} most={20} needed /><Text name="districts" label={p.districts} help={p.centersHelp} most={2000} needed /></>}
            {kind.value === "capability" && <Text name="needs" label={p.needs} help={p.needsHelp} most={100} needed />}
            {kind.value === "overflow" && <Text name="queue_over" type="number" label={p.queue} value="10" needed />}
            {hasCenters && <Text name="centers" label={p.centers} help={p.centersHelp} most={4000} needed={kind.value === "pilot"} />}
            <Text name="valid_from" type="datetime-local" label={p.from} help={p.fromHelp} />
            <Text name="valid_until" type="datetime-local" label={p.until} help={p.untilHelp} />
          </div>
          <Text name="note" label={p.note} most={500} />
        </Form>
      </section>
    </>
  );
}
