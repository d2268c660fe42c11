import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { afterPaint } from "../after-paint";
import { asProblem, call } from "../api";
import type {
  CameraChoice, CameraTicket, EventLine, IncidentCard, IncidentDetail, Me, Position, Problem,
} from "../wire";
import { arranged, coming, enlarged, forgetArrangement, onArranged } from "./arrangement";
import { Feed, isNew, isOpen, isPre, mayLook } from "./feed";
import { isMonitor, showsDetail, showsPictures } from "./page-kind";
import type { WorkSheet } from "./work/work-sheets";

/** This seat: who sits here, which incident is open, and what has been fetched for it. */
export interface Detail {
  incidentId: string; timeline: EventLine[]; track: Position[]; cameras: CameraChoice[];
  tickets: Record<string, CameraTicket>; problem: Problem | null; loaded: boolean;
  /** The center's refusal to open the pictures, in words. */
  pictures: Problem | null;
}

export type Sheet =
  | { kind: "dispatch"; agency: "112" | "119" } | { kind: "close" } | { kind: "keys" }
  | { kind: "shift" } | { kind: "plates" }
  | { kind: "why" } | { kind: "back"; camera: CameraChoice } | { kind: "seen"; camera: CameraChoice } | { kind: "evidence" } | { kind: "requests" }
  | WorkSheet | null;

const TRACK_MS = 10 * 60 * 1000;

export const feed = new Feed();
export const me = signal<Me | null>(null);
export const selectedId = signal<string | null>(null);
export const detail = signal<Detail | null>(null);
export const sheet = signal<Sheet>(null);
export { enlarged };
/** What this idle desk is about to open by itself. */
export const opening = signal<string | null>(null);
/** The tile or wedge under the pointer: lit in both places. */
export const hovered = signal<number | null>(null);

export const selected = computed(() => feed.card(selectedId.value));
/** The same list as before as long as nothing has happened to any card: that somebody moves renders her card alone. */
function unmoved(list: () => IncidentCard[]): ReadonlySignal<IncidentCard[]> {
  let held: IncidentCard[] = [];
  const isSame = (card: IncidentCard, i: number) => {
    const before = held[i];
    return (Object.keys(card) as (keyof IncidentCard)[]).every((name) => name === "position" || card[name] === before[name]);
  };
  return computed(() => {
    const next = list();
    if (next.length !== held.length || !next.every(isSame)) held = next;
    return held;
  });
}

const openCards = () => feed.open.value.map((i) => i.value);
export const fresh = unmoved(() => openCards().filter(isNew).sort(byRank));

function oldestFirst(a: IncidentCard, b: IncidentCard): number {
  return Date.parse(a.active_at ?? a.opened_at) - Date.parse(b.active_at ?? b.opened_at);
}

/** The center says who is read first (server/incidents/queue.py); inside a rank the oldest. */
function byRank(a: IncidentCard, b: IncidentCard): number {
  return a.rank - b.rank || oldestFirst(a, b);
}

export const queue = unmoved(() => openCards().sort(byRank));

/** The open incident, the same object while she only walks: for all that does not say where she is. */
const still = unmoved(() => (selected.value ? [selected.value] : []));
export const standing = computed<IncidentCard | null>(() => still.value[0] ?? null);
/** Parts of the detail that wake only those who show them: each of her steps changes the track. */
const NO_CAMERAS: CameraChoice[] = [];
const NO_LINES: EventLine[] = [];
export const cameras = computed(() => detail.value?.cameras ?? NO_CAMERAS);
export const timeline = computed(() => detail.value?.timeline ?? NO_LINES);
export const isLoaded = computed(() => detail.value?.loaded ?? false);

export const closed = unmoved(() =>
  [...feed.incidents.value.values()].map((i) => i.value).filter((card) => !isOpen(card))
    .sort((a, b) => Date.parse(b.closed_at ?? b.opened_at) - Date.parse(a.closed_at ?? a.opened_at)).slice(0, 10));

/** Opens it at this seat: a monitor asks its console, and opens it when the console has. */
export function select(incidentId: string): void {
  if (isMonitor) feed.link.send({ type: "select", incident_id: incidentId });
  else show(incidentId);
}

/** What this page shows from now on; null: nothing. What is open already, or on its way, is left as it is. */
export function show(incidentId: string | null): void {
  if (selectedId.peek() === incidentId) return;
  selectedId.value = incidentId;
  enlarged.value = null;
  sheet.value = null;
  detail.value = incidentId === null || !showsDetail ? null : {
    incidentId, timeline: [], track: [], cameras: [], tickets: {}, problem: null, loaded: false, pictures: null,
  };
  feed.tellSeat({ selected: incidentId });
  if (incidentId !== null && showsDetail) void load(incidentId);
}

function patch(incidentId: string, change: (held: Detail) => Partial<Detail>): void {
  const held = detail.peek();
  if (held?.incidentId === incidentId) detail.value = { ...held, ...change(held) };
}

/** Where there are tiles, they change one at a time; where there are none, the choice is shown as it is. */
const placed = (incidentId: string, cameras: CameraChoice[]) => (showsPictures ? arranged(incidentId, cameras) : cameras);

export async function load(incidentId: string): Promise<void> {
  try {
    const got = await call<IncidentDetail>("GET", `/api/incidents/${incidentId}`);
    feed.keep(got.incident);
    patch(incidentId, (held) => ({
      timeline: merged(held.timeline, got.timeline), track: mergedTrack(got.track, held.track),
      cameras: placed(incidentId, got.cameras), problem: null, loaded: true,
    }));
  } catch (error) {
    patch(incidentId, () => ({ problem: asProblem(error), loaded: true }));
  }
  await openPictures(incidentId);
}

/** What the cameras are worth changes while one looks: read again now and then, so that a dark one is said to be dark. */
const HEALTH_MS = 30_000;

setInterval(async () => {
  const card = feed.card(selectedId.peek());
  if (!card || !mayLook(card) || !detail.peek()?.loaded || document.hidden) return;
  const got = await call<IncidentDetail>("GET", `/api/incidents/${card.incident_id}`).catch(() => null);
  if (got) patch(card.incident_id, () => ({ cameras: placed(card.incident_id, got.cameras) }));
}, HEALTH_MS);

/** Asked again by itself: nobody stands in front of a wall monitor to press a button. */
const MAY_PASS = ["no_answer", "broken", "not_connected", "unavailable"];
const AGAIN_MS = 4000;

/**
 * Five release rows first, then pictures: only of an active, open incident (invariant 4). Each opening is a release
 * of its own, so what is open already stays; only a camera that has newly been chosen is asked for.
 */
async function openPictures(incidentId: string): Promise<void> {
  const card = feed.card(incidentId);
  if (!showsPictures || !card || !mayLook(card) || selectedId.peek() !== incidentId) return;
  const held = detail.peek();
  if (held && Object.keys(held.tickets).length > 0) {
    await openMissing(held);
    return;
  }
  const data = await feed.command(`open:${incidentId}`, "open", incidentId);
  const asked = feed.asked.peek()[`open:${incidentId}`];
  if (!data) {
    patch(incidentId, () => ({ pictures: asked?.state === "error" ? asked.problem : null }));
    if (asked?.state === "error" && MAY_PASS.includes(asked.problem.code)) setTimeout(() => void openPictures(incidentId), AGAIN_MS);
    return;
  }
  const tickets = (data.cameras ?? []) as CameraTicket[];
  patch(incidentId, (now) => ({
    // one without a stream has no ticket and keeps its place; what the registry said last is newer than the choice
    cameras: now.cameras.length > 0 ? now.cameras : placed(incidentId, tickets), pictures: null,
    tickets: Object.fromEntries(tickets.map((ticket) => [ticket.camera_id, ticket])),
  }));
  const opened = detail.peek();
  if (opened?.incidentId === incidentId) await openMissing(opened); // one that is pinned, and no longer chosen
}

async function openMissing(held: Detail): Promise<void> {
  for (const camera of held.cameras.filter((one) => one.has_stream !== false && !held.tickets[one.camera_id])) {
    const answer = await view(held.incidentId, camera.camera_id, "sub");
    if (!("code" in answer)) renew(held.incidentId, { ...camera, ...answer });
  }
}

/** A tile has another camera: what left is let go (its release ends with its viewing), what came is open already. */
onArranged((incidentId, cameras) => patch(incidentId, (held) => ({
  cameras, tickets: Object.fromEntries(Object.entries(held.tickets).filter(([id]) => cameras.some((one) => one.camera_id === id) || id === coming.peek()?.camera.camera_id)),
})));

coming.subscribe((next) => {
  const held = detail.peek();
  if (next && held && Object.keys(held.tickets).length > 0) void openMissing({ ...held, cameras: [next.camera] });
});

/** A fresh ticket for one camera: after an end, and for the main stream of an enlarged tile. */
export async function view(incidentId: string, cameraId: string, quality: "sub" | "main"): Promise<CameraTicket | Problem> {
  const key = `view:${incidentId}:${cameraId}:${quality}`;
  const data = await feed.command(key, "view", incidentId, { camera_id: cameraId, quality });
  const asked = feed.asked.peek()[key];
  if (!data) return asked?.state === "error" ? asked.problem : { code: "busy", message_ko: "", message_en: "" };
  return (data.camera ?? data.ticket ?? data) as unknown as CameraTicket;
}

export function renew(incidentId: string, ticket: CameraTicket): void {
  patch(incidentId, (held) => ({ tickets: { ...held.tickets, [ticket.camera_id]: ticket } }));
}

function merged(a: EventLine[], b: EventLine[]): EventLine[] {
  const all = new Map([...a, ...b].map((line) => [line.event_id, line]));
  return [...all.values()].sort((x, y) => y.seq - x.seq);
}

function mergedTrack(a: Position[], b: Position[]): Position[] {
  const all = [...new Map([...a, ...b].map((p) => [`${p.fixed_at} ${p.alert_id ?? ""}`, p])).values()];
  all.sort((x, y) => Date.parse(x.fixed_at) - Date.parse(y.fixed_at));
  const last = all.at(-1);
  return last ? all.filter((p) => Date.parse(last.fixed_at) - Date.parse(p.fixed_at) <= TRACK_MS) : [];
}

/** Other cameras, or the places of other people: what the line itself does not bring. */
const CHANGES_DETAIL = ["camera:chosen", "incident:merged", "incident:split"];

feed.onEvent = (line, card) => {
  const id = card.incident_id;
  const held = detail.peek();
  if (held?.incidentId !== id) return;
  patch(id, (d) => ({ timeline: merged(d.timeline, [line]) }));
  if (CHANGES_DETAIL.includes(line.tag) && held.loaded) void load(id);
};

feed.onPosition = (id, position) => patch(id, (d) => ({ track: mergedTrack(d.track, [position]) }));

/** An idle desk opens a new active alert by itself; a busy one is only told (the red bar). */
feed.onNew = (card) => {
  if (!isOpen(card) || isPre(card)) return;
  if (card.incident_id === selectedId.peek()) {
    void openPictures(card.incident_id); // a pre-alert that was being watched has become active
    return;
  }
  if (isMonitor) return; // the console decides, and says so
  if (!isNew(card) || opening.peek() !== null || !isIdle()) return;
  opening.value = card.incident_id;
  afterPaint(openByItself); // her card stands in the queue first: the panel, the map and five pictures are more work
};

function isIdle(): boolean {
  const current = feed.card(selectedId.peek());
  return sheet.peek() === null && (!current || !isOpen(current) || isPre(current));
}

function openByItself(): void {
  const card = feed.card(opening.peek());
  batch(() => {
    opening.value = null;
    if (!card || !isNew(card) || !isIdle()) return;
    select(card.incident_id);
    letTakeKeyWork();
  });
}

/**
 * An alert that opened by itself is taken with one key: the focus leaves a button that was pressed some time ago
 * (Space would press it once more) for the incident. Who is writing, or answers a dialog, keeps her place.
 */
function letTakeKeyWork(): void {
  const held = document.activeElement;
  if (!held?.matches("button, a, summary") || held.closest("dialog")) return;
  requestAnimationFrame(() => document.getElementById("incident")?.focus({ preventScroll: true }));
}

feed.onSnapshot = () => {
  const id = selectedId.peek();
  if (id) {
    if (showsDetail) void load(id); // also when it was closed meanwhile: the snapshot only holds open ones
    return;
  }
  selectMine();
};

/** After a reload one's own incident is on the screen again, whether the queue or the name came first. */
function selectMine(): void {
  if (isMonitor) return;
  const own = me.peek()?.account_id;
  const mine = own && !selectedId.peek() ? queue.peek().find((card) => card.owner?.account_id === own) : undefined;
  if (mine) select(mine.incident_id);
}

me.subscribe((who) => { if (who) selectMine(); });

/** A closed incident's pictures end here too, whatever the gateway does. */
effect(() => {
  const card = selected.value;
  const held = detail.peek();
  if (card && held?.incidentId === card.incident_id && !mayLook(card) && Object.keys(held.tickets).length > 0) {
    detail.value = { ...held, tickets: {} };
    forgetArrangement(card.incident_id);
    enlarged.value = null;
  }
});

export const acknowledgeKey = (id: string) => `acknowledge:${id}`;
export const dispatchKey = (id: string, agency: string) => `dispatch:${id}:${agency}`;
export const closeKey = (id: string) => `close:${id}`;
export const noteKey = (id: string) => `note:${id}`;

const taking = new Map<string, Promise<boolean>>();

/** Whoever asks while it is being sent waits for the same answer: Space and F2 in one breath lose no dispatch. */
export function acknowledge(incidentId: string): Promise<boolean> {
  const held = taking.get(incidentId);
  if (held) return held;
  const sent = feed.command(acknowledgeKey(incidentId), "acknowledge", incidentId)
    .then((data) => data !== null).finally(() => taking.delete(incidentId));
  taking.set(incidentId, sent);
  return sent;
}

/** What Space takes: the open incident if nobody has it, else the oldest new one (which is opened too). */
export const nextToTake = computed(() => (selected.value && isNew(selected.value) ? selected.value : fresh.value[0]) ?? null);

export function takeNext(): void {
  const target = nextToTake.peek();
  if (!target) return;
  select(target.incident_id);
  void acknowledge(target.incident_id);
}

/** Said beside the refusal to take it: whoever pressed 112 must not believe that it was asked. */
const NOT_TAKEN: Problem = {
  code: "not_sent", message_ko: "접수하지 못해 출동 요청을 보내지 않았습니다. 다시 시도하세요.",
  message_en: "It could not be taken, so help was not asked for. Try again.",
};

export async function dispatch(incidentId: string, agency: "112" | "119", note: string): Promise<void> {
  const card = feed.card(incidentId);
  if (card?.owner === null && !(await acknowledge(incidentId))) {
    feed.refuse(dispatchKey(incidentId, agency), NOT_TAKEN, () => void dispatch(incidentId, agency, note));
    return;
  }
  await feed.command(dispatchKey(incidentId, agency), "dispatch", incidentId, {
    agency, legal_basis: "pipa-18-2-3", note,
  });
}
