import { useSignal } from "@preact/signals";
import { ConfirmDialog } from "../admin/kit/confirm";
import { Checks, Form, Text } from "../admin/kit/form";
import { Facts, Panel, SectionHead } from "../admin/kit/page";
import { tell } from "../admin/kit/told";
import { dayAndTime } from "../clock";
import { t } from "../texts/router-partners";
import { RecordTable } from "./record";
import { scopeOptions, SenderMark } from "./senders";
import { ask } from "./session";
import type { Issued, Sender } from "./wire";

type Step = "rotate" | "suspend" | "resume" | "revoke";

/** One sender: what it may, a new key, a pause, the end. */
export function SenderPage({ of, onChange, onIssued }: { of: Sender; onChange: () => Promise<void>; onIssued: (issued: Issued) => void }) {
  const s = t().senders;
  const step = useSignal<Step | "">("");
  const path = `/senders/${encodeURIComponent(of.sender_id)}`;
  const acts: Record<Step, { title: string; text: string; act: (reason: string) => Promise<void>; reason: boolean }> = {
    rotate: { title: s.rotateTitle(of.name), text: s.rotateText, reason: false, act: async () => onIssued(await ask<Issued>("POST", `${path}/rotate`)) },
    suspend: { title: s.suspendTitle(of.name), text: s.suspendText, reason: true, act: async (note) => { await ask("PATCH", path, { state: "suspended", note }); tell(s.suspended); } },
    resume: { title: s.resumeTitle(of.name), text: s.resumeText, reason: true, act: async (note) => { await ask("PATCH", path, { state: "active", note }); tell(s.resumed); } },
    revoke: { title: s.revokeTitle(of.name), text: s.revokeText, reason: false, act: async () => { await ask("POST", `${path}/revoke`); tell(s.revoked); } },
  };
  const open = step.value ? acts[step.value] : null;
  const isGone = of.state === "revoked";
  const button = (name: Step) => <button type="button" onClick={() => { step.value = name; }}>{s[name]}</button>;
  return (
    <>
      <SectionHead title={of.name} lead={<><SenderMark of={of} /> · {of.sender_id}</>} back="senders">
        {!isGone && <>{button(of.state === "suspended" ? "resume" : "suspend")}{button("rotate")}{button("revoke")}</>}
      </SectionHead>
      <div class="panels">
        <Panel title={s.facts} id="sender-title">
          <Facts of={[[s.head.scopes, of.scopes.map((one) => s.scopes[one] ?? one).join(", ")], [s.head.rate, of.rate_per_minute.toLocaleString()], [s.head.keys, s.n(of.keys)], [s.head.day, s.alerts(of.alerts_24h)], [s.head.contact, of.contact], [s.agency, of.agency_id], [s.certificate, of.certificate_sha256], [s.head.since, dayAndTime(of.created_at)]]} />
        </Panel>
        {!isGone && <Edit key={JSON.stringify(of)} of={of} path={path} onChange={onChange} />}
      </div>
      <RecordTable key={JSON.stringify(of)} caption={s.changes} filter={{ action: "sender", subject: of.sender_id }} />
      {open && (
        <ConfirmDialog title={open.title} action={s[step.value as Step]} tone={step.value === "resume" || step.value === "rotate" ? "primary" : "danger"} reason={open.reason ? { least: 2 } : undefined}
          act={async (words) => open.act(words.one("reason"))} onDone={() => { step.value = ""; void onChange(); }} onCancel={() => { step.value = ""; }}>
          <p>{open.text}</p>
        </ConfirmDialog>
      )}
    </>
  );
}

function Edit({ of, path, onChange }: { of: Sender; path: string; onChange: () => Promise<void> }) {
  const s = t().senders;
  return (
    <Panel title={s.edit} id="edit-title">
      <p class="quiet-text">{s.editLead}</p>
      <Form send={s.save} label={s.edit} fieldOfCode={{ bad_scope: "scopes", bad_agency: "agency_id" }} onSend={async (words) => {
        await ask("PATCH", path, { name: words.one("name"), contact: words.one("contact"), scopes: words.all("scopes"), agency_id: words.one("agency_id"), rate_per_minute: Number(words.one("rate_per_minute")), note: words.one("note") });
        tell(s.saved);
        await onChange();
      }}>
        <Text name="name" label={s.name} value={of.name} most={200} needed />
        <Checks name="scopes" label={s.scopesLabel} options={scopeOptions()} values={of.scopes} />
        <Text name="agency_id" label={s.agency} help={s.agencyHelp} value={of.agency_id} most={40} />
        <Text name="rate_per_minute" type="number" label={s.rate} help={s.rateHelp} value={String(of.rate_per_minute)} needed />
        <Text name="contact" label={s.contact} value={of.contact} most={200} />
        <Text name="note" label={s.note} most={500} />
      </Form>
    </Panel>
  );
}
