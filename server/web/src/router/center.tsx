import { useSignal } from "@preact/signals";
import { ConfirmDialog } from "../admin/kit/confirm";
import { Form, Text } from "../admin/kit/form";
import { Facts, Mark, Panel, SectionHead } from "../admin/kit/page";
import { Link } from "../admin/kit/link";
import { tell } from "../admin/kit/told";
import { named } from "../lang";
import { Loaded, useLoader, type Loader } from "../loaded";
import { t } from "../texts/router";
import { ago, StateMark } from "./centers";
import { centers } from "./live";
import { RecordTable } from "./record";
import { ask } from "./session";
import type { CenterFull } from "./wire";

/** One center: how it stands, who answers for it, and what may be changed here. */
export function CenterPage({ code }: { code: string }) {
  const loader = useLoader(() => ask<CenterFull>("GET", `/centers/${encodeURIComponent(code)}`), code);
  return <Loaded of={loader}>{(one) => <Page of={one} loader={loader} />}</Loaded>;
}

function Page({ of, loader }: { of: CenterFull; loader: Loader<CenterFull> }) {
  const c = t().centers;
  const isAsking = useSignal(false);
  const changed = async () => { await loader.again(); void centers.again(); };
  return (
    <>
      <SectionHead title={named(of)} lead={<StateMark of={of} />} back="centers">
        <button type="button" class={of.is_draining ? "primary" : ""} onClick={() => { isAsking.value = true; }}>{of.is_draining ? c.undrain : c.drain}</button>
      </SectionHead>
      <div class="panels">
        <Panel title={c.facts} id="facts-title">
          <Facts of={[[c.code, of.code], [c.head.operators, c.operators(of.operators_online)], [c.head.waiting, c.waiting(of.queue_length)], [c.hours, <Hours key="h" of={of} />], [c.capabilities, can(of)], [c.head.troubles, of.troubles.join(", ")]]} />
        </Panel>
        <Desk of={of} />
        <Callback of={of} onDone={changed} />
      </div>
      <RecordTable caption={c.changes} filter={{ action: "center", subject: of.code }} />
      {isAsking.value && <Drain of={of} onDone={async () => { isAsking.value = false; await changed(); }} onCancel={() => { isAsking.value = false; }} />}
    </>
  );
}

function can(of: CenterFull): string {
  const c = t().centers;
  return of.capabilities === null ? c.unknownCan : `${of.capabilities.join(", ")}${of.own_capabilities === null ? ` (${c.asDesk})` : ""}`;
}

function Hours({ of }: { of: CenterFull }) {
  const c = t().centers;
  if (!of.hours) return <>{c.always}</>;
  return <ul>{Object.entries(of.hours.weekly).map(([day, spans]) => <li key={day}>{c.days[day] ?? day} {spans.map(([from, until]) => `${from}–${until}`).join(", ")}</li>)}</ul>;
}

function Desk({ of }: { of: CenterFull }) {
  const c = t().centers;
  const desk = of.desk;
  return (
    <Panel title={c.desk} id="desk-title">
      {desk === null ? <p>{c.deskNone}</p> : (
        <Facts of={[[c.installation, desk.installation], [c.head.state, <Mark key="m" tone={desk.is_online ? "good" : "bad"}>{c.state[desk.is_online ? "online" : "offline"]}</Mark>], [c.head.seen, ago(of.last_seen_at)], [c.address, desk.https_url], [c.serves, c.servesN(desk.centers)]]} />
      )}
      <h3>{c.policies}</h3>
      {of.policies.length === 0 ? <p class="quiet-text">{c.noPolicies}</p> : <ul class="plain-list">{of.policies.map((one) => <li key={one.rule_id}><Link to="policies" item={one.rule_id}>{one.rule_id}</Link></li>)}</ul>}
    </Panel>
  );
}

function Callback({ of, onDone }: { of: CenterFull; onDone: () => Promise<void> }) {
  const c = t().centers;
  return (
    <Panel title={c.callbackTitle} id="callback-title">
      <Form send={c.save} label={c.callbackTitle} onSend={async (words) => {
        await ask("PATCH", `/centers/${of.code}`, { callback: words.one("callback"), note: words.one("note") });
        tell(c.saved);
        await onDone();
      }}>
        <Text name="callback" label={c.callback} help={c.callbackHelp} value={of.callback} most={40} />
        <Text name="note" label={c.why} most={500} />
      </Form>
    </Panel>
  );
}

function Drain({ of, onDone, onCancel }: { of: CenterFull; onDone: () => Promise<void>; onCancel: () => void }) {
  const c = t().centers;
  const name = named(of);
  return (
    <ConfirmDialog title={of.is_draining ? c.undrainTitle(name) : c.drainTitle(name)} action={of.is_draining ? c.undrain : c.drain} tone={of.is_draining ? "primary" : "danger"} reason={{ least: 2 }}
      act={async (words) => { await ask("PATCH", `/centers/${of.code}`, { is_draining: !of.is_draining, note: words.one("reason") }); tell(of.is_draining ? c.undrained(name) : c.drained(name)); }}
      onDone={() => void onDone()} onCancel={onCancel}>
      <p>{of.is_draining ? c.undrainText : c.drainText}</p>
    </ConfirmDialog>
  );
}
