import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Refused } from "../../api";
import { Loaded, useLoader } from "../../loaded";
import { t } from "../../texts/records";
import { centerName, centers } from "../house";
import { CopyId } from "../kit/copy";
import { Area, Choice, Form, instant, localText, Text, type Words } from "../kit/form";
import { Icon } from "../kit/icons";
import { Link } from "../kit/link";
import { Panel, SectionHead } from "../kit/page";
import type { Problem } from "../../wire";
import { loadAbout } from "./about";
import type { About } from "./wire";

const MONTH_MS = 30 * 24 * 3600_000;
const LONGEST_MS = 3 * 366 * 24 * 3600_000;
/** As long as a period of three years may take; the answer begins when the file is whole. */
const PATIENCE_MS = 15 * 60_000;

interface Made { name: string; bytes: number; digest: string; url: string }
type Progress = { is: "making"; since: number } | { is: "loading"; bytes: number } | null;

const size = (bytes: number) => (bytes < 1_000_000 ? `${Math.ceil(bytes / 1000).toLocaleString()} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`);

async function read(response: Response, on: (bytes: number) => void): Promise<Blob> {
  const parts: BlobPart[] = [];
  let bytes = 0;
  for (const reader = response.body!.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts, { type: "application/zip" });
    parts.push(value as BlobPart);
    bytes += value.length;
    on(bytes);
  }
}

async function digestOf(blob: Blob): Promise<string> {
  if (!crypto.subtle) return ""; // only on https and on this machine
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function fetchFile(body: object, on: (progress: Progress) => void): Promise<Made> {
  on({ is: "making", since: Date.now() });
  let response: Response;
  try {
    response = await fetch("/api/log/export", { method: "POST", credentials: "same-origin", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    throw new Refused({ code: "unreachable", message_ko: "서버에 닿지 않습니다. 파일은 만들어지지 않았을 수 있습니다. 다시 시도하세요.", message_en: "The server can't be reached. Try again." }, 0);
  }
  if (!response.ok) throw new Refused((await response.json()) as Problem, response.status);
  const blob = await read(response, (bytes) => on({ is: "loading", bytes }));
  const name = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "")?.[1] ?? "ansim-log.zip";
  return { name, bytes: blob.size, digest: await digestOf(blob), url: URL.createObjectURL(blob) };
}

function save(made: Made): void {
  const link = document.createElement("a");
  [link.href, link.download] = [made.url, made.name];
  link.click();
}

/** The log of a center as a signed file, with the reason on record. */
export default function Export() {
  const loader = useLoader(loadAbout, "about");
  return <Loaded of={loader}>{(about) => <Page about={about} />}</Loaded>;
}

function Page({ about }: { about: About }) {
  const progress = useSignal<Progress>(null);
  const made = useSignal<Made | null>(null);
  useEffect(() => () => { if (made.peek()) URL.revokeObjectURL(made.peek()!.url); }, []);
  const x = t().export;
  const send = async (words: Words) => {
    const body = { center: words.one("center"), from: instant(words.one("from")), to: instant(words.one("to")), format: words.one("format"), reason: words.one("reason") };
    try {
      made.value = await fetchFile(body, (now) => { progress.value = now; });
      save(made.value);
    } finally {
      progress.value = null;
    }
  };
  const check = (words: Words): Record<string, string> => {
    const span = Date.parse(instant(words.one("to")) ?? "") - Date.parse(instant(words.one("from")) ?? "");
    return words.one("from") && words.one("to") && !(span > 0 && span <= LONGEST_MS) ? { to: x.badRange } : {};
  };
  const own = centers.value.length === 1 ? centers.value[0].code : "";
  return (
    <>
      <SectionHead title={x.title} lead={x.lead}><Link to="log" button>{x.mine}</Link></SectionHead>
      <div class="panels">
        <Panel title={x.send} id="export-form">
          <Form send={x.send} onSend={send} check={check}>
            <Choice name="center" label={x.center} options={centers.value.map((one) => [one.code, centerName(one.code)] as const)} value={own} needed />
            <div class="fields-2">
              <Text name="from" label={x.from} type="datetime-local" value={localText(new Date(Date.now() - MONTH_MS).toISOString())} needed />
              <Text name="to" label={x.to} type="datetime-local" value={localText(new Date(Date.now() + 60_000).toISOString())} needed />
            </div>
            <Choice name="format" label={x.format} options={Object.entries(x.formats)} value="csv" />
            <Area name="reason" label={x.reason} help={x.reasonHelp} rows={3} most={500} needed />
          </Form>
          <Doing of={progress.value} />
          {made.value && <Done made={made.value} />}
        </Panel>
        <Explained about={about} />
      </div>
    </>
  );
}

function Doing({ of }: { of: Progress }) {
  const seconds = useSignal(0);
  useEffect(() => {
    if (of?.is !== "making") return undefined;
    const timer = setInterval(() => { seconds.value = Math.floor((Date.now() - of.since) / 1000); }, 500);
    return () => { clearInterval(timer); seconds.value = 0; };
  }, [of?.is]);
  if (!of) return null;
  const x = t().export;
  return (
    <div class="export-progress">
      <progress aria-label={x.send} />
      <p><strong>{of.is === "making" ? x.making(seconds.value) : x.loading(size(of.bytes))}</strong></p>
      <p class="quiet-text" role="status">{x.wait}</p>
    </div>
  );
}

function Done({ made }: { made: Made }) {
  const x = t().export;
  return (
    <div class="export-done" data-export={made.name}>
      <p role="status"><Icon name="check" /> {x.done(made.name, size(made.bytes))}</p>
      {made.digest && <p class="quiet-text">{x.digest} <CopyId id={made.digest} what={x.digest} /></p>}
      <button type="button" onClick={() => save(made)}><Icon name="down" /> {x.again}</button>
    </div>
  );
}

function Explained({ about }: { about: About }) {
  const x = t().export;
  const key = about.chains.find((one) => one.key_id)?.key_id;
  return (
    <div>
      <Panel title={x.inside} id="export-inside"><ul class="plain-bullets">{x.insideList.map((one) => <li key={one}>{one}</li>)}</ul></Panel>
      <Panel title={x.check} id="export-check">
        <ol class="steps">{x.checkList.map((one) => <li key={one}>{one}</li>)}</ol>
        <pre class="command">ansim check-export ansim-log-….zip</pre>
        {key && <p class="quiet-text">{x.keyIs(key)}</p>}
      </Panel>
    </div>
  );
}
