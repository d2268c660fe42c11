import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asProblem, call } from "../api";
import { dayAndTime } from "../clock";
import { lang, said } from "../lang";
import { t } from "../texts/cameras";
import type { CameraImport, ImportedFile, Problem } from "../wire";

/** The last imports with their reports; files are brought in at the server. */
const number = (value: unknown) => (typeof value === "number" ? value.toLocaleString("ko-KR") : "—");
const sum = (counts: Record<string, number> | undefined) => Object.values(counts ?? {}).reduce((all, n) => all + n, 0);

function Refused({ file }: { file: ImportedFile }) {
  const count = sum(file.refused_by);
  if (count === 0) return <>0</>;
  return (
    <details>
      <summary>{t().imports.refusedHead(count)}</summary>
      <ul>{(file.refused ?? []).slice(0, 100).map((one) => (
        <li key={`${one.line}${one.reason}`}>{t().imports.line(one.line)}: {lang.value === "ko" ? one.ko : one.en}{one.value && ` (${one.value})`}</li>
      ))}</ul>
    </details>
  );
}

function Row({ batch, file, onDoubts }: { batch: CameraImport; file: ImportedFile; onDoubts: (batch: string) => void }) {
  const i = t().imports;
  const { set } = batch;
  const doubtful = sum(file.doubtful_by);
  const changes = [[i.newOnes, set?.new], [i.updated, set?.updated], [i.moved, set?.moved], [i.retired, set?.retired]].filter(([, n]) => Boolean(n));
  return (
    <tr>
      <td>{dayAndTime(batch.begun_at)}</td>
      <td>{batch.source}<br /><small>{changes.map(([name, n]) => `${name} ${number(n)}`).join(" · ")}</small></td>
      <td>{file.file}{file.error && <span class="trouble"> {lang.value === "ko" ? file.error.ko : file.error.en}</span>}</td>
      <td class="n">{number(file.rows)}</td><td class="n">{number(file.imported)}</td><td class="n">{number(file.cameras)}</td>
      <td><Refused file={file} /></td>
      <td>{doubtful > 0 ? <button type="button" onClick={() => onDoubts(batch.batch_id)}>{number(doubtful)} — {i.seeDoubts}</button> : 0}</td>
    </tr>
  );
}

export function Imports({ onDoubts }: { onDoubts: (batch: string) => void }) {
  const i = t().imports;
  const list = useSignal<CameraImport[] | null>(null);
  const problem = useSignal<Problem | null>(null);
  useEffect(() => {
    call<{ imports: CameraImport[] }>("GET", "/api/cameras/imports").then((got) => { list.value = got.imports; }, (error) => { problem.value = asProblem(error); });
  }, []);
  return (
    <>
      <p>{i.lead}</p>
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
      {!list.value && !problem.value && <p>{t().loading}</p>}
      {list.value?.length === 0 && <div class="empty"><p>{i.none}</p><p>{i.noneHint}</p></div>}
      {list.value && list.value.length > 0 && (
        <div class="table" tabIndex={0} role="region" aria-label={t().tabs.imports}><table>
          <thead><tr>{i.head.map((name, at) => <th scope="col" key={name} class={at >= 3 && at <= 5 ? "n" : ""}>{name}</th>)}</tr></thead>
          <tbody>{list.value.flatMap((batch) => (batch.files ?? []).map((file) => <Row key={batch.batch_id + file.file} batch={batch} file={file} onDoubts={onDoubts} />))}</tbody>
        </table></div>
      )}
    </>
  );
}
