import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { go } from "../admin/address";
import { ConfirmDialog } from "../admin/kit/confirm";
import { Check, Form, Text, type Words } from "../admin/kit/form";
import { Facts, Mark, SectionHead } from "../admin/kit/page";
import { tell } from "../admin/kit/told";
import { Dialog } from "../dialog";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/router-borders";
import { Rollback, rowsOf, TONE } from "./boundaries";
import { Difference } from "./difference";
import { ReportPanel } from "./report";
import { ask } from "./session";
import type { Changes, Report, Version, Versions } from "./wire";

/** One version: what it would change, what its import said, and how it comes into force. */
export function VersionPage({ of, among, onChange }: { of: Version; among: Versions; onChange: () => Promise<void> }) {
  const b = t();
  const rows = rowsOf(among);
  const other = useSignal(of.version === among.in_force ? (rows.filter((one) => one.version !== of.version && one.effective <= of.effective).sort((x, y) => y.effective.localeCompare(x.effective))[0]?.version ?? of.version) : among.in_force);
  const open = useSignal<"" | "activate" | "rollback" | "discard">("");
  const shut = () => { open.value = ""; };
  const isImported = of.source !== "" || of.imported_at !== "";
  const diff = useLoader(() => ask<Changes>("GET", `/boundaries/${encodeURIComponent(other.value)}/diff/${encodeURIComponent(of.version)}?geojson=true&tolerance_m=3`, undefined, 180_000), `${other.value} ${of.version}`);
  const wasActive = of.in_force.length > 0 || of.state === "withdrawn";
  const moved = diff.state.value.is === "ready" && other.value === among.in_force ? diff.state.value.data.features.filter((one) => one.properties.kind === "moved").map((one) => one.properties.km2) : null;
  return (
    <>
      <SectionHead title={of.version} back="boundaries" lead={<><Mark tone={TONE[of.state] ?? "calm"}>{b.state[of.state] ?? of.state}</Mark> · {b.head.effective} {of.effective} · {b.centers(of.centers)}</>}>
        {isImported && !wasActive && <button type="button" onClick={() => { open.value = "discard"; }}>{b.discard}</button>}
        {of.version === among.newest_activation && <button type="button" onClick={() => { open.value = "rollback"; }}>{b.rollback}</button>}
        {isImported && of.in_force.length === 0 && <button type="button" class="primary" onClick={() => { open.value = "activate"; }}>{b.activate}</button>}
      </SectionHead>
      <label class="compare">{b.compare} <select value={other.value} onChange={(event) => { other.value = event.currentTarget.value; }}>
        {rows.filter((one) => one.version !== of.version).map((one) => <option key={one.version} value={one.version}>{one.version}{one.version === among.in_force ? ` (${b.compareInForce})` : ""}</option>)}
      </select></label>
      {diff.state.value.is === "loading" ? <p class="region-state" role="status" data-state="loading">{b.comparing}</p> : <Loaded of={diff}>{(told) => <Difference from={other.value} to={of.version} of={told} />}</Loaded>}
      {isImported ? <ImportReport version={of.version} /> : <p class="quiet-text">{b.noReport}</p>}
      {open.value === "activate" && <Activate of={of} today={among.today} moved={moved} onDone={async () => { shut(); await onChange(); }} onCancel={shut} />}
      {open.value === "rollback" && <Rollback version={of.version} onDone={async () => { shut(); await onChange(); }} onCancel={shut} />}
      {open.value === "discard" && <Discard version={of.version} onDone={async () => { go("boundaries"); await onChange(); }} onCancel={shut} />}
    </>
  );
}

function ImportReport({ version }: { version: string }) {
  const loader = useLoader(() => ask<Report>("GET", `/boundaries/${encodeURIComponent(version)}/report`), version);
  return <Loaded of={loader}>{(report) => <ReportPanel of={report} />}</Loaded>;
}

function Activate({ of, today, moved, onDone, onCancel }: { of: Version; today: string; moved: number[] | null; onDone: () => Promise<void>; onCancel: () => void }) {
  const b = t();
  const day = useSignal(of.effective);
  const send = async (words: Words) => {
    const done = await ask<{ version: string; effective: string }>("POST", `/boundaries/${encodeURIComponent(of.version)}/activate`, {
      effective: words.one("effective"), until: words.one("until") || null, allow_missing: words.is("allow_missing"),
    });
    tell(b.activated(done.version, done.effective));
    await onDone();
  };
  useEffect(() => { // the words above follow the day that is typed
    const field = document.querySelector<HTMLInputElement>(".sheet input[name=effective]");
    const follow = () => { if (field?.value) day.value = field.value; };
    field?.addEventListener("input", follow);
    return () => field?.removeEventListener("input", follow);
  }, []);
  return (
    <Dialog title={b.activateTitle(of.version)} onClose={onCancel}>
      <Form send={b.activate} onCancel={onCancel} onSend={send} fieldOfCode={{ bad_until: "until", centers_missing: "allow_missing" }}>
        <div class="what-happens" aria-live="polite">
          <p><strong>{day.value > today ? b.activateLater(day.value) : b.activateNow(day.value)}</strong></p>
          {moved && <p>{b.activateWhat(moved.length, b.km2(moved.reduce((sum, km2) => sum + km2, 0)))}</p>}
        </div>
        <div class="fields-2">
          <Text name="effective" type="date" label={b.effective} help={b.effectiveHelp} value={of.effective} needed />
          <Text name="until" type="date" label={b.until} help={b.untilHelp} />
        </div>
        <Check name="allow_missing" label={b.missing} help={b.missingHelp} />
        <Facts of={[[b.head.source, of.source], [b.head.by, of.imported_by]]} />
      </Form>
    </Dialog>
  );
}

function Discard({ version, onDone, onCancel }: { version: string; onDone: () => Promise<void>; onCancel: () => void }) {
  const b = t();
  return (
    <ConfirmDialog title={b.discardTitle(version)} action={b.discard} onCancel={onCancel} onDone={() => void onDone()}
      act={async () => { await ask("DELETE", `/boundaries/${encodeURIComponent(version)}`); tell(b.discarded(version)); }}>
      <p>{b.discardText}</p>
    </ConfirmDialog>
  );
}
