import { dayAndTime } from "../../clock";
import { t } from "../../texts/records";
import { Icon } from "../kit/icons";
import { Mark } from "../kit/page";
import { DataTable, type Column } from "../kit/table";
import type { Chain, Line } from "./wire";
import { chainName } from "./words";

const toneOf = (one: Chain) => (one.is_intact === false ? "bad" : one.is_intact === null || one.is_late ? "wait" : "good");

export function ChainMark({ one }: { one: Chain }) {
  const c = t().chain;
  const words = one.is_intact === false ? c.bad : one.is_intact === null ? c.never : one.is_late ? c.late : c.ok;
  return <Mark tone={toneOf(one)}>{words}</Mark>;
}

/** Until when the log is sealed and agrees with its seal: one sentence, and each chain behind it. */
export function ChainState({ chains }: { chains: readonly Chain[] }) {
  const c = t().chain;
  const isBroken = chains.some((one) => one.is_intact === false);
  const sealed = chains.map((one) => one.sealed_at).filter((at): at is string => at !== null).sort();
  const isWaiting = chains.some((one) => one.is_intact === null || one.is_late);
  const columns: Column<Chain>[] = [
    { id: "center", title: c.cols.center, value: (one) => chainName(one.center) },
    { id: "state", title: c.cols.state, value: toneOf, cell: (one) => <ChainMark one={one} /> },
    { id: "until", title: c.cols.until, value: (one) => one.sealed_at, cell: (one) => (one.sealed_at ? dayAndTime(one.sealed_at) : "—") },
    { id: "lines", title: c.cols.lines, value: (one) => one.lines, isNumber: true },
    { id: "since", title: c.cols.since, value: (one) => one.lines_since, isNumber: true },
    { id: "key", title: c.cols.key, value: (one) => one.key_id, cell: (one) => (one.key_id ? <code>{one.key_id}</code> : "—") },
  ];
  return (
    <details class="chain-state" data-chain={isBroken ? "broken" : isWaiting ? "waiting" : "sealed"}>
      <summary>
        <Mark tone={isBroken ? "bad" : isWaiting ? "wait" : "good"}>{isBroken ? c.bad : sealed[0] ? c.one(dayAndTime(sealed[0])) : c.never}</Mark> <span class="quiet-text">{c.show}</span>
      </summary>
      {isBroken && <p class="banner alarm" role="alert"><Icon name="warning" /> {c.badAll}</p>}
      <p class="quiet-text">{c.lead}</p>
      <DataTable caption={c.head} columns={columns} rows={chains} keyOf={(one) => one.center} isSearched={chains.length > 10} />
    </details>
  );
}

/** Whether a line lies under its chain's last seal. */
export function SealOf({ line, chains }: { line: Pick<Line, "center" | "seq">; chains: readonly Chain[] }) {
  const c = t().chain;
  const one = chains.find((chain) => chain.center === line.center);
  if (!one || one.sealed_seq === null || line.seq > one.sealed_seq) return <Mark tone="wait">{c.waits}</Mark>;
  return one.is_intact ? <Mark tone="good">{c.sealedUntil(dayAndTime(one.sealed_at!))}</Mark> : <Mark tone="bad">{c.broken}</Mark>;
}
