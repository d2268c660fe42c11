import type { UnitMark } from "../map-units";
import { batch, computed, effect, signal } from "@preact/signals";
import { asProblem, call } from "../api";
import { Chime } from "../chime";
import { serverSaysNow, timeOfDay } from "../clock";
import { Link } from "../link";
import type { CameraTicket, Me, Problem } from "../wire";
import { hear, isFresh, isWorked, sorted, type Step, whyDark } from "./state";
import { type Ask, caseOf } from "./ask-case";
import type { Case, DeskFrame } from "./wire";

/** The desk's signals: its own cases, only what was put into them, and what it is doing. */
export interface Pictures { tickets: CameraTicket[]; problem: Problem | null; isAsking: boolean; askedOnce: boolean }

export const me = signal<Me | null>(null);
export const forbidden = signal<Problem | null>(null);
export const cases = signal<Case[]>([]);
export const loaded = signal(false);
export const selectedId = signal<string | null>(null);
export const pictures = signal<Record<string, Pictures>>({});
export const acting = signal<Record<string, "sending" | Problem>>({});
export const sessionEnded = signal(false);
/** Counts the news of video requests, and of the field by incident: who shows them reads them again. */
export const requestNews = signal(0);
/** The agency's own requests; the one that is open instead of a case. */
export const asks = signal<Ask[]>([]);
export const askId = signal<string | null>(null);
export const askOpen = computed(() => asks.value.find((one) => one.request_id === askId.value) ?? null);
/** Officers of the agency's own requests who share where they are, by request. */
export const officersAt = signal<Record<string, UnitMark[]>>({});
export const fieldNews = signal<Record<string, number>>({});

export const selected = computed(() => cases.value.find((d) => d.dispatch_id === selectedId.value) ?? null);
export const fresh = computed(() => cases.value.filter(isFresh));
export const chime = new Chime(() => fresh.value.length > 0 && !sessionEnded.value);

function take(frame: DeskFrame): void {
  if ("now" in frame && frame.now) serverSaysNow(frame.now);
  cases.value = hear(cases.peek(), frame);
  if (frame.type === "snapshot") loaded.value = true;
  if (frame.type === "video_request") requestNews.value += 1;
  if (frame.type === "request" || frame.type === "snapshot") void readAsks();
  if (frame.type === "request" && frame.what === "area_moved" && frame.request_id && pictures.peek()[frame.request_id]?.tickets.length) void askPictures(frame.request_id);
  if (frame.type === "field") fieldNews.value = { ...fieldNews.peek(), [frame.incident_id]: (fieldNews.peek()[frame.incident_id] ?? 0) + 1 };
  const first = fresh.peek()[0] ?? cases.peek().find(isWorked);
  if (!selected.peek() && first) selectedId.value = first.dispatch_id;
}

/** Whether this id is one of the agency's own requests, and where the center answers about the case. */
export const isAsk = (id: string) => asks.peek().some((one) => one.request_id === id);
export const pathOf = (id: string) => `/api/agency/${isAsk(id) ? "requests" : "dispatches"}/${id}`;

let askTurn = 0;

/** The list anew, at each piece of news: what an older question brings is not shown after a newer one's. */
export async function readAsks(): Promise<void> {
  const turn = ++askTurn;
  try {
    const told = await call<{ requests: Ask[] }>("GET", "/api/agency/requests");
    if (turn === askTurn) asks.value = told.requests;
  } catch {
    // the next news or the next snapshot asks again
  }
}

export function selectAsk(id: string): void {
  askId.value = id;
}

const seat = crypto.randomUUID();
export const link = new Link({
  path: "/api/agency/feed",
  hello: () => ({ type: "hello", seat }),
  onFrame: (frame: DeskFrame) => batch(() => take(frame)),
  finalCodes: [4401],
  onFinal: () => { sessionEnded.value = true; },
});

/** Without a link nothing is sent that might be about another state of the case. */
export const isCut = computed(() => sessionEnded.value || link.state.value === "lost" || link.state.value === "connecting");
export const asOf = computed(() => (link.heardAt.value === null ? "" : timeOfDay(link.heardAt.value)));

export interface StepWords { receipt_no?: string; reason?: string; unit?: string; eta_s?: number }

/** Moves a case on; the center's answer is what is shown, never a guess. */
export async function act(dispatchId: string, step: Step, words: StepWords = {}): Promise<boolean> {
  acting.value = { ...acting.peek(), [dispatchId]: "sending" };
  try {
    const got = await call<{ dispatch: Case }>("POST", `/api/agency/dispatches/${dispatchId}/${step}`, { receipt_no: "", reason: "", ...words });
    const { [dispatchId]: _done, ...rest } = acting.peek();
    batch(() => { cases.value = hear(cases.peek(), { type: "dispatch", dispatch: got.dispatch }); acting.value = rest; });
    return true;
  } catch (error) {
    acting.value = { ...acting.peek(), [dispatchId]: asProblem(error) };
    return false;
  }
}

export async function askPictures(dispatchId: string): Promise<CameraTicket[] | Problem> {
  const put = (next: Omit<Pictures, "askedOnce">) => { pictures.value = { ...pictures.peek(), [dispatchId]: { ...next, askedOnce: true } }; };
  const held = pictures.peek()[dispatchId];
  put({ tickets: held?.tickets ?? [], problem: null, isAsking: true });
  try {
    const got = await call<{ cameras: CameraTicket[] }>("POST", `${pathOf(dispatchId)}/video`, {});
    put({ tickets: got.cameras, problem: null, isAsking: false });
    if (isAsk(dispatchId)) void readAsks(); // what was shown is a line more
    return got.cameras;
  } catch (error) {
    const problem = asProblem(error);
    put({ tickets: held?.tickets ?? [], problem, isAsking: false });
    return problem;
  }
}

/** A right that ends takes its pictures with it at once, whatever ended it. */
effect(() => {
  const dark = [...cases.value, ...asks.value.map((one) => caseOf(one))].filter((d) => whyDark(d) !== null && pictures.peek()[d.dispatch_id]);
  if (dark.length === 0) return;
  const rest = { ...pictures.peek() };
  for (const d of dark) delete rest[d.dispatch_id];
  pictures.value = rest;
});

export function select(id: string): void {
  askId.value = null;
  selectedId.value = id;
}

export function stepThrough(by: number): void {
  const ids = sorted(cases.peek()).map((d) => d.dispatch_id);
  if (ids.length === 0) return;
  const at = ids.indexOf(selectedId.peek() ?? "");
  select(ids[at < 0 ? 0 : (at + by + ids.length) % ids.length]);
}
