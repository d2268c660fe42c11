import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call } from "../api";
import { dayAndTime } from "../clock";
import { lang } from "../lang";
import { Loaded, useLoader } from "../loaded";
import { t as agency } from "../texts/agency";
import { g } from "../texts/gate";
import { agencyName, centerName, loadAgencies, loadCenters, roleName } from "./house";
import { Choice, Form, Text, type Words } from "./kit/form";
import { Link } from "./kit/link";
import { Mark, Panel, SectionHead } from "./kit/page";

/** May this account be shown that now, and why not: each rule of the gate with its verdict. */
interface Person { account_id: string; login: string; name: string; role: string; agency_id: string | null }
interface Choices { incidents: { incident_id: string; center: string; state: string; type: string; opened_at: string }[]; accounts: Person[]; cameras: { camera_id: string; name: string; center: string }[] }
interface Answer {
  allowed: boolean; at: string; kind: string; address: string; account: Person; agreement: { agreement_id: string; agency_id: string; center: string; ends_at: string | null } | null;
  rules: { code: string; is_met: boolean; parts: string[]; ko: string; en: string }[];
}
const KINDS = ["live", "still", "recorded", "position", "identity"];
const OF_CAMERAS = ["live", "still", "recorded"];
const WAIT_MS = 250;

async function fetchAll(): Promise<Choices> {
  const [told] = await Promise.all([call<Choices>("GET", "/api/gate/choices"), loadCenters(), loadAgencies()]);
  return told;
}

function personWords(one: Person): string {
  return `${one.name} (${one.login}) · ${one.agency_id ? agencyName(one.agency_id) : roleName(one.role)}`;
}

/** Found by words, a few at a time: a center has thousands. */
function CameraField({ first }: { first: Choices["cameras"] }) {
  const found = useSignal(first);
  const words = useSignal("");
  useEffect(() => {
    const timer = setTimeout(() => {
      void call<Choices>("GET", `/api/gate/choices?camera=${encodeURIComponent(words.value)}`).then((told) => { found.value = told.cameras; }, () => undefined);
    }, WAIT_MS);
    return () => clearTimeout(timer);
  }, [words.value]);
  const w = g().why;
  return (
    <div class="camera-pick">
      <label>{w.cameraFind} <input type="search" maxLength={80} placeholder={w.cameraHelp} onInput={(event) => { words.value = event.currentTarget.value; }} /></label>
      {found.value.length === 0 ? <p class="quiet-text" role="status">{w.cameraNone}</p> : (
        <Choice name="camera" label={w.camera} options={found.value.map((one): [string, string] => [one.camera_id, `${one.name} · ${centerName(one.center)}`])} needed />
      )}
    </div>
  );
}

function Rules({ of: one }: { of: Answer }) {
  const w = g().why;
  const broken = one.rules.filter((rule) => !rule.is_met);
  return (
    <Panel title={one.allowed ? w.yes : w.no(broken.length)} id="why-title">
      <div data-allowed={one.allowed}>
        <p class="quiet-text">{personWords(one.account)} · {w.kinds[one.kind]} · {w.at(dayAndTime(one.at), one.address)}</p>
        <p>{w.agreement}: {one.agreement ? <Link to="agreements" item={one.agreement.agreement_id}>{agencyName(one.agreement.agency_id)} · {centerName(one.agreement.center)}</Link> : w.none}</p>
        <ol class="rule-list" aria-label={w.rules}>
          {[...broken, ...one.rules.filter((rule) => rule.is_met)].map((rule) => (
            <li key={rule.code} data-rule={rule.code} data-met={rule.is_met} class={rule.is_met ? "" : "rule-broken"}>
              <Mark tone={rule.is_met ? "good" : "bad"}>{rule.is_met ? w.met : w.broken}</Mark>
              <span><strong>{w.rule_[rule.code] ?? rule.code}</strong>{!rule.is_met && <> <span>{rule.parts.length > 0 ? rule.parts.map((part) => w.parts[part] ?? part).join(", ") : lang.value === "ko" ? rule.ko : rule.en}</span></>}</span>
            </li>
          ))}
        </ol>
      </div>
    </Panel>
  );
}

function Ask({ of: told }: { of: Choices }) {
  const w = g().why;
  const kind = useSignal("live");
  const answer = useSignal<Answer | null>(null);
  const send = async (words: Words) => {
    const asked = new URLSearchParams({ account: words.one("account"), incident: words.one("incident_id") || words.one("incident"), kind: kind.value });
    if (OF_CAMERAS.includes(kind.value)) asked.set("camera", words.one("camera"));
    answer.value = await call<Answer>("GET", `/api/gate/why?${asked}`);
  };
  const needs = (words: Words): Record<string, string> => (words.one("incident") || words.one("incident_id") ? {} : { incident: w.choose });
  const types = agency().types;
  return (
    <>
      <div class="panel">
        <Form send={w.ask} onSend={send} check={needs}>
          <div class="fields-2">
            <Choice name="account" label={w.account} options={told.accounts.map((one): [string, string] => [one.account_id, personWords(one)])} needed />
            <Choice name="kind" label={w.kind} value="live" options={KINDS.map((one): [string, string] => [one, w.kinds[one]!])} onChange={(to) => { kind.value = to; }} />
            <Choice name="incident" label={w.incident} help={told.incidents.length === 0 ? w.noIncident : undefined}
              options={told.incidents.map((one): [string, string] => [one.incident_id, w.incidentOf(types[one.type] ?? one.type, centerName(one.center), dayAndTime(one.opened_at))])} />
            <Text name="incident_id" label={w.incidentId} help={w.orId} most={40} />
          </div>
          {OF_CAMERAS.includes(kind.value) && <CameraField first={told.cameras} />}
        </Form>
      </div>
      {answer.value && <Rules of={answer.value} />}
    </>
  );
}

export default function Why() {
  const loader = useLoader(fetchAll, "why");
  return (
    <>
      <SectionHead title={g().why.title} lead={g().why.lead} />
      <Loaded of={loader}>{(told) => <Ask of={told} />}</Loaded>
    </>
  );
}
