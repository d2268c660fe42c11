import { useSignal } from "@preact/signals";
import { call } from "../api";
import { dayAndTime, now } from "../clock";
import { t } from "../texts/agreements";
import { ConfirmDialog } from "./kit/confirm";
import { Check, instant, Text, type Words } from "./kit/form";
import { tell } from "./kit/told";
import { endWords, stateOf } from "./terms";
import type { Agreement } from "./wire";

type What = "suspend" | "resume" | "end";
const DAY_MS = 24 * 3600_000;

/** Suspending, lifting a suspension, and ending: each says what happens to who is looking right now. */
export function EndButtons({ agreement, onChange }: { agreement: Agreement; onChange: () => Promise<void> }) {
  const asked = useSignal<What | null>(null);
  const state = stateOf(agreement);
  if (state === "over") return null;
  const post = (what: What, body: object = {}) => call<{ agreement: Agreement }>("POST", `/api/agreements/${agreement.agreement_id}/${what}`, body);
  const act = async (words: Words) => {
    const reason = words.one("reason");
    if (asked.value === "suspend") {
      await post("suspend", { reason });
      tell(t().suspend.done, async () => { await post("resume"); await onChange(); });
    } else if (asked.value === "resume") {
      await post("resume");
      tell(t().resume.done);
    } else {
      const told = await post("end", { reason, at: instant(words.one("at")), at_once: words.is("at_once") });
      tell(t().end.done(endWords(told.agreement.ends_at)));
    }
    await onChange();
  };
  const close = () => { asked.value = null; };
  return (
    <>
      {state === "suspended"
        ? <button type="button" onClick={() => { asked.value = "resume"; }}>{t().resume.action}</button>
        : <button type="button" onClick={() => { asked.value = "suspend"; }}>{t().suspend.action}</button>}
      <button type="button" class="danger" onClick={() => { asked.value = "end"; }}>{t().end.action}</button>
      {asked.value === "suspend" && (
        <ConfirmDialog title={t().suspend.title} action={t().suspend.action} reason={{}} act={act} onDone={close} onCancel={close}>
          <p>{t().suspend.happens}</p><p>{t().suspend.undo}</p>
        </ConfirmDialog>
      )}
      {asked.value === "resume" && (
        <ConfirmDialog title={t().resume.title} action={t().resume.action} tone="primary" act={act} onDone={close} onCancel={close}><p>{t().resume.happens}</p></ConfirmDialog>
      )}
      {asked.value === "end" && (
        <ConfirmDialog title={t().end.title} action={t().end.action} reason={{}} act={act} onDone={close} onCancel={close}>
          <p>{t().end.happens}</p>
          <p>{t().end.notice(agreement.notice_days, dayAndTime(new Date(now.peek() + agreement.notice_days * DAY_MS).toISOString()))}</p>
          <Text name="at" type="datetime-local" label={t().end.at} help={t().end.atHelp} />
          {agreement.notice_days > 0 && <Check name="at_once" label={t().end.atOnce} />}
        </ConfirmDialog>
      )}
    </>
  );
}
