import { useSignal } from "@preact/signals";
import { call } from "../api";
import { named } from "../lang";
import { SWITCHES, t } from "../texts/agreements";
import { go } from "./address";
import { agencies, centers } from "./house";
import { Check, Checks, Choice, Form, localText, Text, type Words } from "./kit/form";
import { Link } from "./kit/link";
import { SectionHead } from "./kit/page";
import { tell } from "./kit/told";
import { AreaField } from "./agreement-areas";
import { baseName, termsOf, triggerName } from "./terms";
import type { Agreement, AgreementCodes, Terms } from "./wire";

const NOTHING: Terms = {
  triggers: [], legal_bases: [], may_view_live: false, may_view_recorded: false, may_view_still: false, may_see_position: false, may_see_identity: false, may_see_health: false,
  may_store: false, storage_days: 0, is_third_party: true, document: "", notice_days: 0, starts_at: "", ends_at: null, auto_triggers: [], verify_s: 60, max_minutes: 120, areas: null, covers_firms: false, camera_networks: [], plate_quiet_s: null,
};

/** The terms of an agreement as fields, for a new one and for a change. */
export function TermFields({ of, codes, hasBegun = false }: { of: Terms; codes: AgreementCodes; hasBegun?: boolean }) {
  const f = t().fields;
  const keeps = useSignal(of.may_store);
  const shown = SWITCHES.filter((one) => one !== "may_store");
  return (
    <>
      <div class="fields-2">
        <Checks name="triggers" label={f.triggers} help={f.triggersHelp} values={of.triggers} options={codes.triggers.map((one) => [one, triggerName(one)])} />
        <Checks name="legal_bases" label={f.bases} values={of.legal_bases} options={Object.keys(codes.legal_bases).map((one) => [one, baseName(one, codes)])} />
      </div>
      <Checks name="switches" label={f.switches} help={f.switchesHelp} values={shown.filter((one) => of[one])} options={shown.map((one) => [one, t().what[one]])} isRow />
      <div class="fields-2">
        <Check name="may_store" label={f.store} checked={of.may_store} onChange={(is) => { keeps.value = is; }} />
        {keeps.value && <Text name="storage_days" label={f.days} type="number" value={of.storage_days ? String(of.storage_days) : ""} needed />}
      </div>
      <Check name="is_third_party" label={f.third} help={f.thirdHelp} checked={of.is_third_party} />
      <div class="fields-2">
        <Text name="starts_at" label={f.starts} type="datetime-local" value={localText(of.starts_at)} isFixed={hasBegun} needed />
        <Text name="ends_at" label={f.ends} help={f.endsHelp} type="datetime-local" value={localText(of.ends_at)} />
      </div>
      <div class="fields-2">
        <Text name="document" label={f.document} help={f.documentHelp} value={of.document} />
        <Text name="notice_days" label={f.notice} type="number" value={String(of.notice_days)} />
      </div>
      <fieldset class="field checks ask-terms">
        <legend>{f.requests}</legend>
        <p class="help">{f.requestsHelp}</p>
        <Checks name="auto_triggers" label={f.auto} help={f.autoHelp} values={of.auto_triggers} options={codes.triggers.filter((one) => one !== "dispatch").map((one) => [one, triggerName(one)])} isRow />
        <div class="fields-2">
          <Text name="verify_s" label={f.verify} help={f.verifyHelp} type="number" value={String(of.verify_s)} />
          <Text name="max_minutes" label={f.longest} help={f.longestHelp} type="number" value={String(of.max_minutes)} />
        </div>
        <AreaField of={of.areas} />
        <Check name="covers_firms" label={f.firms} help={f.firmsHelp} checked={of.covers_firms} />
        <Text name="camera_networks" label={f.lent} help={f.lentHelp} value={of.camera_networks.join(" ")} />
        <Text name="plate_quiet_s" label={f.quiet} help={f.quietHelp} type="number" value={of.plate_quiet_s === null ? "" : String(of.plate_quiet_s)} />
      </fieldset>
    </>
  );
}

export function NewAgreement({ codes, onMade }: { codes: AgreementCodes; onMade: () => Promise<void> }) {
  const f = t().fields;
  const desks = [...new Set(centers.value.map((one) => one.desk))].sort();
  const parties: [string, string][] = [
    ...desks.map((desk): [string, string] => [`desk:${desk}`, f.deskOption(desk, centers.value.filter((one) => one.desk === desk).length)]),
    ...centers.value.map((one): [string, string] => [`center:${one.code}`, named(one)]),
  ];
  const send = async (words: Words) => {
    const [kind, code] = words.one("party").split(":");
    const told = await call<{ agreements: Agreement[] }>("POST", "/api/agreements", { [kind!]: code, agency_id: words.one("agency_id"), ...termsOf(words) }, 30_000);
    tell(t().made(told.agreements.length));
    await onMade();
    go("agreements", told.agreements.length === 1 ? told.agreements[0]!.agreement_id : "");
  };
  return (
    <>
      <SectionHead title={t().newTitle} lead={t().newLead} back="agreements" />
      <div class="panel">
        <Form send={t().make} onSend={send} onCancel={() => go("agreements")} alias={{ center: "party", desk: "party" }}
          more={(problem) => problem.code === "overlaps" && <Link to="agreements" item={String(problem.agreement_id)}>{t().overlapLink}</Link>}>
          <div class="fields-2">
            <Choice name="agency_id" label={f.agency} options={agencies.value.map((one) => [one.agency_id, named(one)])} needed />
            <Choice name="party" label={f.party} help={f.partyHelp} options={parties} needed />
          </div>
          <TermFields of={NOTHING} codes={codes} />
        </Form>
      </div>
    </>
  );
}
