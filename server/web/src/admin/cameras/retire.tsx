import { useSignal } from "@preact/signals";
import { call } from "../../api";
import { t } from "../../texts/camera-admin";
import { ConfirmDialog } from "../kit/confirm";
import { tell } from "../kit/told";
import { type Again, pathOf } from "./camera";
import type { CameraFacts } from "./wire";

export function Retire({ camera, again }: { camera: CameraFacts; again: Again }) {
  const c = t().one;
  const isAsked = useSignal(false);
  const close = () => { isAsked.value = false; };
  return (
    <>
      <button type="button" onClick={() => { isAsked.value = true; }}>{c.retire}</button>
      {isAsked.value && (
        <ConfirmDialog title={c.retireTitle} action={c.retire} reason={{ least: 2 }} onDone={close} onCancel={close}
          act={async (words) => { await call("POST", `${pathOf(camera.camera_id)}/retire`, { reason: words.one("reason") }); tell(c.retiredTold); await again(); }}>
          <p><strong>{camera.name}</strong></p><p>{c.retireHappens}</p>
        </ConfirmDialog>
      )}
    </>
  );
}
