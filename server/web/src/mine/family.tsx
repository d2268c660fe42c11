import { useSignal } from "@preact/signals";
import { Trouble, useAct } from "../act";
import { call } from "../api";
import { dayAndTime } from "../clock";
import { Dialog } from "../dialog";
import { Loaded } from "../loaded";
import { Qr, type QrShape } from "../qr";
import { t } from "../texts/family";
import { t as page } from "../texts/mine";
import { Section, Sure } from "./parts";
import { guardians, me, proved, told, type Guardian } from "./source";

const MOST = 5;
const HOUR_MS = 3_600_000;
const PAUSES_H = [1, 12, 24];
const GUEST_HOURS = [2, 4, 8, 12, 24];

interface Made { invitation: string; link: string; qr: QrShape; until?: string }

const refresh = () => Promise.all([guardians.again(), me.again(), told.again()]);

/** The address is known only at the moment of naming: to scan, to copy, to send. */
function Invitation({ made, name, onClose }: { made: Made; name: string; onClose: () => void }) {
  const isCopied = useSignal(false);
  const share = () => void navigator.share({ text: t().shareText, url: made.link }).catch(() => undefined);
  return (
    <Dialog title={t().inviteHead} onClose={onClose}>
      <p>{made.until ? t().guestLead(name, dayAndTime(made.until)) : t().inviteLead(name)}</p>
      <figure class="qr"><Qr of={made.qr} label={t().qr} /></figure>
      <p class="invitation">{made.link}</p>
      <p class="quiet-text">{t().once}</p>
      <div class="sheet-actions">
        {"share" in navigator && <button type="button" onClick={share}>{t().share}</button>}
        <button type="button" onClick={() => void navigator.clipboard?.writeText(made.link).then(() => { isCopied.value = true; })}>{isCopied.value ? page().copied : page().copy}</button>
        <button type="button" class="primary" onClick={onClose}>{page().done}</button>
      </div>
    </Dialog>
  );
}

function badge(of: Guardian): { words: string; kind: string } {
  if (of.is_paused) return { words: t().paused, kind: "is-suspended" };
  return of.accepted_at ? { words: page().accepted, kind: "is-complete" } : { words: page().invited, kind: "is-part" };
}

/** Nobody is told of a pause: neither the guardian nor her phone. */
function Pause({ of, onClose }: { of: Guardian; onClose: () => void }) {
  const act = useAct();
  const path = `/api/people/me/guardians/${of.guardian_id}/pause`;
  const pause = (hours: number | null) => act.run(async () => {
    await call("POST", path, { until: hours === null ? null : new Date(Date.now() + hours * HOUR_MS).toISOString() });
    await refresh();
    onClose();
  });
  return (
    <Dialog title={t().pauseHead(of.name)} onClose={onClose}>
      <p>{t().pauseLead}</p>
      <p class="attention">{t().pauseSos}</p>
      <div class="stack-buttons">
        {PAUSES_H.map((hours) => <button key={hours} type="button" disabled={act.isBusy} onClick={() => void pause(hours)}>{t().pauseFor(hours)}</button>)}
        <button type="button" disabled={act.isBusy} onClick={() => void pause(null)}>{t().pauseOpen}</button>
      </div>
      <Trouble of={act.problem} />
      <div class="sheet-actions"><button type="button" onClick={onClose}>{page().cancel}</button></div>
    </Dialog>
  );
}

function One({ of }: { of: Guardian }) {
  const isAsking = useSignal(false);
  const isPausing = useSignal(false);
  const act = useAct();
  const path = `/api/people/me/guardians/${of.guardian_id}`;
  const { words, kind } = badge(of);
  const resume = () => act.run(() => proved(async () => { await call("DELETE", `${path}/pause`); await refresh(); }));
  const allow = (allowed: boolean) => act.run(() => proved(async () => { await call("PUT", `${path}/silence`, { allowed }); await refresh(); }));
  return (
    <li class="item" data-guardian={of.guardian_id} data-paused={of.is_paused}>
      <div class="item-head"><strong>{of.name}</strong><span class={`badge ${kind}`}>{words}</span></div>
      <p class="quiet-text">···· {of.phone_last4} · {of.opened_at ? page().opened(dayAndTime(of.opened_at)) : page().neverOpened}</p>
      {of.guest_until && <p class="quiet-text">{t().guestUntil(dayAndTime(of.guest_until))}</p>}
      {of.is_paused && <p>{of.paused_until ? t().pausedUntil(dayAndTime(of.paused_until)) : t().pausedOpen}</p>}
      {of.accepted_at && (
        <label class="agree"><input type="checkbox" checked={of.shares_on_silence} disabled={act.isBusy}
          onChange={(event) => { const wanted = event.currentTarget.checked; event.currentTarget.checked = of.shares_on_silence; void allow(wanted); }} />
          <span><strong>{t().silence}</strong><small>{t().silenceLead}</small></span></label>
      )}
      <Trouble of={act.problem} />
      <div class="item-acts">
        {of.is_paused ? <button type="button" class="primary" disabled={act.isBusy} onClick={() => void resume()}>{t().resume}</button>
          : of.accepted_at && <button type="button" onClick={() => { isPausing.value = true; }}>{t().pause}</button>}
        <button type="button" onClick={() => { isAsking.value = true; }}>{page().guardianRemove}</button>
      </div>
      {isPausing.value && <Pause of={of} onClose={() => { isPausing.value = false; }} />}
      {isAsking.value && <Sure head={page().removeHead(of.name)} yes={page().guardianRemove} onClose={() => { isAsking.value = false; }}
        onYes={async () => { await call("DELETE", path); await refresh(); }}><p>{page().removeLead}</p><p>{t().removeSilent}</p></Sure>}
    </li>
  );
}

/** Somebody who stays, or a guest for at most a day who needs no app. */
function Add({ onMade }: { onMade: (made: Made, name: string) => void }) {
  const act = useAct();
  const isGuest = useSignal(false);
  function add(event: SubmitEvent): void {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    const given = { name: String(data.get("name") ?? "").trim(), phone: String(data.get("phone") ?? "").trim() };
    const hours = Number(data.get("hours") ?? 0);
    const [path, body] = isGuest.peek()
      ? ["/api/people/me/guests", { ...given, until: new Date(Date.now() + hours * HOUR_MS - 60_000).toISOString() }] as const
      : ["/api/people/me/guardians", given] as const;
    void act.run(() => proved(async () => {
      onMade(await call<Made>("POST", path, body), given.name);
      form.reset();
      isGuest.value = false;
      await refresh();
    }));
  }
  return (
    <form class="item add" onSubmit={add}>
      <label>{page().guardianName}<input name="name" maxLength={40} autocomplete="off" required /></label>
      <label>{page().guardianPhone}<input name="phone" type="tel" inputMode="tel" autocomplete="off" required /></label>
      <label class="agree"><input type="checkbox" checked={isGuest.value} onChange={(event) => { isGuest.value = event.currentTarget.checked; }} /><span><strong>{t().guest}</strong><small>{t().guestHint}</small></span></label>
      {isGuest.value && <label>{t().guestFor}<select name="hours">{GUEST_HOURS.map((n) => <option key={n} value={n} selected={n === 4}>{t().hours(n)}</option>)}</select></label>}
      <Trouble of={act.problem} />
      <button type="submit" disabled={act.isBusy}>{isGuest.value ? t().guestAdd : page().guardianAdd}</button>
    </form>
  );
}

export function Family() {
  const invited = useSignal<{ made: Made; name: string } | null>(null);
  const held = guardians.state.value;
  return (
    <Section id="guardian-head" head={page().guardianHead} lead={page().guardianLead}>
      <Loaded of={guardians} isEmpty={(all) => all.length === 0} empty={<p>{page().guardianEmpty}</p>}>
        {(all) => <ul class="items">{all.map((one) => <One key={one.guardian_id} of={one} />)}</ul>}
      </Loaded>
      {held.is === "ready" && held.data.length < MOST && <Add onMade={(made, name) => { invited.value = { made, name }; }} />}
      {invited.value && <Invitation made={invited.value.made} name={invited.value.name} onClose={() => { invited.value = null; }} />}
    </Section>
  );
}
