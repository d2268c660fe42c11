import { useSignal } from "@preact/signals";
import { go, item } from "../admin/address";
import { Checks, Form, Text } from "../admin/kit/form";
import { Icon } from "../admin/kit/icons";
import { Link } from "../admin/kit/link";
import { Mark, SectionHead, type Tone } from "../admin/kit/page";
import { Pick } from "../admin/kit/pick";
import { DataTable, type Column } from "../admin/kit/table";
import { dayAndTime } from "../clock";
import { Dialog } from "../dialog";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/router-partners";
import { ask } from "./session";
import { SenderPage } from "./sender";
import type { Issued, Sender } from "./wire";

const TONE: Record<string, Tone> = { active: "good", suspended: "wait", revoked: "bad" };
const DEFAULT_RATE = "600";

/** Scopes as words, in the order of the list. */
export function scopeOptions(): [string, string][] {
  return Object.entries(t().senders.scopes);
}

export function SenderMark({ of }: { of: Sender }) {
  return <Mark tone={TONE[of.state] ?? "calm"}>{t().senders.state[of.state] ?? of.state}</Mark>;
}

export default function Senders() {
  const loader = useLoader(() => ask<{ senders: Sender[] }>("GET", "/senders"), "senders");
  const issued = useSignal<Issued | null>(null);
  const s = t().senders;
  return (
    <>
      <Loaded of={loader}>
        {({ senders }) => {
          if (item.value === "new") return <NewSender onMade={async (made) => { issued.value = made; go("senders", made.sender_id); await loader.again(); }} />;
          const one = senders.find((sender) => sender.sender_id === item.value);
          if (one) return <SenderPage key={one.sender_id} of={one} onChange={loader.again} onIssued={(made) => { issued.value = made; }} />;
          return <List senders={senders} />;
        }}
      </Loaded>
      {issued.value && (
        <Dialog title={s.keyTitle} onClose={() => undefined}>
          <p>{s.keyLead}</p>
          <Secret name={s.key} text={issued.value.key} /><Secret name={s.secret} text={issued.value.signing_secret} />
          {issued.value.older_keys_end_at && <p>{s.older(dayAndTime(issued.value.older_keys_end_at))}</p>}
          <div class="form-buttons"><button type="button" class="primary" onClick={() => { issued.value = null; }}>{s.gave}</button></div>
        </Dialog>
      )}
    </>
  );
}

function Secret({ name, text }: { name: string; text: string }) {
  return (
    <div class="one-secret"><h3>{name}</h3><code>{text}</code>
      <button type="button" onClick={() => void navigator.clipboard?.writeText(text)}><Icon name="copy" /> {t().senders.copied}<span class="hidden-text"> {name}</span></button></div>
  );
}

function List({ senders }: { senders: Sender[] }) {
  const s = t().senders;
  const state = useSignal("");
  const columns: Column<Sender>[] = [
    { id: "id", title: s.head.id, value: (one) => one.sender_id },
    { id: "name", title: s.head.name, value: (one) => one.name },
    { id: "state", title: s.head.state, value: (one) => s.state[one.state], cell: (one) => <><SenderMark of={one} />{one.scopes.join() === "sandbox" && <small> {s.onlySandbox}</small>}</> },
    { id: "scopes", title: s.head.scopes, value: (one) => one.scopes.map((scope) => s.scopes[scope] ?? scope).join(", ") },
    { id: "agency", title: s.agency, value: (one) => one.agency_id },
    { id: "rate", title: s.head.rate, value: (one) => one.rate_per_minute, isNumber: true },
    { id: "keys", title: s.head.keys, value: (one) => one.keys, isNumber: true },
    { id: "day", title: s.head.day, value: (one) => one.alerts_24h, isNumber: true },
    { id: "contact", title: s.head.contact, value: (one) => one.contact },
  ];
  return (
    <>
      <SectionHead title={s.title} lead={s.lead}><Link to="senders" item="new" button="primary"><Icon name="plus" /> {s.create}</Link></SectionHead>
      <DataTable caption={s.title} columns={columns} rows={senders.filter((one) => !state.value || one.state === state.value)} keyOf={(one) => one.sender_id} start={{ id: "id", down: false }}
        open={(one) => ({ to: "senders", item: one.sender_id })} empty={<p>{s.empty}</p>} csv="ansim-senders.csv"
        filters={<Pick label={s.head.state} all={s.allStates} value={state.value} onPick={(to) => { state.value = to; }} options={Object.entries(s.state)} />} />
    </>
  );
}

function NewSender({ onMade }: { onMade: (made: Issued) => Promise<void> }) {
  const s = t().senders;
  return (
    <>
      <SectionHead title={s.newTitle} lead={s.newLead} back="senders" />
      <section class="panel" aria-label={s.newTitle}>
        <Form send={s.make} fieldOfCode={{ bad_sender: "sender_id", sender_exists: "sender_id", bad_scope: "scopes", bad_certificate: "certificate_sha256", bad_agency: "agency_id" }}
          onSend={async (words) => {
            await onMade(await ask<Issued>("POST", "/senders", {
              sender_id: words.one("sender_id"), name: words.one("name"), scopes: words.all("scopes"), contact: words.one("contact"),
              rate_per_minute: Number(words.one("rate_per_minute") || DEFAULT_RATE), certificate_sha256: words.one("certificate_sha256"),
              agency_id: words.one("agency_id"),
            }));
          }}>
          <div class="fields-2">
            <Text name="sender_id" label={s.id} help={s.idHelp} most={40} needed />
            <Text name="name" label={s.name} most={200} needed />
          </div>
          <Checks name="scopes" label={s.scopesLabel} help={s.scopesHelp} options={scopeOptions()} values={["sandbox"]} />
          <div class="fields-2">
            <Text name="contact" label={s.contact} help={s.contactHelp} most={200} />
            <Text name="rate_per_minute" type="number" label={s.rate} help={s.rateHelp} value={DEFAULT_RATE} />
            <Text name="agency_id" label={s.agency} help={s.agencyHelp} most={40} />
            <Text name="certificate_sha256" label={s.certificate} help={s.certificateHelp} most={120} />
          </div>
        </Form>
      </section>
    </>
  );
}
