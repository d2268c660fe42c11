import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asProblem, call } from "../../api";
import { lang, said } from "../../lang";
import { Loaded, useLoader } from "../../loaded";
import { t as kit } from "../../texts/admin";
import { t } from "../../texts/camera-admin";
import type { Problem } from "../../wire";
import { go } from "../address";
import { ConfirmDialog } from "../kit/confirm";
import { Check, type Words } from "../kit/form";
import { Icon } from "../kit/icons";
import { Link } from "../kit/link";
import { Panel, SectionHead } from "../kit/page";
import { tell } from "../kit/told";
import { ReportOf } from "./report";
import { UPLOADS } from "./upload";
import type { Run, Upload } from "./wire";

const EVERY_MS = 800;
type Answer = { upload: Upload };
const sizeOf = (bytes: number) => (bytes < 1 << 20 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / (1 << 20)).toFixed(1)} MB`);

/** One upload: its files, a dry run, what it found, the import. It survives a reload: the server holds all of it. */
export function UploadPage({ id }: { id: string }) {
  const loader = useLoader(async () => (await call<Answer>("GET", `${UPLOADS}/${encodeURIComponent(id)}`)).upload, id);
  const held = loader.state.value;
  const isRunning = held.is === "ready" && held.data.run?.state === "running";
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => void loader.again(), EVERY_MS);
    return () => clearInterval(timer);
  }, [isRunning, loader]);
  return (
    <>
      <p class="back"><Link to="cameras" item="imports"><Icon name="back" /> {kit().back}</Link></p>
      <Loaded of={loader}>{(one) => <Body one={one} again={loader.again} />}</Loaded>
    </>
  );
}

function Body({ one, again }: { one: Upload; again: () => Promise<void> }) {
  const u = t().upload;
  const problem = useSignal<Problem | null>(null);
  const asked = useSignal<"" | "import" | "discard">("");
  const path = `${UPLOADS}/${one.upload_id}`;
  const act = async (what: "try" | "cancel") => {
    try {
      problem.value = null;
      await call("POST", `${path}/${what}`, what === "try" ? {} : undefined);
    } catch (error) {
      problem.value = asProblem(error);
    }
    await again();
  };
  const bring = async (words: Words) => { await call("POST", `${path}/import`, { retire_missing: words.is("whole") }); await again(); };
  const discard = async () => { await call("DELETE", path); tell(u.discarded); go("cameras", "imports"); };
  const { run, report } = one;
  const isImported = run?.kind === "import" && run.state === "done";
  const isTried = run?.kind === "try" && run.state === "done";
  const isRunning = run?.state === "running";
  return (
    <div data-upload={one.upload_id} data-run={run ? `${run.kind} ${run.state}` : ""}>
      <SectionHead title={`${u.page}: ${one.source}`}>
        {isRunning && <button type="button" onClick={() => void act("cancel")}>{u.cancel}</button>}
        {!isRunning && <button type="button" onClick={() => { asked.value = "discard"; }}>{u.discard}</button>}
        {!isRunning && !isImported && <button type="button" class={isTried ? "" : "primary"} onClick={() => void act("try")}>{run ? u.tryAgain : u.tryIt}</button>}
        {isTried && <button type="button" class="primary" onClick={() => { asked.value = "import"; }}>{u.importIt}</button>}
      </SectionHead>
      <p class="trouble" role="alert">{problem.value ? said(problem.value) : ""}</p>
      {run && <Progress run={run} />}
      {!isImported && one.files.length > 0 && (
        <Panel title={u.files} id="upload-files"><ul class="file-list">{one.files.map((file, n) => <li key={n}><span>{file.name}</span> <span class="quiet-text">{sizeOf(file.bytes)}</span></li>)}</ul></Panel>
      )}
      {isImported && <AfterImport />}
      {report && !isRunning && <ReportOf report={report} csv={`${path}/report.csv?language=${lang.value}`} />}
      {asked.value === "import" && report && (
        <ConfirmDialog title={u.confirmTitle} action={u.importIt} tone="primary" act={bring} onDone={() => { asked.value = ""; }} onCancel={() => { asked.value = ""; }}>
          <p>{u.confirmHappens(report.set.new + report.set.returned, report.set.updated + report.set.moved, report.set.retired)}</p>
          <p>{u.noUndo}</p>
          <Check name="whole" label={u.whole} help={u.wholeHelp} />
        </ConfirmDialog>
      )}
      {asked.value === "discard" && (
        <ConfirmDialog title={u.discardTitle} action={u.discard} act={discard} onDone={() => { asked.value = ""; }} onCancel={() => { asked.value = ""; }}><p>{u.discardHappens}</p></ConfirmDialog>
      )}
    </div>
  );
}

function Progress({ run }: { run: Run }) {
  const u = t().upload;
  const percent = Math.round(run.share * 100);
  if (run.state === "running") {
    return (
      <Panel title={u.running[run.kind]} id="upload-run">
        <progress max={100} value={percent} aria-labelledby="upload-run">{percent}%</progress>
        <p>{run.file} <span class="quiet-text">{u.share(percent, run.rows.toLocaleString("ko-KR"))}</span></p>
      </Panel>
    );
  }
  const words = run.state === "done" ? u.done[run.kind] : run.state === "cancelled" ? u.cancelled : run.state === "lost" ? u.lost
    : said({ message_ko: run.message_ko ?? u.lost, message_en: run.message_en ?? u.lost });
  return <p class={`banner ${run.state === "done" ? "safe" : run.state === "cancelled" ? "" : "alarm"}`} role="status">{words}</p>;
}

function AfterImport() {
  const u = t().upload;
  return (
    <div class="after-import">
      <p>{u.noUndo}</p>
      <p class="row-buttons"><Link to="cameras" item="doubts" button>{u.toDoubts}</Link> <Link to="cameras" item="cameras" button>{u.toCameras}</Link></p>
    </div>
  );
}
