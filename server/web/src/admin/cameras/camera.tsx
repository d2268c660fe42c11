import { call } from "../../api";
import { dayAndTime } from "../../clock";
import { Loaded, useLoader } from "../../loaded";
import { t } from "../../texts/camera-admin";
import { t as cameras } from "../../texts/cameras";
import { centerName, loadCenters } from "../house";
import { CopyId } from "../kit/copy";
import { Icon } from "../kit/icons";
import { Link } from "../kit/link";
import { Facts, Mark, Panel, SectionHead } from "../kit/page";
import { AimPanel } from "./aim";
import { DevicePanel } from "./device";
import { FactsPanel } from "./facts";
import { History } from "./history";
import { Retire } from "./retire";
import { StillPanel } from "./still";
import { StreamsPanel } from "./streams";
import type { CameraFacts } from "./wire";

/** One camera: where it stands and looks, its facts, its streams and device, what became of it. */
export const pathOf = (id: string) => `/api/cameras/registry/${encodeURIComponent(id)}`;
export type Again = () => Promise<void>;

export function CameraPage({ id }: { id: string }) {
  const loader = useLoader(async () => {
    const [told] = await Promise.all([call<{ camera: CameraFacts }>("GET", pathOf(id)), loadCenters()]);
    return told.camera;
  }, id);
  return (
    <>
      <p class="back"><Link to="cameras" item="cameras"><Icon name="back" /> {t().one.back}</Link></p>
      <Loaded of={loader}>{(camera) => <Page camera={camera} again={loader.again} />}</Loaded>
    </>
  );
}

function Page({ camera, again }: { camera: CameraFacts; again: Again }) {
  const c = t().one;
  return (
    <div data-camera={camera.camera_id}>
      <SectionHead title={camera.name} lead={camera.site_address}>{!camera.retired_at && <Retire camera={camera} again={again} />}</SectionHead>
      {camera.retired_at && <p class="banner alarm" role="status">{c.retired(dayAndTime(camera.retired_at))}</p>}
      <Panel title={c.health} id="camera-health"><HealthFacts camera={camera} /></Panel>
      {!camera.retired_at && (
        <>
          <AimPanel camera={camera} again={again} />
          <FactsPanel key={camera.updated_at} camera={camera} again={again} />
          <div class="panels">
            <StreamsPanel camera={camera} again={again} />
            <DevicePanel camera={camera} again={again} />
          </div>
          {camera.has_sub && <StillPanel camera={camera} />}
        </>
      )}
      <History camera={camera} />
    </div>
  );
}

function HealthFacts({ camera }: { camera: CameraFacts }) {
  const c = t().one;
  const words = cameras().cameras;
  const tone = camera.health === "working" ? "good" : camera.health === "unknown" ? "calm" : camera.health === "down" ? "bad" : "wait";
  return (
    <Facts of={[
      [c.state, <Mark tone={tone}>{words.states[camera.health]}{camera.health_since && ` · ${words.since(dayAndTime(camera.health_since))}`}</Mark>],
      [c.lookedAt, camera.health_at ? dayAndTime(camera.health_at) : words.never],
      [c.center, centerName(camera.center_id)],
      [c.source, words.sources[camera.source] ?? camera.source],
      [c.id, <CopyId id={camera.camera_id} what={c.id} />],
    ]} />
  );
}
