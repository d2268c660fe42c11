import { signal, type Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { asProblem, Refused } from "./api";
import { said, texts } from "./lang";
import type { Problem } from "./wire";

/**
 * What a region shows of something that is fetched: loading, ready, empty, refused, unreachable. Every request has its
 * own time limit (`api.call`), so loading always ends, with the thing or with words and another try.
 */
export type Loading<T> =
  | { is: "loading" } | { is: "ready"; data: T }
  /** `old`: what was there before, still shown, when a later try failed. */
  | { is: "forbidden" | "offline" | "problem"; problem: Problem; old?: T };

export class Loader<T> {
  readonly state: Signal<Loading<T>> = signal({ is: "loading" });
  private turn = 0;

  constructor(private readonly fetch: () => Promise<T>) {}

  /** Ask again; what is shown stays until the answer is there. */
  readonly again = async (): Promise<void> => {
    const turn = ++this.turn;
    const held = this.state.peek();
    if (held.is !== "ready" && !("old" in held && held.old !== undefined)) this.state.value = { is: "loading" };
    try {
      const data = await this.fetch();
      if (turn === this.turn) this.state.value = { is: "ready", data };
    } catch (error) {
      if (turn !== this.turn) return;
      const status = error instanceof Refused ? error.status : -1;
      const is = status === 403 || status === 401 ? "forbidden" : status === 0 ? "offline" : "problem";
      const old = held.is === "ready" ? held.data : held.is === "loading" ? undefined : held.old;
      this.state.value = { is, problem: asProblem(error), old: is === "forbidden" ? undefined : old };
    }
  };
}

/** A loader that asks when its component appears, and again when `key` changes. */
export function useLoader<T>(fetch: () => Promise<T>, key = ""): Loader<T> {
  const loader = useMemo(() => new Loader(fetch), [key]);
  useEffect(() => void loader.again(), [loader]);
  return loader;
}

const t = texts(
  { loading: "불러오는 중…", again: "다시 시도", old: "아래는 앞서 불러온 내용입니다." },
  { loading: "Loading…", again: "Try again", old: "Below is what was loaded before." },
);

export function Loaded<T>({ of, children, isEmpty, empty }: {
  of: Loader<T>; children: (data: T) => ComponentChildren;
  isEmpty?: (data: T) => boolean;
  /** Says what will be here, and what to do to get it. */
  empty?: ComponentChildren;
}) {
  const held = of.state.value;
  if (held.is === "loading") return <p class="region-state" role="status" data-state="loading">{t().loading}</p>;
  if (held.is === "ready") {
    return isEmpty?.(held.data) ? <div class="region-state empty" data-state="empty">{empty}</div> : <>{children(held.data)}</>;
  }
  return (
    <>
      <div class="region-state trouble" role="alert" data-state={held.is} data-problem={held.problem.code}>
        <p>{said(held.problem)} {held.old !== undefined && t().old}</p>
        {held.is !== "forbidden" && <button type="button" onClick={() => void of.again()}>{t().again}</button>}
      </div>
      {held.old !== undefined && children(held.old)}
    </>
  );
}
