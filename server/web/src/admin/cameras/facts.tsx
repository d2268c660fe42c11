import { call } from "../../api";
import { t } from "../../texts/camera-admin";
import { Check, Checks, Choice, Form, instant, localText, Text, type Words } from "../kit/form";
import { Panel } from "../kit/page";
import { tell } from "../kit/told";
import { type Again, pathOf } from "./camera";
import type { CameraFacts } from "./wire";

/** What is known of a camera, in words. Only what was changed is sent; undo puts the old values back. */
const TEXTS = ["name", "purpose", "owner_name", "office", "office_phone", "management_no", "site_address"] as const;
const SWITCHES = ["is_indoor", "is_ptz", "is_anpr", "is_buffered", "is_private"] as const;
type Changes = Partial<CameraFacts>;

function wantedOf(words: Words): Changes {
  const amount = (name: string) => (words.one(name) === "" ? null : Number(words.one(name)));
  return {
    ...Object.fromEntries(TEXTS.map((name) => [name, words.one(name)])), ...Object.fromEntries(SWITCHES.map((name) => [name, words.is(name)])),
    purposes: words.all("purposes"), installed_on: words.one("installed_on") || null, retention_days: amount("retention_days"), height_m: amount("height_m"),
    night: words.one("night"), consent_until: instant(words.one("consent_until")),
  } as Changes;
}

function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) return [...one].sort().join() === [...other].sort().join();
  return (one ?? null) === (other ?? null);
}

/** A time to the minute is the same as one with seconds, or saving would always change it. */
function differing(camera: CameraFacts, wanted: Changes): Changes {
  const names = (Object.keys(wanted) as (keyof CameraFacts)[]).filter((name) => (name === "consent_until"
    ? localText(camera.consent_until) !== localText(wanted.consent_until) : !isSame(camera[name], wanted[name])));
  return Object.fromEntries(names.map((name) => [name, wanted[name]]));
}

export function FactsPanel({ camera, again }: { camera: CameraFacts; again: Again }) {
  const c = t().one;
  const path = pathOf(camera.camera_id);
  const send = async (words: Words) => {
    const changed = differing(camera, wantedOf(words));
    const names = Object.keys(changed) as (keyof CameraFacts)[];
    if (names.length === 0) return tell(c.nothing);
    await call("PATCH", path, changed);
    const old = Object.fromEntries(names.map((name) => [name, camera[name]]));
    tell(c.saved, async () => { await call("PATCH", path, old); await again(); });
    await again();
  };
  const check = (words: Words): Record<string, string> => Object.fromEntries(["retention_days", "height_m"].filter((name) => !/^(\d+(\.\d+)?)?$/.test(words.one(name))).map((name) => [name, c.badNumber]));
  return (
    <Panel title={c.facts} id="camera-facts">
      <Form send={c.save} onSend={send} check={check}>
        <div class="fields-2">
          <Text name="name" label={c.name} value={camera.name} most={200} needed />
          <Text name="site_address" label={c.address} value={camera.site_address} most={300} />
          <Text name="office" label={c.office} value={camera.office} most={300} />
          <Text name="office_phone" label={c.phone} value={camera.office_phone} most={40} />
          <Text name="owner_name" label={c.owner} value={camera.owner_name} most={300} />
          <Text name="management_no" label={c.number} value={camera.management_no} most={300} />
          <Text name="purpose" label={c.purpose} value={camera.purpose} most={300} />
          <Choice name="night" label={c.night} value={camera.night} options={Object.entries(c.nights)} />
          <Text name="installed_on" type="date" label={c.installed} value={camera.installed_on ?? ""} />
          <Text name="retention_days" label={c.retention} value={String(camera.retention_days ?? "")} most={5} />
          <Text name="height_m" label={c.height} value={String(camera.height_m ?? "")} most={6} />
          <Text name="consent_until" type="datetime-local" label={c.consent} help={c.consentHelp} value={localText(camera.consent_until)} />
        </div>
        <Checks name="purposes" label={c.purposes} help={c.purposesHelp} values={camera.purposes} options={Object.entries(c.purposeNames)} isRow />
        <div class="switches">
          <Check name="is_private" label={c.private} checked={camera.is_private} /><Check name="is_indoor" label={c.indoor} checked={camera.is_indoor} />
          <Check name="is_ptz" label={c.ptz} checked={camera.is_ptz} /><Check name="is_anpr" label={c.anpr} checked={camera.is_anpr} />
          <Check name="is_buffered" label={c.buffered} checked={camera.is_buffered} />
        </div>
      </Form>
    </Panel>
  );
}
