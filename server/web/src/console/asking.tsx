import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { said } from "../lang";
import { timeOfDay } from "../clock";
import { t } from "../texts/console";
import type { Problem } from "../wire";
import { feed } from "./seat";

/** The words of a refusal; whoever has it already is named. */
export function refusal(problem: Problem): string {
  if (problem.code !== "already_taken") return said(problem);
  const owner = typeof problem.owner === "string" ? problem.owner : problem.owner?.name;
  return owner ? t().takenBy(owner) : said(problem);
}

/** Where a command stands: sending, done (when), or refused with its reason and another try. */
export function Asking({ of, onlyErrors = false }: { of: string; onlyErrors?: boolean }) {
  const asked = feed.asked.value[of];
  if (!asked) return null;
  if (asked.state === "error") {
    const isFinal = asked.problem.code === "already_taken" || asked.problem.code === "not_allowed";
    return (
      <p class="asking trouble" role="status" data-problem={asked.problem.code}>
        {refusal(asked.problem)} {!isFinal && <button type="button" onClick={asked.again}>{t().retry}</button>}
      </p>
    );
  }
  if (onlyErrors) return null;
  return <p class="asking" role="status">{asked.state === "sending" ? t().sending : t().acceptedAt(timeOfDay(asked.at))}</p>;
}

/** Of several commands of one incident the one to speak of: being sent, else each that was refused, else the newest
 * that was done within the last seconds; `children` when there is nothing to say. */
const SAYS_DONE_MS = 8000;

export function LatestAsking({ of, children }: { of: string[]; children: ComponentChildren }) {
  const held = of.map((key) => ({ key, asked: feed.asked.value[key] }));
  const sending = held.find((one) => one.asked?.state === "sending");
  if (sending) return <Asking of={sending.key} />;
  const refused = held.filter((one) => one.asked?.state === "error");
  if (refused.length > 0) return <>{refused.map((one) => <Asking key={one.key} of={one.key} />)}</>;
  const done = held.flatMap((one) => (one.asked?.state === "done" ? [{ key: one.key, at: one.asked.at }] : [])).sort((a, b) => b.at - a.at)[0];
  if (done) return <Fading key={`${done.key}${done.at}`} of={done.key} at={done.at}>{children}</Fading>;
  return <>{children}</>;
}

function Fading({ of, at, children }: { of: string; at: number; children: ComponentChildren }) {
  const isOld = useSignal(Date.now() - at > SAYS_DONE_MS);
  useEffect(() => {
    const timer = setTimeout(() => { isOld.value = true; }, Math.max(0, SAYS_DONE_MS - (Date.now() - at)));
    return () => clearTimeout(timer);
  }, []);
  return isOld.value ? <>{children}</> : <Asking of={of} />;
}
