import { useSignal } from "@preact/signals";
import { call } from "../../api";
import { t } from "../../texts/camera-admin";
import { ConfirmDialog } from "../kit/confirm";
import { Form, Text, type Words } from "../kit/form";
import { Mark, Panel } from "../kit/page";
import { tell } from "../kit/told";
import { type Again, pathOf } from "./camera";
import { Secret } from "./secret";
import type { CameraFacts } from "./wire";

/** Where a camera's pictures come from: written, never shown back. */
export function StreamsPanel({ camera, again }: { camera: CameraFacts; again: Again }) {
  const c = t().one;
  const turn = useSignal(0);
  const isDropping = useSignal(false);
  const path = `${pathOf(camera.camera_id)}/streams`;
  const put = async (words: Words) => {
    await call("PUT", path, { sub: words.one("sub"), main: words.one("main"), user: words.one("user"), password: words.one("password") });
    tell(c.streamsPut);
    turn.value += 1; // an empty form again: what was written is not shown back
    await again();
  };
  const drop = async () => { await call("PUT", path, {}); tell(c.streamsPut); await again(); };
  return (
    <Panel title={c.streams} id="camera-streams" actions={camera.has_sub && <button type="button" onClick={() => { isDropping.value = true; }}>{c.dropStreams}</button>}>
      <p><Mark tone={camera.has_sub ? "good" : "calm"}>{camera.has_sub ? c.has : c.hasNot}</Mark></p>
      <p class="quiet-text">{c.streamsHelp}</p>
      <Form key={turn.value} send={c.putStreams} onSend={put}>
        <Text name="sub" label={c.sub} most={1000} needed />
        <Text name="main" label={c.main} most={1000} />
        <div class="fields-2"><Text name="user" label={c.user} most={100} /><Secret name="password" label={c.password} /></div>
      </Form>
      {isDropping.value && (
        <ConfirmDialog title={c.dropTitle} action={c.dropStreams} act={drop} onDone={() => { isDropping.value = false; }} onCancel={() => { isDropping.value = false; }}><p>{c.dropHappens}</p></ConfirmDialog>
      )}
    </Panel>
  );
}
