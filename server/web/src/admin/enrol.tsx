import { useSignal } from "@preact/signals";
import { call } from "../api";
import { dayAndTime } from "../clock";
import { Dialog } from "../dialog";
import { named } from "../lang";
import { t } from "../texts/accounts";
import { go } from "./address";
import { agencies, desks, roleName } from "./house";
import { Choice, Area, Form, Text, type Words } from "./kit/form";
import { Icon } from "./kit/icons";
import { SectionHead } from "./kit/page";
import { me } from "./session";
import type { Account, Enrolment, Role } from "./wire";

export const ROLES: readonly Role[] = ["operator", "supervisor", "admin", "agent", "association", "privacy", "auditor", "traffic", "cyber"];
/** Who works for an agency, and at no desk. */
export const isOfAgency = (role: string) => role === "agent" || role === "association";
const LOGIN = /^[A-Za-z0-9][A-Za-z0-9._@-]{1,79}$/;

export function lines(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

/** The role, and what it works for: an agent's agency, everybody else's desk. */
export function PlaceFields({ role, desk, agency, onRole }: { role: string; desk: string; agency: string; onRole: (role: string) => void }) {
  const f = t().fields;
  return (
    <div class="fields-2">
      <Choice name="role" label={f.role} value={role} onChange={onRole} options={ROLES.map((one) => [one, roleName(one)])} needed />
      {isOfAgency(role)
        ? <Choice key="agency" name="agency_id" label={f.agency} help={f.agencyHelp} value={agency} options={agencies.value.map((one) => [one.agency_id, named(one)])} needed />
        : <Choice key="desk" name="desk" label={f.desk} help={f.deskHelp} value={desk} options={desks().map((one) => [one, one])} needed />}
    </div>
  );
}

export function NewAccount({ onMade }: { onMade: () => Promise<void> }) {
  const role = useSignal("operator");
  const made = useSignal<{ account: Account; enrolment: Enrolment } | null>(null);
  const f = t().fields;
  const send = async (words: Words) => {
    const isAgent = isOfAgency(words.one("role"));
    made.value = await call("POST", "/api/accounts", {
      login: words.one("login"), name: words.one("name"), role: words.one("role"), networks: lines(words.one("networks")),
      desk: isAgent ? null : words.one("desk"), agency_id: isAgent ? words.one("agency_id") : null,
    });
  };
  const close = async () => {
    const id = made.value!.account.account_id;
    made.value = null;
    await onMade();
    go("accounts", id);
  };
  return (
    <>
      <SectionHead title={t().newTitle} lead={t().newLead} back="accounts" />
      <div class="panel">
        <Form send={t().make} onSend={send} onCancel={() => go("accounts")}
          check={(words): Record<string, string> => (words.one("login") && !LOGIN.test(words.one("login")) ? { login: t().loginBad } : {})}
          fieldOfCode={{ login_taken: "login" }}>
          <div class="fields-2">
            <Text name="name" label={f.name} most={80} needed />
            <Text name="login" label={f.login} help={f.loginHelp} most={80} needed />
          </div>
          <PlaceFields role={role.value} desk={me.value?.desk ?? ""} agency="" onRole={(to) => { role.value = to; }} />
          <Area name="networks" label={f.networks} help={f.networksHelp} rows={3} needed />
        </Form>
      </div>
      {made.value && <EnrolmentSheet name={made.value.account.name} enrolment={made.value.enrolment} onClose={() => void close()} />}
    </>
  );
}

/** Shown once: what its owner needs for the first login. Only its button closes it. */
export function EnrolmentSheet({ name, enrolment, onClose }: { name: string; enrolment: Enrolment; onClose: () => void }) {
  const e = t().enrolment;
  return (
    <Dialog title={e.title} onClose={() => undefined}>
      <div class="enrolment">
        <p class="only-screen">{e.lead}</p>
        <dl class="fact-list">
          <div><dt>{t().fields.name}</dt><dd>{name}</dd></div>
          <div><dt>{t().fields.login}</dt><dd><code class="secret">{enrolment.login}</code></dd></div>
          <div><dt>{e.password}</dt><dd><code class="secret">{enrolment.temporary_password}</code></dd></div>
          <div><dt>{e.link}</dt><dd><code>{enrolment.link}</code></dd></div>
          <div><dt>{e.until}</dt><dd>{dayAndTime(enrolment.expires_at)}</dd></div>
        </dl>
        <ol class="steps">{e.steps.map((step) => <li key={step}>{step}</li>)}</ol>
        <div class="form-buttons">
          <button type="button" onClick={() => print()}><Icon name="print" /> {e.print}</button>
          <button type="button" class="primary" onClick={onClose}>{e.done}</button>
        </div>
      </div>
    </Dialog>
  );
}
