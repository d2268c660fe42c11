import { useSignal } from "@preact/signals";
import { Trouble, useAct } from "../act";
import { call } from "../api";
import { dayAndTime } from "../clock";
import { lang } from "../lang";
import { Loaded } from "../loaded";
import { t } from "../texts/protection";
import { Section, Sure } from "./parts";
import { consentTexts, protection, proved, type Protected, type Warned } from "./source";

const PATH = "/api/people/me/protection";

function Code({ of }: { of: Protected }) {
  const isAsking = useSignal(false);
  return (
    <li class="item" data-protection={of.protection_id}>
      <p><strong>{t().since(dayAndTime(of.registered_at))}</strong></p>
      <p class="quiet-text">{of.tested_at ? t().tested(dayAndTime(of.tested_at)) : t().untested}</p>
      <div class="item-acts"><button type="button" onClick={() => { isAsking.value = true; }}>{t().end}</button></div>
      {isAsking.value && <Sure head={t().end} yes={t().end} onClose={() => { isAsking.value = false; }}
        onYes={() => proved(async () => { await call("DELETE", `${PATH}/${of.protection_id}`); await protection.again(); })}><p>{t().endSays}</p></Sure>}
    </li>
  );
}

function Warning({ of }: { of: Warned }) {
  const where = [t().directions[of.direction], t().bands[of.band]].filter(Boolean).join(" · ");
  return (
    <li class="item" data-warning={of.warning_id}>
      <div class="item-head"><strong>{where}</strong><span class="badge">{of.ended_at ? t().over : t().running}</span></div>
      <p class="quiet-text">{dayAndTime(of.told_at ?? of.begun_at)}</p>
    </li>
  );
}

function Enter({ version }: { version: string }) {
  const act = useAct();
  const code = useSignal("");
  const texts = consentTexts.state.value;
  const words = texts.is === "ready" ? texts.data.texts.protection?.[lang.value] : undefined;
  const go = () => proved(async () => { await call("POST", PATH, { code: code.value, consent: true, version }); code.value = ""; await protection.again(); });
  return (
    <form class="item" onSubmit={(event) => { event.preventDefault(); void act.run(go); }}>
      <label for="protection-code">{t().code}</label>
      <input id="protection-code" autocomplete="off" maxLength={80} required value={code.value} aria-describedby="protection-hint"
        onInput={(event) => { code.value = event.currentTarget.value; }} />
      <p id="protection-hint" class="quiet-text">{t().codeHint}</p>
      {words && <details><summary>{t().read}</summary><p>{words}</p></details>}
      <button type="submit" class="primary" disabled={act.isBusy || !words}>{t().agree}</button>
      <Trouble of={act.problem} />
    </form>
  );
}

/** Closed for whoever has no code: most people never need it. */
export function Protection() {
  return (
    <Section id="protection-head" head={t().head}>
      <Loaded of={protection}>{(found) => (
        <>
          <ul class="items">{found.warnings.map((one) => <Warning key={one.warning_id} of={one} />)}{found.protections.map((one) => <Code key={one.protection_id} of={one} />)}</ul>
          <details><summary>{t().closed}</summary><Enter version={found.text_version} /></details>
        </>
      )}</Loaded>
    </Section>
  );
}
