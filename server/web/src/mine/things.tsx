import { useSignal } from "@preact/signals";
import { call } from "../api";
import { dayAndTime } from "../clock";
import { Loaded } from "../loaded";
import { t } from "../texts/mine";
import { Section, Sure } from "./parts";
import { devices, me, stage, type Me } from "./source";

function Thing({ id, name, words, badge, canRevoke }: { id: string; name: string; words: string[]; badge?: string; canRevoke: boolean }) {
  const isAsking = useSignal(false);
  return (
    <li class="item" data-device={id}>
      <div class="item-head"><strong>{name}</strong>{badge && <span class="badge">{badge}</span>}</div>
      <p class="quiet-text">{words.filter(Boolean).join(" · ")}</p>
      {canRevoke && <div class="item-acts"><button type="button" onClick={() => { isAsking.value = true; }}>{t().revoke}</button></div>}
      {isAsking.value && <Sure head={t().revokeHead} yes={t().revoke} onClose={() => { isAsking.value = false; }}
        onYes={async () => { await call("DELETE", `/api/people/me/devices/${id}`); await Promise.all([me.again(), devices.again()]); }}><p>{t().revokeLead}</p></Sure>}
    </li>
  );
}

export function Things({ of }: { of: Me }) {
  const isLeaving = useSignal(false);
  return (
    <Section id="things-head" head={t().thingsHead}>
      <ul class="items">
        {of.browsers.map((one) => <Thing key={one.device_id} id={one.device_id} name={one.name} canRevoke={!one.is_this}
          {...(one.is_this ? { badge: t().browserHere } : one.is_new ? { badge: t().newItem } : {})}
          words={[t().usedAt(dayAndTime(one.used_at)), t().goodUntil(dayAndTime(one.expires_at).slice(0, 13))]} />)}
        {of.phones.map((one) => <Thing key={one.device_id} id={one.device_id} name={t().phoneItem} canRevoke={!one.is_this}
          {...(one.is_new ? { badge: t().newItem } : {})} words={[t().addedAt(dayAndTime(one.enrolled_at))]} />)}
      </ul>
      <Loaded of={devices}>{(all) => <ul class="items">{all.map((one) => <Thing key={one.device_id} id={one.device_id} name={one.name} canRevoke
        words={[t().devices[one.kind] ?? one.kind, t().trouble[one.trouble] ?? "", one.battery_percent === null ? "" : `${one.battery_percent} %`, t().addedAt(dayAndTime(one.enrolled_at))]} />)}</ul>}</Loaded>
      <button type="button" onClick={() => { isLeaving.value = true; }}>{t().signOut}</button>
      {isLeaving.value && <Sure head={t().signOut} yes={t().signOut} onClose={() => { isLeaving.value = false; }}
        onYes={async () => { await call("DELETE", "/api/people/browsers/this"); stage.value = "enrol"; }}><p>{t().revokeLead}</p></Sure>}
    </Section>
  );
}
