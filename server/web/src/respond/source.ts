import { batch, signal } from "@preact/signals";
import { asProblem, call, Refused } from "../api";
import { now, serverSaysNow } from "../clock";
import { Link } from "../link";
import type { CrewNote } from "../traffic/crew";
import type { AgencyName, CenterName, Position, Problem } from "../wire";

/** What the officer's page knows: the view by WebSocket, or by asking every 5 s; nothing of it once it has ended. */
const POLL_MS = 5000;
const TRACK_KEPT = 600;

export interface View {
  dispatch: {
    /** A dispatch, or his agency's own request: then nobody was sent, and the page is for looking. */
    part: "dispatch" | "request"; trigger: string; may_write: boolean;
    dispatch_id: string; case_no: string; state: string; type: string; is_drill: boolean; unit: string;
    agency: AgencyName; center: CenterName & { callback: string };
  };
  position: Position | null; track: Position[]; directions: { ko: string; en: string };
  stills: { still_id: string; camera: { camera_id: string; name: string; lat: number | null; lon: number | null }; at: string }[];
  messages: { message_id: string; by: string; name: string; text: string; at: string; asks: string }[];
  access_notes: CrewNote[]; ends_at: string; now: string;
}
type Frame =
  | { type: "view"; view: View }
  | { type: "position"; position: Position; directions: { ko: string; en: string } }
  | { type: "ended"; reason: string; message_ko: string; message_en: string }
  | { type: "beat"; now: string };

const linkId = decodeURIComponent(location.pathname.split("/").filter(Boolean).at(-1) ?? "");
export const base = `/api/respond/${encodeURIComponent(linkId)}`;

export type Stage = "loading" | "code" | "open" | "ended" | "locked" | "bound" | "no_link";
export const stage = signal<Stage>("loading");
export const view = signal<View | null>(null);
export const problem = signal<Problem | null>(null);
export const freshness = signal<"live" | "polling" | "offline">("polling");
/** When something was last heard, by the server's clock. */
export const heardAt = signal<number | null>(null);

let link: Link | null = null;
let poll = 0;

function show(next: View): void {
  batch(() => {
    serverSaysNow(next.now);
    heardAt.value = now.peek();
    view.value = next;
    stage.value = "open";
    problem.value = null;
  });
}

/** Dark: nothing of the person stays in the page. */
function end(why: Problem, as: Stage): void {
  batch(() => { view.value = null; problem.value = why; stage.value = as; });
  link?.stop();
  link = null;
  clearInterval(poll);
}

function hear(frame: Frame): void {
  batch(() => {
    freshness.value = "live";
    if (frame.type === "view") show(frame.view);
    if (frame.type === "beat") { serverSaysNow(frame.now); heardAt.value = now.peek(); }
    if (frame.type === "position") move(frame.position, frame.directions);
  });
  if (frame.type === "ended") end({ code: frame.reason, message_ko: frame.message_ko, message_en: frame.message_en }, "ended");
}

function move(position: Position, directions: View["directions"]): void {
  const held = view.peek();
  if (!held || (held.position && Date.parse(held.position.fixed_at) >= Date.parse(position.fixed_at))) return;
  heardAt.value = now.peek();
  view.value = { ...held, position, directions, track: [...held.track, position].slice(-TRACK_KEPT) };
}

function listen(): void {
  if (link) return;
  link = new Link({
    path: `${base}/live`, hello: () => null, onFrame: hear, finalCodes: [4401],
    onFinal: () => { link = null; clearInterval(poll); void ask(); },
  });
  link.state.subscribe((state) => { if (state === "lost" && freshness.peek() === "live") freshness.value = "polling"; });
  poll = window.setInterval(() => { if (freshness.peek() !== "live") void ask(); }, POLL_MS);
}

/** Where a refusal leads. */
const STAGES: Record<string, Stage> = { not_bound: "code", wrong_code: "code", bound_elsewhere: "bound", ended: "ended", locked: "locked", no_link: "no_link" };

function refuse(error: unknown): void {
  if (!(error instanceof Refused) || error.status === 0 || error.status >= 500) {
    freshness.value = "offline";
    return;
  }
  const next = STAGES[error.problem.code];
  if (next === "code") batch(() => { stage.value = "code"; view.value = null; problem.value = error.problem.code === "wrong_code" ? error.problem : null; });
  else if (next) end(error.problem, next);
  else problem.value = error.problem;
}

export async function ask(): Promise<void> {
  try {
    show(await call<View>("GET", base));
    if (freshness.peek() === "offline") freshness.value = "polling";
    listen();
  } catch (error) {
    refuse(error);
    if (stage.peek() === "loading") setTimeout(() => void ask(), 2000);
  }
}

export async function open(code: string): Promise<Problem | null> {
  try {
    show(await call<View>("POST", `${base}/open`, { code }));
    listen();
    return null;
  } catch (error) {
    refuse(error);
    return asProblem(error);
  }
}

/** A command of the officer's; null when it was taken. After it the page asks anew where no socket tells. */
export async function tell(path: "messages" | "step" | "unit", body: unknown): Promise<Problem | null> {
  try {
    await call("POST", `${base}/${path}`, body);
    if (freshness.peek() !== "live") void ask();
    return null;
  } catch (error) {
    const held = asProblem(error);
    if (error instanceof Refused && error.problem.code in STAGES) refuse(error);
    return held;
  }
}
