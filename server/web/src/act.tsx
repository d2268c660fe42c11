import { useSignal } from "@preact/signals";
import { asProblem } from "./api";
import { said } from "./lang";
import type { Problem } from "./wire";

/** One press, what it is doing, and what went wrong in words. */
export function useAct(): { isBusy: boolean; problem: Problem | null; run: (act: () => Promise<unknown>) => Promise<boolean> } {
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  return {
    isBusy: busy.value, problem: problem.value,
    run: async (act) => {
      if (busy.peek()) return false;
      busy.value = true;
      problem.value = null;
      try {
        await act();
        return true;
      } catch (error) {
        problem.value = asProblem(error);
        return false;
      } finally {
        busy.value = false;
      }
    },
  };
}

export function Trouble({ of }: { of: Problem | null }) {
  return <p class="trouble" role="alert">{of ? said(of) : ""}</p>;
}
