import { t } from "../texts/cameras";
import { Doubts, showBatch } from "./doubts";
import { Imports } from "./imports";
import { SectionHead } from "./kit/page";
import { Registry } from "./registry";
import { go, item } from "./address";
import "../styles/map.css";
import "../styles/registry.css";

/** The registry for who manages cameras: rows to check, imports, cameras with their health. */
type Tab = "doubts" | "imports" | "cameras";
const TABS: Tab[] = ["doubts", "imports", "cameras"];

export default function Cameras() {
  const tab = TABS.find((one) => one === item.value) ?? "doubts";
  const show = (next: Tab) => go("cameras", next);
  return (
    <>
      <SectionHead title={t().title} />
      <nav class="tabs" aria-label={t().title}>
        {TABS.map((one) => (
          <button type="button" key={one} aria-current={tab === one ? "page" : undefined} onClick={() => show(one)}>{t().tabs[one]}</button>
        ))}
      </nav>
      {tab === "doubts" && <Doubts />}
      {tab === "imports" && <Imports onDoubts={(batch) => { showBatch(batch); show("doubts"); }} />}
      {tab === "cameras" && <Registry />}
    </>
  );
}
