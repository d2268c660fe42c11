import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asProblem, call } from "../api";
import { timeOfDay } from "../clock";
import { Waiting, whereWords } from "../console/facts";
import { feed, fresh, me, takeNext } from "../console/seat";
import { around, myMonitors } from "../console/seats";
import { Dialog } from "../dialog";
import { said } from "../lang";
import { t } from "../texts/console";
import { sh } from "../texts/shift";
import type { Problem } from "../wire";
import { KeysRow, LinkRows, ScreenRow, SoundRow, VideoRow } from "./check-rows";
import { beginAgain, findings, isDone, measured } from "./checks";
import { EndShift } from "./end";
import "../styles/shift.css";

interface Begun { shift_id: string; started_at: string; note: string; failed: string[] | null }

function body(): object {
  const { round_trip_ms, skew_s, frames_per_s } = measured.peek();
  const rounded = (value: number | null, digits: number) => (value === null ? null : Number(value.toFixed(digits)));
  return {
    check: {
      ...findings.peek(), round_trip_ms: rounded(round_trip_ms, 1), skew_s: rounded(skew_s, 2), frames_per_s: rounded(frames_per_s, 1),
      width_px: innerWidth, height_px: innerHeight, screens: 1 + myMonitors.peek().length,
    },
  };
}

function Check({ onClose }: { onClose: () => void }) {
  const begun = useSignal<Begun | null>(null);
  const problem = useSignal<Problem | null>(null);
  const isSending = useSignal(false);
  useEffect(() => beginAgain, []); // at the end: what the rows find at once would be lost at the beginning
  const bad = Object.values(findings.value).some((one) => one !== "ok");
  const onShift = around.value?.on_shift ?? false;
  const start = async () => {
    isSending.value = true;
    try {
      begun.value = await call<Begun>("POST", "/api/shift/start", body());
      problem.value = null;
    } catch (error) {
      problem.value = asProblem(error);
    }
    isSending.value = false;
  };
  if (begun.value) return <Started begun={begun.value} onClose={onClose} />;
  return (
    <>
      <p>{sh().lead}</p>
      <ul class="checks"><SoundRow /><VideoRow /><LinkRows /><ScreenRow /><KeysRow /></ul>
      {isDone() && bad && <p class="check-hint">{sh().failedSaid}</p>}
      {problem.value && <p class="trouble" role="alert" data-problem={problem.value.code}>{said(problem.value)}</p>}
      <div class="sheet-buttons">
        <button type="button" onClick={onClose}>{sh().end.close} <kbd aria-hidden="true">Esc</kbd></button>
        <button type="button" class="primary" data-start-shift disabled={!isDone() || isSending.value || feed.link.state.value === "lost"} onClick={() => void start()}>
          {isSending.value ? sh().starting : onShift ? sh().recheck : bad && isDone() ? sh().startAnyway : sh().start}
        </button>
      </div>
    </>
  );
}

function Started({ begun, onClose }: { begun: Begun; onClose: () => void }) {
  const failed = (begun.failed ?? []) as (keyof ReturnType<typeof sh>["check"])[];
  return (
    <div class="shift-begun" role="status">
      <p><strong>{sh().started(timeOfDay(begun.started_at))}</strong> {sh().saved}</p>
      {failed.length > 0 && <p class="check-hint">{failed.map((one) => sh().check[one] ?? one).join(", ")} — {sh().failedSaid}</p>}
      <h3>{sh().note}</h3>
      <p class={begun.note ? "shift-note" : "quiet-text"}>{begun.note || sh().noNote}</p>
      <div class="sheet-buttons"><button type="button" class="primary" autofocus onClick={onClose}>{sh().end.close}</button></div>
    </div>
  );
}

/** An alert comes before every check. */
function Waits({ onClose }: { onClose: () => void }) {
  const card = fresh.value[0];
  if (!card) return null;
  return (
    <p class="strip-bar new" role="alert">
      <span aria-hidden="true">▲</span> <strong>{t().newAlertBar(card.caller.name_masked, whereWords(card))}</strong> <Waiting card={card} />
      <button type="button" onClick={() => { onClose(); takeNext(); }}>{t().take}</button>
    </p>
  );
}

/** Beginning a shift with a check, and ending it with a hand-over. */
export function ShiftSheet({ onClose }: { onClose: () => void }) {
  const isOn = around.value?.on_shift ?? false;
  const page = useSignal<"check" | "end">(isOn ? "end" : "check");
  const mayWork = me.value?.permissions.includes("incidents.work") ?? false;
  return (
    <Dialog title={isOn ? sh().headOn : sh().head} onClose={onClose} isWide>
      <div class="shift" data-shift-page={page.value}>
        <Waits onClose={onClose} />
        {isOn && (
          <p class="shift-tabs" role="group">
            <button type="button" aria-pressed={page.value === "check"} onClick={() => { page.value = "check"; }}>{sh().toCheck}</button>
            <button type="button" aria-pressed={page.value === "end"} onClick={() => { page.value = "end"; }}>{sh().toEnd}</button>
          </p>
        )}
        {mayWork && (page.value === "check" ? <Check onClose={onClose} /> : <EndShift onClose={onClose} />)}
      </div>
    </Dialog>
  );
}
