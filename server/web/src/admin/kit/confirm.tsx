import type { ComponentChildren } from "preact";
import { Dialog } from "../../dialog";
import { t } from "../../texts/admin";
import { Area, Form, type Refusal, type Words } from "./form";

/**
 * For what can't be taken back lightly: says exactly what happens, asks for a reason where one is kept on record, and
 * shows a refusal without closing. `onDone` closes; it is called after `act` has succeeded.
 */
export function ConfirmDialog({ title, children, action, reason, act, onDone, onCancel, onRefused, tone = "danger" }: {
  title: string; children: ComponentChildren; action: string; reason?: { label?: string; help?: string; least?: number };
  act: (words: Words) => Promise<unknown>; onDone: () => void; onCancel: () => void; onRefused?: (problem: Refusal) => boolean; tone?: "danger" | "primary";
}) {
  const check = (words: Words): Record<string, string> => {
    const least = reason?.least ?? 0;
    return reason && least > 0 && words.one("reason") && words.one("reason").length < least ? { reason: t().form.tooShort(least) } : {};
  };
  return (
    <Dialog title={title} onClose={onCancel}>
      <Form send={action} tone={tone} onCancel={onCancel} check={check} onRefused={onRefused} onSend={async (words) => { await act(words); onDone(); }}>
        <div class="what-happens">{children}</div>
        {reason && <Area name="reason" label={reason.label ?? t().form.reason} help={reason.help ?? t().form.reasonHelp} rows={3} most={2000} needed />}
      </Form>
    </Dialog>
  );
}
