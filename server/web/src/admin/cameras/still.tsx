import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { pictureOf } from "../../api";
import { t as kit } from "../../texts/admin";
import { t } from "../../texts/camera-admin";
import { Area, Form, type Words } from "../kit/form";
import { Panel } from "../kit/page";
import type { CameraFacts } from "./wire";

const SHOWN_MS = 60_000;
const TAKE_MS = 30_000;

/** One picture while a camera is set up: a release with a reason; it leaves the page after a minute. */
export function StillPanel({ camera }: { camera: CameraFacts }) {
  const c = t().one;
  const url = useSignal("");
  useEffect(() => () => { if (url.peek()) URL.revokeObjectURL(url.peek()); }, []);
  useEffect(() => {
    if (!url.value) return undefined;
    const timer = setTimeout(() => { URL.revokeObjectURL(url.peek()); url.value = ""; }, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [url.value]);
  const take = async (words: Words) => {
    const picture = await pictureOf(`/api/cameras/${encodeURIComponent(camera.camera_id)}/setup-still`, { reason: words.one("reason") }, TAKE_MS);
    if (url.peek()) URL.revokeObjectURL(url.peek());
    url.value = URL.createObjectURL(picture);
  };
  return (
    <Panel title={c.still} id="camera-still">
      <p class="quiet-text">{c.stillHelp}</p>
      {url.value && <figure class="still"><img src={url.value} alt={c.stillAlt} /><figcaption class="quiet-text">{c.stillGone}</figcaption></figure>}
      <Form send={c.take} onSend={take}><Area name="reason" label={kit().form.reason} rows={2} most={500} needed /></Form>
    </Panel>
  );
}
