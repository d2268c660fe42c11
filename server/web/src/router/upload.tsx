import { useSignal } from "@preact/signals";
import { Refused } from "../api";
import { Check, Form, Text, type Words } from "../admin/kit/form";
import { Link } from "../admin/kit/link";
import { SectionHead } from "../admin/kit/page";
import { said } from "../lang";
import { t } from "../texts/router-borders";
import type { Problem } from "../wire";
import { ReportPanel } from "./report";
import { noticed } from "./session";
import type { Report } from "./wire";

type Said = { message_ko: string; message_en: string };
type Line = { progress?: Said; report?: Report; problem?: Said };

/** A file becomes a draft with a report: how far the upload is, what the importer does, what it refused and why. */
export function Upload({ today, onMade }: { today: string; onMade: () => Promise<void> }) {
  const b = t().upload;
  const sent = useSignal<number | null>(null);
  const steps = useSignal<Said[]>([]);
  const report = useSignal<Report | null>(null);
  const send = async (words: Words) => {
    const file = document.querySelector<HTMLInputElement>("input[name=file]")?.files?.[0];
    if (!file) throw new Refused({ code: "no_file", message_ko: b.noFile, message_en: b.noFile } as Problem, 422);
    [sent.value, steps.value, report.value] = [0, [], null];
    try {
      report.value = await upload(file, words, (share) => { sent.value = share; }, (line) => { steps.value = [...steps.value, line]; });
    } finally {
      sent.value = null;
    }
    if (report.value.version) await onMade();
  };
  return (
    <>
      <SectionHead title={b.title} lead={b.lead} back="boundaries" />
      <section class="panel" aria-label={b.title}>
        <Form send={b.send} onSend={send} fieldOfCode={{ no_file: "file" }}
          check={() => (document.querySelector<HTMLInputElement>("input[name=file]")?.files?.length ? {} : { file: b.noFile } as Record<string, string>)}>
          <div class="field"><label for="border-file">{b.file}</label><input id="border-file" name="file" type="file" accept=".geojson,.json,.zip,.gpkg,.shp" aria-describedby="border-file-help" /><p class="help" id="border-file-help">{b.fileHelp}</p></div>
          <div class="fields-2">
            <Text name="effective" type="date" label={b.effective} help={b.effectiveHelp} value={today} needed />
            <Text name="name" label={b.name} help={b.nameHelp} most={64} />
          </div>
          <details><summary>{b.more}</summary>
            <div class="fields-2">
              <Text name="crs" label={b.crs} help={b.crsHelp} most={40} /><Text name="layer" label={b.layer} help={b.guess} most={80} /><Text name="encoding" label={b.encoding} help={b.guess} most={20} />
              <Text name="code_field" label={b.codeField} help={b.guess} most={60} /><Text name="name_field" label={b.nameField} help={b.guess} most={60} />
            </div>
          </details>
          <Check name="dry_run" label={b.dry} />
        </Form>
        {(sent.value !== null || steps.value.length > 0) && (
          <div class="progress" aria-live="polite">
            {sent.value !== null && <p><strong>{sent.value < 100 ? b.sending(sent.value) : b.working}</strong> <progress max={100} value={sent.value < 100 ? sent.value : undefined} aria-label={b.steps} /></p>}
            <ol aria-label={b.steps}>{steps.value.map((one, at) => <li key={at}>{said(one)}</li>)}</ol>
          </div>
        )}
      </section>
      {report.value && (
        <>
          <p class="banner safe" role="status">{report.value.version ? b.done(report.value.version) : b.dryDone} {report.value.version && <Link to="boundaries" item={report.value.version} button="primary">{b.toVersion}</Link>}</p>
          <ReportPanel of={report.value} />
        </>
      )}
    </>
  );
}

/** XMLHttpRequest, because only it tells how much of a body has gone. The answer comes line by line. */
function upload(file: File, words: Words, onSent: (share: number) => void, onStep: (line: Said) => void): Promise<Report> {
  const asked = new URLSearchParams({ file: file.name, dry_run: String(words.is("dry_run")) });
  for (const name of ["effective", "name", "crs", "layer", "encoding", "code_field", "name_field"]) if (words.one(name)) asked.set(name, words.one(name));
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const fail = (problem: Said, status: number, code = "import_failed") => { const error = new Refused({ ...problem, code } as Problem, status); noticed(error); reject(error); };
    let read = 0;
    const lines = () => {
      const whole = request.responseText.slice(read);
      const end = whole.lastIndexOf("\n");
      if (end < 0 || request.status !== 200) return;
      read += end + 1;
      for (const text of whole.slice(0, end).split("\n").filter(Boolean)) {
        const line = JSON.parse(text) as Line;
        if (line.progress) onStep(line.progress);
        if (line.problem) fail(line.problem, 422);
        if (line.report) resolve(line.report);
      }
    };
    request.open("POST", `/admin/boundaries/import?${asked.toString()}`);
    request.upload.onprogress = (event) => onSent(event.lengthComputable ? Math.floor((100 * event.loaded) / event.total) : 50);
    request.upload.onload = () => onSent(100);
    request.onprogress = lines;
    request.onload = () => {
      lines();
      const lost = { message_ko: t().upload.lost, message_en: t().upload.lost };
      if (request.status === 200) return fail(lost, 0, "unreachable"); // settled already unless the last line is missing
      try { const problem = JSON.parse(request.responseText) as Problem; fail(problem, request.status, problem.code); } catch { fail(lost, request.status, "unreachable"); }
    };
    request.onerror = () => fail({ message_ko: t().upload.lost, message_en: t().upload.lost }, 0, "unreachable");
    request.send(file);
  });
}
