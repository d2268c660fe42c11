import { useSignal } from "@preact/signals";
import { call, Refused } from "../../api";
import { lang } from "../../lang";
import { Loaded, useLoader } from "../../loaded";
import { t } from "../../texts/camera-admin";
import { Form, Text, type Words } from "../kit/form";
import { Facts, Panel } from "../kit/page";
import { tell } from "../kit/told";
import type { Again } from "./camera";
import { Secret } from "./secret";
import type { CameraFacts } from "./wire";

/** The ONVIF device behind a camera: what it says of itself, and binding it. */
interface Bound {
  url: string; maker: string; model: string; firmware: string; clock_offset_s: number | null; is_ptz: boolean; has_home: boolean;
  findings: { code: string; ko: string; en: string }[];
}
const BIND_MS = 40_000;

export function DevicePanel({ camera, again }: { camera: CameraFacts; again: Again }) {
  const c = t().one;
  const turn = useSignal(0);
  const path = `/api/cameras/${encodeURIComponent(camera.camera_id)}/device`;
  // unbound is told by the camera's own list of facts in words, not by a refusal on the console's record
  const loader = useLoader(() => call<Bound>("GET", path).catch((error) => {
    if (error instanceof Refused && error.problem.code === "no_device") return null;
    throw error;
  }), camera.camera_id);
  const bind = async (words: Words) => {
    await call("POST", path, { url: words.one("url"), user: words.one("user"), password: words.one("password") }, BIND_MS);
    tell(c.bound);
    turn.value += 1;
    await Promise.all([loader.again(), again()]);
  };
  const held = loader.state.value;
  return (
    <Panel title={c.device} id="camera-device">
      <p class="quiet-text">{c.deviceHelp}</p>
      <Loaded of={loader}>{(bound) => (bound ? <AboutDevice of={bound} /> : <p>{c.deviceNone}</p>)}</Loaded>
      <Form key={turn.value} send={held.is === "ready" && held.data ? c.bindAgain : c.bind} onSend={bind}>
        <Text name="url" label={c.url} help={c.urlHelp} most={300} needed />
        <div class="fields-2"><Text name="user" label={c.user} most={100} /><Secret name="password" label={c.password} /></div>
      </Form>
    </Panel>
  );
}

function AboutDevice({ of }: { of: Bound }) {
  const c = t().one;
  return (
    <>
      <Facts of={[
        [c.url, of.url], [c.maker, of.maker], [c.model, of.model], [c.firmware, of.firmware], [c.clock, of.clock_offset_s === null ? "" : c.seconds(of.clock_offset_s)],
        [c.canTurn, of.is_ptz ? c.yes : c.no], [c.home, of.has_home ? c.yes : c.no],
      ]} />
      {of.findings.length > 0 && <div class="warning-box"><span aria-hidden="true">▲</span><div><h3>{c.findings}</h3><ul>{of.findings.map((one) => <li key={one.code}>{lang.value === "ko" ? one.ko : one.en}</li>)}</ul></div></div>}
    </>
  );
}
