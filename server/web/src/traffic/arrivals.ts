import { effect, signal } from "@preact/signals";
import { call } from "../api";
import { selected } from "../console/seat";

/** When the units of the open incident arrive, and who says so; asked anew while any is on its way. */
export interface Arrival { dispatch_id: string; eta_at: string; by: "agency" | "traffic"; at: string; is_simulated: boolean }
interface Told { traffic: "none" | "console" | "http"; etas: Arrival[] }
export const arrivals = signal<{ incidentId: string } & Told>({ incidentId: "", traffic: "none", etas: [] });

const EVERY_MS = 20_000;
const COMING = ["accepted", "en_route"];
let timer = 0;

async function ask(incidentId: string): Promise<void> {
  clearTimeout(timer);
  if (document.visibilityState === "visible") {
    const got = await call<Told>("GET", `/api/incidents/${incidentId}/arrivals`).catch(() => null);
    if (selected.peek()?.incident_id !== incidentId) return;
    if (got) arrivals.value = { incidentId, ...got };
  }
  timer = window.setTimeout(() => void ask(incidentId), EVERY_MS);
}

/** Again when a unit moves on, tells where it is for the first time, or another incident is looked at. */
let held = "";
effect(() => {
  const card = selected.value;
  const coming = (card?.dispatches ?? []).filter((one) => COMING.includes(one.state));
  const key = card && coming.length > 0 ? [card.incident_id, ...coming.map((one) => `${one.dispatch_id}${one.state}${one.eta_at ?? ""}${Boolean(one.unit_position)}`)].join() : "";
  if (key === held) return;
  held = key;
  clearTimeout(timer);
  if (card && key) void ask(card.incident_id);
});
