import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Trouble, useAct } from "../act";
import { call } from "../api";
import { dayAndTime } from "../clock";
import { lang, named } from "../lang";
import { Loaded } from "../loaded";
import { t } from "../texts/mine-warnings";
import { Section, Sure } from "./parts";
import { consentTexts, type DisasterWarning, disasters, places, proved } from "./source";
import { FindMe, findMeIfAllowed, TellHere, whereOf } from "./warnings-here";

/** Her consent to disaster warnings with the municipalities she chose, and what runs there. Where she is stays on her phone. */
const PATH = "/api/people/me/warnings";

function Running({ of }: { of: DisasterWarning }) {
  const part = of.parts[0];
  const words = part?.texts[lang.value] ?? part?.texts.ko ?? part?.texts.en ?? {};
  const where = of.is_over ? null : whereOf(of);
  return (
    <li class="item" data-disaster={of.thread_id} data-where={where ?? undefined}>
      <div class="item-head"><strong>{t().severity[of.severity] ?? of.severity} · {words.headline || words.event}</strong><span class="badge">{of.is_over ? t().over : t().running}</span></div>
      {words.instruction && <p>{words.instruction}</p>}
      <p class="quiet-text">{[words.areas, t().until(dayAndTime(of.expires_at)), where && t().standing[where]].filter(Boolean).join(" · ")}</p>
    </li>
  );
}

function Choose({ version, chosen, most }: { version: string; chosen: string[]; most: number }) {
  const act = useAct();
  const picked = useSignal(chosen);
  const code = useSignal("");
  const all = places.state.value.is === "ready" ? places.state.value.data.places : [];
  const texts = consentTexts.state.value;
  const words = texts.is === "ready" ? texts.data.texts.warnings?.[lang.value] : undefined;
  const go = () => proved(async () => { await call("PUT", PATH, { consent: true, version, places: picked.value }); await disasters.again(); });
  return (
    <form class="item" onSubmit={(event) => { event.preventDefault(); void act.run(go); }}>
      <ul class="items">
        {all.filter((one) => picked.value.includes(one.code)).map((one) => (
          <li key={one.code}>{named(one)} <button type="button" aria-label={t().remove(named(one))} onClick={() => { picked.value = picked.value.filter((held) => held !== one.code); }}>✕</button></li>
        ))}
      </ul>
      <label for="warned-place">{t().where}</label>
      <select id="warned-place" aria-describedby="warned-place-hint" value={code.value} disabled={picked.value.length >= most}
        onChange={(event) => { const next = event.currentTarget.value; if (next && !picked.value.includes(next)) picked.value = [...picked.value, next]; code.value = ""; }}>
        <option value="">—</option>
        {all.map((one) => <option key={one.code} value={one.code}>{named(one)}</option>)}
      </select>
      <p id="warned-place-hint" class="quiet-text">{t().whereHint(most)} {t().phone}</p>
      {words && <details><summary>{t().read}</summary><p>{words}</p></details>}
      <button type="submit" class="primary" disabled={act.isBusy || !words || picked.value.length === 0}>{t().agree}</button>
      <Trouble of={act.problem} />
    </form>
  );
}

export function Disasters() {
  useEffect(() => void findMeIfAllowed(), []);
  const isAsking = useSignal(false);
  const most = places.state.value.is === "ready" ? places.state.value.data.most : 0;
  return (
    <Section id="disasters-head" head={t().head}>
      <Loaded of={disasters}>{(found) => (
        <>
          <ul class="items">{found.warnings.map((one) => <Running key={one.warning_id} of={one} />)}</ul>
          {found.is_agreed && found.warnings.length === 0 && <p class="quiet-text">{t().none}</p>}
          {found.warnings.some((one) => one.parts.some((part) => !part.is_whole)) && <FindMe />}
          {found.is_agreed && found.may_tell_browser && <TellHere />}
          {found.is_agreed && <p>{t().open}: {found.places.map((one) => named(one)).join(", ")} <button type="button" onClick={() => { isAsking.value = true; }}>{t().end}</button></p>}
          {isAsking.value && <Sure head={t().end} yes={t().end} onClose={() => { isAsking.value = false; }} onYes={async () => { await call("DELETE", PATH); await disasters.again(); }}><p>{t().endSays}</p></Sure>}
          <details onToggle={(event) => { if (event.currentTarget.open) void places.again(); }}>
            <summary>{t().closed}</summary><Choose key={String(found.is_agreed)} version={found.text_version} chosen={found.places.map((one) => one.code)} most={most} />
          </details>
        </>
      )}</Loaded>
    </Section>
  );
}
