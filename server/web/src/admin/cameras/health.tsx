import { useSignal } from "@preact/signals";
import { call } from "../../api";
import { dayAndTime, now } from "../../clock";
import { Loaded, useLoader } from "../../loaded";
import { t } from "../../texts/camera-admin";
import { t as cameras } from "../../texts/cameras";
import { t as operation } from "../../texts/operation";
import type { Health, RegisteredCamera } from "../../wire";
import { Icon } from "../kit/icons";
import { Mark } from "../kit/page";
import { Pick } from "../kit/pick";
import { DataTable, type Column } from "../kit/table";

/** How many cameras are in which state, and the broken ones with the telephone that mends them. */
interface Listed { cameras: RegisteredCamera[]; by_health: Partial<Record<Health, number>>; next: string | null }
const BROKEN: Health[] = ["down", "dark", "frozen", "obstructed"];
const DAYS = [1, 3, 7, 30, 90];
const MOST = 500;
const DAY_MS = 86_400_000;

async function fetchAll(): Promise<Listed> {
  const pages = await Promise.all(BROKEN.map((health) => call<Listed>("GET", `/api/cameras/registry?health=${health}&limit=${MOST}`)));
  return { cameras: pages.flatMap((page) => page.cameras), by_health: pages[0].by_health, next: pages.some((page) => page.next) ? "more" : null };
}

export function HealthOverview() {
  const h = t().health;
  const loader = useLoader(fetchAll, "health");
  const days = useSignal("");
  return (
    <>
      <div class="lead-line"><p class="lead-text">{h.lead}</p><button type="button" onClick={() => void loader.again()}><Icon name="again" /> {operation().refresh}</button></div>
      <Loaded of={loader}>
        {(told) => (
          <>
            <dl class="count-row">
              {(Object.keys(cameras().cameras.states) as Health[]).map((state) => {
                const n = told.by_health[state] ?? 0;
                return <div key={state} data-state={state} class={n === 0 ? "none" : state === "down" ? "bad" : BROKEN.includes(state) ? "wait" : ""}><dt>{cameras().cameras.states[state]}</dt><dd>{n.toLocaleString("ko-KR")}</dd></div>;
              })}
            </dl>
            {told.next && <p class="quiet-text">{h.more}</p>}
            <Broken all={told.cameras} days={Number(days.value)} pick={<Pick label={h.days} all={h.anyDays} value={days.value} options={DAYS.map((n) => [String(n), h.atLeast(n)] as const)} onPick={(next) => { days.value = next; }} />} />
          </>
        )}
      </Loaded>
    </>
  );
}

const daysOf = (one: RegisteredCamera) => (one.health_since ? Math.floor((now.peek() - Date.parse(one.health_since)) / DAY_MS) : 0);

function Broken({ all, days, pick }: { all: RegisteredCamera[]; days: number; pick: preact.ComponentChildren }) {
  const h = t().health;
  const columns: Column<RegisteredCamera>[] = [
    { id: "name", title: h.head.name, value: (one) => one.name },
    { id: "state", title: h.head.state, value: (one) => cameras().cameras.states[one.health], cell: (one) => <Mark tone={one.health === "down" ? "bad" : "wait"}>{cameras().cameras.states[one.health]}</Mark> },
    { id: "since", title: h.head.since, value: (one) => one.health_since, cell: (one) => (one.health_since ? dayAndTime(one.health_since) : "—") },
    { id: "days", title: h.head.days, value: daysOf, isNumber: true },
    { id: "office", title: h.head.office, value: (one) => one.office },
    { id: "phone", title: h.head.phone, value: (one) => one.office_phone, cell: (one) => (one.office_phone ? <a href={`tel:${one.office_phone.replace(/[^0-9+]/g, "")}`}>{one.office_phone}</a> : "—") },
  ];
  return (
    <DataTable caption={h.broken} columns={columns} rows={all.filter((one) => daysOf(one) >= days)} keyOf={(one) => one.camera_id} filters={pick} csv="broken-cameras.csv"
      start={{ id: "days", down: true }} open={(one) => ({ to: "cameras", item: `camera:${one.camera_id}` })} empty={<p>{all.length === 0 ? h.none : h.noneDays}</p>} />
  );
}
