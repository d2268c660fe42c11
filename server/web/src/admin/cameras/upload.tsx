import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { asProblem, call } from "../../api";
import { dayAndTime } from "../../clock";
import { said } from "../../lang";
import { Loaded, useLoader } from "../../loaded";
import { t } from "../../texts/camera-admin";
import type { Problem } from "../../wire";
import { go } from "../address";
import { Icon } from "../kit/icons";
import { Link } from "../kit/link";
import { Panel } from "../kit/page";
import { DataTable } from "../kit/table";
import type { Limits, Upload } from "./wire";

/** Files from the seat to the server: what may be uploaded is said before; then the upload has a page of its own. */
export const UPLOADS = "/api/cameras/uploads";
const SEND_MS = 10 * 60_000;
const MB = 1 << 20;

/** One after the other; the name goes in a header, an address may be logged. */
export async function sendFiles(uploadId: string, files: File[], onFile: (n: number) => void): Promise<void> {
  for (const [n, file] of files.entries()) {
    onFile(n + 1);
    await call("PUT", `${UPLOADS}/${uploadId}/files`, file, SEND_MS, { "content-type": "application/octet-stream", "x-file-name": encodeURIComponent(file.name) });
  }
}

export function stateOf(one: Upload): string {
  const { run } = one;
  if (!run) return t().upload.states.none;
  if (run.state === "done") return run.kind === "import" ? t().upload.states.imported : t().upload.states.tried;
  return t().upload.states[run.state];
}

interface Listed { limits: Limits; uploads: Upload[] }

export function NewUpload() {
  const loader = useLoader(() => call<Listed>("GET", UPLOADS), "uploads");
  return (
    <Loaded of={loader}>
      {({ limits, uploads }) => (
        <>
          <Panel title={t().upload.title} id="upload-title">
            <p class="quiet-text">{t().upload.lead}</p>
            <Begin limits={limits} />
          </Panel>
          {uploads.length > 0 && <Open uploads={uploads} />}
        </>
      )}
    </Loaded>
  );
}

function Open({ uploads }: { uploads: Upload[] }) {
  const u = t().upload;
  return (
    <Panel title={u.open} id="uploads-title">
      <DataTable caption={u.open} rows={uploads} keyOf={(one) => one.upload_id} isSearched={false} columns={[
        { id: "source", title: u.openHead.source, value: (one) => one.source, cell: (one) => <Link to="cameras" item={`upload:${one.upload_id}`}>{one.source}</Link> },
        { id: "files", title: u.openHead.files, value: (one) => one.files.map((file) => file.name).join(", ") },
        { id: "state", title: u.openHead.state, value: stateOf },
        { id: "made", title: u.openHead.made, value: (one) => one.made_at, cell: (one) => dayAndTime(one.made_at) },
      ]} />
    </Panel>
  );
}

function Begin({ limits }: { limits: Limits }) {
  const u = t().upload;
  const source = useRef<HTMLInputElement>(null);
  const sending = useSignal("");
  const problem = useSignal<Problem | null>(null);
  const begin = async (files: File[]) => {
    if (files.length === 0 || sending.peek()) return;
    problem.value = null;
    try {
      sending.value = u.sending(1, files.length);
      const { upload } = await call<{ upload: Upload }>("POST", UPLOADS, { source: source.current?.value.trim() || "cctv" });
      try {
        await sendFiles(upload.upload_id, files, (n) => { sending.value = t().upload.sending(n, files.length); });
      } catch (error) {
        await call("DELETE", `${UPLOADS}/${upload.upload_id}`).catch(() => undefined);
        throw error;
      }
      go("cameras", `upload:${upload.upload_id}`);
    } catch (error) {
      problem.value = asProblem(error);
    }
    sending.value = "";
  };
  return (
    <div class="upload-form">
      <div class="field">
        <label for="upload-source">{u.source}</label>
        <input id="upload-source" ref={source} defaultValue="cctv" maxLength={40} pattern="[A-Za-z0-9가-힣_.\-]{1,40}" autocomplete="off" aria-describedby="upload-source-help" />
        <p class="help" id="upload-source-help">{u.sourceHelp}</p>
      </div>
      <DropZone onFiles={(files) => void begin(files)} isBusy={sending.value !== ""} limits={limits} />
      <p role="status" class="told">{sending.value}</p>
      <p class="trouble" role="alert">{problem.value ? said(problem.value) : ""}</p>
    </div>
  );
}

/** The button does all; dropping is a convenience for who has a mouse. */
export function DropZone({ onFiles, isBusy, limits }: { onFiles: (files: File[]) => void; isBusy: boolean; limits: Limits }) {
  const input = useRef<HTMLInputElement>(null);
  const isOver = useSignal(false);
  useEffect(() => {
    const stop = (event: DragEvent) => event.preventDefault(); // a file dropped beside it must not replace the page
    for (const name of ["dragover", "drop"] as const) addEventListener(name, stop);
    return () => { for (const name of ["dragover", "drop"] as const) removeEventListener(name, stop); };
  }, []);
  const take = (list: FileList | null | undefined) => { isOver.value = false; if (!isBusy) onFiles([...(list ?? [])]); };
  return (
    <div class={`drop-zone${isOver.value ? " over" : ""}`} onDragOver={() => { isOver.value = true; }} onDragLeave={() => { isOver.value = false; }}
      onDrop={(event) => { event.preventDefault(); take(event.dataTransfer?.files); }}>
      <Icon name="plus" />
      <p><strong>{t().upload.drop}</strong></p>
      <button type="button" class="primary" disabled={isBusy} onClick={() => input.current?.click()}>{t().upload.choose}</button>
      <input ref={input} type="file" multiple hidden accept=".csv,.tsv,.txt,.xlsx,.xls,.sql" aria-label={t().upload.choose}
        onChange={(event) => { take(event.currentTarget.files); event.currentTarget.value = ""; }} />
      <p class="quiet-text">{t().upload.limits(Math.round(limits.file_bytes / MB), limits.files, Math.round(limits.together_bytes / MB))}</p>
    </div>
  );
}
