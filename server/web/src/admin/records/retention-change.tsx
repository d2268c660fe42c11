import { useSignal } from "@preact/signals";
import { call } from "../../api";
import { dayAndTime } from "../../clock";
import { Dialog } from "../../dialog";
import { t } from "../../texts/retention";
import { centerName, centers } from "../house";
import { Check, Choice, Form, Text, type Refusal } from "../kit/form";
import { limitsOf } from "./retention";
import type { KindPolicy, Policies, WouldGo } from "./wire";
import { INSTALLATION, inLanguage } from "./words";

interface Question { confirm: string; days_before: number; days_after: number; would_go: WouldGo }
interface Wish { kind: string; center: string; days: number | null }

/** First the number, then exactly what it deletes and when; only the second press changes anything. */
export function ChangePolicy({ kind, policies, onDone, onCancel }: { kind: KindPolicy; policies: Policies; onDone: () => Promise<void>; onCancel: () => void }) {
  const wish = useSignal<Wish | null>(null);
  const question = useSignal<Question | null>(null);
  const ask = async (next: Wish) => {
    wish.value = next;
    await call("PUT", "/api/retention", next, 60_000);
  };
  const take = (problem: Refusal): boolean => {
    if (problem.code === "confirm_change") question.value = problem as unknown as Question;
    return problem.code === "confirm_change";
  };
  return (
    <Dialog title={question.value ? t().confirmTitle : t().changing(inLanguage(kind.what))} onClose={onCancel}>
      {question.value && wish.value
        ? <Confirm kind={kind} wish={wish.value} of={question.value} onTake={take} onBack={() => { question.value = null; }} onDone={onDone} />
        : <Wanted kind={kind} policies={policies} was={wish.value} onAsk={ask} onTake={take} onDone={onDone} onCancel={onCancel} />}
    </Dialog>
  );
}

function Wanted({ kind, policies, was, onAsk, onTake, onDone, onCancel }: {
  kind: KindPolicy; policies: Policies; was: Wish | null; onAsk: (wish: Wish) => Promise<void>; onTake: (problem: Refusal) => boolean; onDone: () => Promise<void>; onCancel: () => void;
}) {
  const center = useSignal(was?.center ?? (policies.may_set_default ? INSTALLATION : centers.value[0]?.code ?? ""));
  const isFollowing = useSignal(false);
  const where = [
    ...(policies.may_set_default ? [[INSTALLATION, t().everywhere] as const] : []),
    ...(kind.per_center ? centers.value.map((one) => [one.code, centerName(one.code)] as const) : []),
  ];
  const now = kind.centers[center.value]?.days ?? kind.days;
  const check = (words: { one: (name: string) => string }): Record<string, string> => {
    const days = Number(words.one("days"));
    const isGood = /^\d+$/.test(words.one("days")) && days >= kind.least_days && days <= kind.most_days;
    return isFollowing.value || isGood ? {} : { days: t().badDays(limitsOf(kind)) };
  };
  return (
    <Form send={t().look} onCancel={onCancel} check={check} onRefused={onTake} fieldOfCode={{ below_minimum: "days", above_maximum: "days", fixed: "days", city_wide: "center", default_is_not_yours: "center", unknown_center: "center" }}
      onSend={async (words) => { await onAsk({ kind: kind.kind, center: words.one("center"), days: isFollowing.value ? null : Number(words.one("days")) }); await onDone(); }}>
      <p class="quiet-text">{t().head.from}: {inLanguage(kind.counts_from)}. {inLanguage(kind.reason)}</p>
      <Choice name="center" label={t().center} options={where} value={center.value} onChange={(to) => { center.value = to; isFollowing.value = false; }} needed />
      {center.value in kind.centers && <Check name="follow" label={t().follow} onChange={(is) => { isFollowing.value = is; }} />}
      {!isFollowing.value && <Text key={center.value} name="days" label={t().newDays} help={t().daysHelp(limitsOf(kind))} type="number" value={String(was?.days ?? now)} needed />}
    </Form>
  );
}

function Confirm({ kind, wish, of, onTake, onBack, onDone }: {
  kind: KindPolicy; wish: Wish; of: Question; onTake: (problem: Refusal) => boolean; onBack: () => void; onDone: () => Promise<void>;
}) {
  const isNew = useSignal(false);
  const on = dayAndTime(of.would_go.next_run_at);
  const { next_run_now: now, next_run_then: then } = of.would_go;
  return (
    <Form send={t().confirm} tone={then > now ? "danger" : "primary"} onCancel={onBack} onRefused={(problem) => { isNew.value = onTake(problem); return isNew.value; }}
      onSend={async () => { await call("PUT", "/api/retention", { ...wish, confirm: of.confirm }, 60_000); await onDone(); }}>
      {isNew.value && <p class="banner alarm" role="alert">{t().elsewhere}</p>}
      <div class="what-happens" data-would-go={then}>
        <p>{inLanguage(kind.what)} · {wish.center === INSTALLATION ? t().everywhere : centerName(wish.center)}</p>
        <p>{t().fromTo(t().days(of.days_before), t().days(of.days_after))}</p>
        <p class={then > now ? "big-warning" : ""}><strong>{then > 0 ? t().willGo(then, on) : t().nothing(on)}</strong>{then > 0 && now > 0 && now !== then && <> {t().wouldAnyway(now)}</>}</p>
        <p class="quiet-text">{of.days_after > of.days_before ? t().longer : t().noWayBack}</p>
      </div>
    </Form>
  );
}
