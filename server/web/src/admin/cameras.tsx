import { t } from "../texts/cameras";
import { t as more } from "../texts/camera-admin";
import { go, item } from "./address";
import { CameraPage } from "./cameras/camera";
import { Coverage } from "./cameras/coverage";
import { Devices } from "./cameras/devices";
import { HealthOverview } from "./cameras/health";
import { NewUpload } from "./cameras/upload";
import { UploadPage } from "./cameras/upload-page";
import { Doubts, showBatch } from "./doubts";
import { Imports } from "./imports";
import { SectionHead } from "./kit/page";
import { Registry } from "./registry";
import "../styles/map.css";
import "../styles/registry.css";

/**
 * The registry for who manages cameras. `#<tab>` is one of its parts, `#upload:<id>` and `#camera:<id>` are pages of their
 * own.
 */
const TABS = ["doubts", "imports", "cameras", "health", "coverage", "devices"] as const;
type Tab = (typeof TABS)[number];
const nameOf = (tab: Tab) => t().tabs[tab] ?? more().tabs[tab];

export default function Cameras() {
  const [kind, ...rest] = item.value.split(":");
  const id = rest.join(":");
  if (kind === "upload" && id) return <UploadPage key={id} id={id} />;
  if (kind === "camera" && id) return <CameraPage key={id} id={id} />;
  return <Tabs tab={TABS.find((one) => one === item.value) ?? "doubts"} />;
}

function Tabs({ tab }: { tab: Tab }) {
  const show = (next: Tab) => go("cameras", next);
  return (
    <>
      <SectionHead title={t().title} />
      <nav class="tabs" aria-label={t().title}>
        {TABS.map((one) => (
          <button type="button" key={one} aria-current={tab === one ? "page" : undefined} onClick={() => show(one)}>{nameOf(one)}</button>
        ))}
      </nav>
      {tab === "doubts" && <Doubts />}
      {tab === "imports" && <><NewUpload /><Imports onDoubts={(batch) => { showBatch(batch); show("doubts"); }} /></>}
      {tab === "cameras" && <Registry />}
      {tab === "health" && <HealthOverview />}
      {tab === "coverage" && <Coverage />}
      {tab === "devices" && <Devices />}
    </>
  );
}
