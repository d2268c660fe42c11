import { batch, computed, effect, signal } from "@preact/signals";
import { asProblem, call } from "../api";
import { Chime } from "../chime";
import { serverSaysNow } from "../clock";
import { Link } from "../link";
import type { AgencyDispatch, AgencyFrame, CameraTicket, Me, Position, Problem } from "../wire";

/** What an agency's desk knows: only its own dispatches, only what was put into them. */
export interface Pictures { tickets: CameraTicket[]; problem: Problem | null; isAsking: boolean }

export const me = signal<Me | null>(null);
export const dispatches = signal<AgencyDispatch[]>([]);
export const selectedId = signal<string | null>(null);
export const pictures = signal<Record<string, Pictures>>({});
export const acting = signal<Record<string, "sending" | Problem>>({});
export const sessionEnded = signal(false);
/** Counts the news of video requests: who shows them reads them again. */
export const requestNews = signal(0);

export const selected = computed(() => dispatches.value.find((d) => d.dispatch_id === selectedId.value) ?? null);
export const isFresh = (d: AgencyDispatch) => d.open && (d.state === "requested" || d.state === "delivered");
export const isOver = (d: AgencyDispatch) => !d.open || ["declined", "done", "cancelled"].includes(d.state);
export const fresh = computed(() => dispatches.value.filter(isFresh));
export const chime = new Chime(() => fresh.peek().length > 0);

function keep(next: AgencyDispatch): void {
  const others = dispatches.peek().filter((d) => d.dispatch_id !== next.dispatch_id);
  dispatches.value = sorted([...others, next]);
}

function sorted(all: AgencyDispatch[]): AgencyDispatch[] {
  const rank = (d: AgencyDispatch) => (isFresh(d) ? 0 : isOver(d) ? 2 : 1);
  return all.sort((a, b) => rank(a) - rank(b) || Date.parse(b.opened_at) - Date.parse(a.opened_at));
}

function move(id: string, position: Position): void {
  const held = dispatches.peek().find((d) => d.dispatch_id === id);
  if (!held || (held.position && Date.parse(held.position.fixed_at) > Date.parse(position.fixed_at))) return;
  dispatches.value = dispatches.peek().map((d) => (d === held ? { ...d, position, track: [...d.track, position].slice(-600) } : d));
}

function hear(frame: AgencyFrame): void {
  if ("now" in frame && frame.now) serverSaysNow(frame.now);
  if (frame.type === "snapshot") dispatches.value = sorted([...frame.dispatches]);
  if (frame.type === "dispatch") keep(frame.dispatch);
  if (frame.type === "video_request") requestNews.value += 1;
  if (frame.type === "position") move(frame.dispatch_id, frame.position);
  const first = fresh.peek()[0];
  if (!selected.peek() && first) selectedId.value = first.dispatch_id;
}

const seat = crypto.randomUUID();
export const link = new Link({
  path: "/api/agency/feed",
  hello: () => ({ type: "hello", seat }),
  onFrame: (frame: AgencyFrame) => batch(() => hear(frame)),
  finalCodes: [4401],
  onFinal: () => { sessionEnded.value = true; },
});

export type Step = "accept" | "decline" | "en_route" | "on_scene" | "done";

/** Moves a dispatch on; the center's answer is what is shown, never a guess. */
export async function act(dispatchId: string, step: Step, body: { receipt_no: string; reason: string }): Promise<void> {
  acting.value = { ...acting.peek(), [dispatchId]: "sending" };
  try {
    const got = await call<{ dispatch: AgencyDispatch }>("POST", `/api/agency/dispatches/${dispatchId}/${step}`, body);
    const { [dispatchId]: _done, ...rest } = acting.peek();
    batch(() => { keep(got.dispatch); acting.value = rest; });
  } catch (error) {
    acting.value = { ...acting.peek(), [dispatchId]: asProblem(error) };
  }
}

export async function askPictures(dispatchId: string): Promise<CameraTicket[] | Problem> {
  const put = (next: Pictures) => { pictures.value = { ...pictures.peek(), [dispatchId]: next }; };
  const held = pictures.peek()[dispatchId];
  put({ tickets: held?.tickets ?? [], problem: null, isAsking: true });
  try {
    const got = await call<{ cameras: CameraTicket[] }>("POST", `/api/agency/dispatches/${dispatchId}/video`, {});
    put({ tickets: got.cameras, problem: null, isAsking: false });
    return got.cameras;
  } catch (error) {
    const problem = asProblem(error);
    put({ tickets: held?.tickets ?? [], problem, isAsking: false });
    return problem;
  }
}

/** A closed incident takes its pictures with it. */
effect(() => {
  const over = dispatches.value.filter((d) => !d.open && pictures.peek()[d.dispatch_id]);
  if (over.length === 0) return;
  const rest = { ...pictures.peek() };
  for (const d of over) delete rest[d.dispatch_id];
  pictures.value = rest;
});
