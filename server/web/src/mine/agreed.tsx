import { useSignal } from "@preact/signals";
import { Trouble, useAct } from "../act";
import { call } from "../api";
import { dayAndTime } from "../clock";
import { lang } from "../lang";
import { t } from "../texts/mine";
import { Section, Sure } from "./parts";
import { consentTexts, guardians, me, proved, seen, type Consent, type Me } from "./source";

const DAY_MS = 86_400_000;

/** What followed from an act is looked at anew. */
async function after(act: Promise<unknown>): Promise<unknown> {
  const answer = await act;
  await Promise.all([me.again(), guardians.again(), seen.again()]);
  return answer;
}

function Row({ of, version }: { of: Consent; version: string }) {
  const act = useAct();
  const isAsking = useSignal(false);
  const texts = consentTexts.state.value;
  const text = texts.is === "ready" ? texts.data.texts[of.kind]?.[lang.value] : undefined;
  const path = `/api/people/me/consents/${of.kind}`;
  const since = of.state === "granted" ? of.granted_at : of.state === "withdrawn" ? of.withdrawn_at : null;
  const isOld = of.state === "granted" && of.version !== version;
  return (
    <li class="item" data-kind={of.kind} data-state={of.state}>
      <div class="item-head"><strong>{t().kinds[of.kind] ?? of.kind}</strong>
        <span class={`badge is-${of.state}`}>{t().states[of.state]}</span></div>
      {isOld && <p class="attention">{t().textChanged}</p>}
      {since && <p class="quiet-text">{t().since(dayAndTime(since))}</p>}
      {of.state === "suspended" && of.suspended_until && <p class="quiet-text">{t().until(dayAndTime(of.suspended_until))}</p>}
      {text && <details><summary>{t().read}</summary><p>{text}</p></details>}
      <div class="item-acts">
        {(isOld || (of.state !== "granted" && of.state !== "suspended")) && <button type="button" disabled={act.isBusy} onClick={() => void act.run(() => proved(() => after(call("POST", path, { version }))))}>{t().agree}</button>}
        {of.state === "granted" && of.kind !== "third_party" && <button type="button" disabled={act.isBusy} onClick={() => void act.run(() => after(call("POST", `${path}/suspend`, { until: new Date(Date.now() + DAY_MS).toISOString() })))}>{t().suspend}</button>}
        {of.state === "suspended" && <button type="button" class="primary" disabled={act.isBusy} onClick={() => void act.run(() => proved(() => after(call("POST", `${path}/resume`))))}>{t().resume}</button>}
        {of.state !== "withdrawn" && of.state !== "not_asked" && <button type="button" onClick={() => { isAsking.value = true; }}>{t().withdraw}</button>}
      </div>
      <Trouble of={act.problem} />
      {isAsking.value && <Sure head={t().withdrawHead} yes={t().withdrawSure} onYes={() => after(call("DELETE", path))} onClose={() => { isAsking.value = false; }}><p>{t().withdrawSays[of.kind]}</p></Sure>}
    </li>
  );
}

function Precision({ of }: { of: Me }) {
  const act = useAct();
  const held = of.follow_precision;
  if (!held) return null;
  return (
    <div class="item">
      <label for="precision">{t().precisionHead}</label>
      <select id="precision" value={held.chosen ?? ""} disabled={act.isBusy}
        onChange={(event) => {
          const value = event.currentTarget.value;
          event.currentTarget.value = held.chosen ?? ""; // what is in force, until the answer: a code may be asked for
          void act.run(() => proved(() => after(call("PUT", "/api/people/me/precision", { precision: value || null }))));
        }}>
        <option value="">{t().precisionDefault}</option>
        {Object.entries(t().precisions).map(([value, words]) => <option key={value} value={value}>{words}</option>)}
      </select>
      {!held.chosen && <p class="quiet-text">{t().precisionNow(t().precisions[held.in_force] ?? held.in_force)}</p>}
      <Trouble of={act.problem} />
    </div>
  );
}

export function Agreed({ of }: { of: Me }) {
  return (
    <Section id="consent-head" head={t().consentHead} lead={t().consentLead}>
      {of.needs ? <p class="attention">{t().needs}</p> : !of.is_shared && <p class="attention">{t().notShared}</p>}
      <ul class="items">{of.consents.map((one) => <Row key={one.kind} of={one} version={of.text_version} />)}</ul>
      <Precision of={of} />
    </Section>
  );
}
