import { useSignal } from "@preact/signals";
import { call } from "../api";
import { dayAndTime } from "../clock";
import { Dialog } from "../dialog";
import { Loaded } from "../loaded";
import { t } from "../texts/mine";
import { Section, Sure, Trouble, useAct } from "./parts";
import { guardians, me, proved, type Guardian } from "./source";

const MOST = 5;

/** The invitation is known only at the moment of naming. */
function Invitation({ code, name, onClose }: { code: string; name: string; onClose: () => void }) {
  const isCopied = useSignal(false);
  return (
    <Dialog title={t().inviteHead} onClose={onClose}>
      <p>{t().inviteLead(name)}</p>
      <p class="invitation">{code}</p>
      <div class="sheet-actions">
        <button type="button" onClick={() => void navigator.clipboard?.writeText(code).then(() => { isCopied.value = true; })}>{isCopied.value ? t().copied : t().copy}</button>
        <button type="button" class="primary" onClick={onClose}>{t().done}</button>
      </div>
    </Dialog>
  );
}

function One({ of }: { of: Guardian }) {
  const isAsking = useSignal(false);
  return (
    <li class="item" data-guardian={of.guardian_id}>
      <div class="item-head"><strong>{of.name}</strong><span class={`badge ${of.accepted_at ? "is-complete" : "is-part"}`}>{of.accepted_at ? t().accepted : t().invited}</span></div>
      <p class="quiet-text">···· {of.phone_last4} · {of.opened_at ? t().opened(dayAndTime(of.opened_at)) : t().neverOpened}</p>
      <div class="item-acts"><button type="button" onClick={() => { isAsking.value = true; }}>{t().guardianRemove}</button></div>
      {isAsking.value && <Sure head={t().removeHead(of.name)} yes={t().guardianRemove} onClose={() => { isAsking.value = false; }}
        onYes={async () => { await call("DELETE", `/api/people/me/guardians/${of.guardian_id}`); await Promise.all([guardians.again(), me.again()]); }}><p>{t().removeLead}</p></Sure>}
    </li>
  );
}

export function Family() {
  const act = useAct();
  const invited = useSignal<{ code: string; name: string } | null>(null);
  function add(event: SubmitEvent): void {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    const given = { name: String(data.get("name") ?? "").trim(), phone: String(data.get("phone") ?? "").trim() };
    void act.run(() => proved(async () => {
      const made = await call<{ invitation: string }>("POST", "/api/people/me/guardians", given);
      invited.value = { code: made.invitation, name: given.name };
      form.reset();
      await Promise.all([guardians.again(), me.again()]);
    }));
  }
  const held = guardians.state.value;
  return (
    <Section id="guardian-head" head={t().guardianHead} lead={t().guardianLead}>
      <Loaded of={guardians} isEmpty={(all) => all.length === 0} empty={<p>{t().guardianEmpty}</p>}>
        {(all) => <ul class="items">{all.map((one) => <One key={one.guardian_id} of={one} />)}</ul>}
      </Loaded>
      {held.is === "ready" && held.data.length < MOST && (
        <form class="item add" onSubmit={add}>
          <label>{t().guardianName}<input name="name" maxLength={40} autocomplete="off" required /></label>
          <label>{t().guardianPhone}<input name="phone" type="tel" inputMode="tel" autocomplete="off" required /></label>
          <Trouble of={act.problem} />
          <button type="submit" disabled={act.isBusy}>{t().guardianAdd}</button>
        </form>
      )}
      {invited.value && <Invitation code={invited.value.code} name={invited.value.name} onClose={() => { invited.value = null; }} />}
    </Section>
  );
}
