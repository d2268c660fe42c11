import { useSignal } from "@preact/signals";
import { item } from "../admin/address";
import { ConfirmDialog } from "../admin/kit/confirm";
import { Icon } from "../admin/kit/icons";
import { Link } from "../admin/kit/link";
import { Mark, SectionHead, type Tone } from "../admin/kit/page";
import { DataTable, type Column } from "../admin/kit/table";
import { tell } from "../admin/kit/told";
import { dayAndTime } from "../clock";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/router-borders";
import { centers } from "./live";
import { ask } from "./session";
import { Upload } from "./upload";
import { VersionPage } from "./version";
import type { Version, Versions } from "./wire";

export const TONE: Record<string, Tone> = { active: "good", scheduled: "wait", draft: "calm", superseded: "calm", past: "calm", withdrawn: "bad", "built-in": "calm" };

/** Every version as a row; the built-in ones have no file, and rule where no imported one does. */
export function rowsOf(of: Versions): Version[] {
  const builtIn = of.built_in.map((one) => ({ ...one, state: one.version === of.in_force ? "active" : "built-in", source: "", imported_by: "", imported_at: "", in_force: [] }));
  return [...of.imported, ...builtIn];
}

export default function Boundaries() {
  const loader = useLoader(() => ask<Versions>("GET", "/boundaries"), "versions");
  const changed = async () => { await loader.again(); void centers.again(); };
  return (
    <Loaded of={loader}>
      {(told) => {
        if (item.value === "import") return <Upload today={told.today} onMade={changed} />;
        const one = rowsOf(told).find((row) => row.version === item.value);
        return one ? <VersionPage key={one.version} of={one} among={told} onChange={changed} /> : <List of={told} onChange={changed} />;
      }}
    </Loaded>
  );
}

function List({ of, onChange }: { of: Versions; onChange: () => Promise<void> }) {
  const isAsking = useSignal(false);
  const b = t();
  const columns: Column<Version>[] = [
    { id: "version", title: b.head.version, value: (one) => one.version },
    { id: "state", title: b.head.state, value: (one) => b.state[one.state], cell: (one) => <Mark tone={TONE[one.state] ?? "calm"}>{b.state[one.state] ?? one.state}{one.version === of.in_force && one.state === "active" && !one.source ? ` (${b.state["built-in"]})` : ""}</Mark> },
    { id: "effective", title: b.head.effective, value: (one) => one.effective },
    { id: "ruling", title: b.head.ruling, value: (one) => one.in_force.map((span) => `${span.from} – ${span.until ?? b.forever}`).join(", ") },
    { id: "centers", title: b.head.centers, value: (one) => one.centers, isNumber: true },
    { id: "source", title: b.head.source, value: (one) => one.source },
    { id: "by", title: b.head.by, value: (one) => one.imported_by },
    { id: "at", title: b.head.at, value: (one) => one.imported_at, cell: (one) => (one.imported_at ? dayAndTime(one.imported_at) : "—") },
  ];
  return (
    <>
      <SectionHead title={b.title} lead={b.lead}>
        {of.newest_activation && <button type="button" onClick={() => { isAsking.value = true; }}>{b.rollback}</button>}
        <Link to="boundaries" item="import" button="primary"><Icon name="plus" /> {b.importIt}</Link>
      </SectionHead>
      <p class="banner" role="status">{b.inForce(of.in_force)}</p>
      <DataTable caption={b.title} columns={columns} rows={rowsOf(of)} keyOf={(one) => one.version} start={{ id: "effective", down: true }} open={(one) => ({ to: "boundaries", item: one.version })} />
      {isAsking.value && of.newest_activation && <Rollback version={of.newest_activation} onDone={async () => { isAsking.value = false; await onChange(); }} onCancel={() => { isAsking.value = false; }} />}
    </>
  );
}

/** Takes back what was seen as the newest activation, or nothing when somebody else was faster. */
export function Rollback({ onDone, onCancel, version }: { onDone: () => Promise<void>; onCancel: () => void; version: string }) {
  const b = t();
  return (
    <ConfirmDialog title={b.rollbackTitle} action={b.rollback} onDone={() => void onDone()} onCancel={onCancel}
      act={async () => {
        const done = await ask<{ withdrawn: string; active: string | null }>("POST", `/boundaries/rollback?expected=${encodeURIComponent(version)}`);
        tell(b.rolledBack(done.withdrawn, done.active ?? b.builtIn));
      }}>
      <p>{b.rollbackText(version)}</p>
    </ConfirmDialog>
  );
}
