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
