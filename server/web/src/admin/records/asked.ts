import { signal, type Signal } from "@preact/signals";
import { instant } from "../kit/form";

/** The conditions of a list of the log, as its page holds them; ids of people and incidents never stand in the query of the page. */
export interface Asked {
  range: string; from: string; to: string; center: string; kind: string; agency: string; camera: string; incident: string; tag: string; viewer: string; viewerName: string; refused: boolean;
}
const DAY_MS = 24 * 3600_000;
const NOTHING: Asked = { range: "7", from: "", to: "", center: "", kind: "", agency: "", camera: "", incident: "", tag: "", viewer: "", viewerName: "", refused: false };

/** `turn` counts how often all was cleared: fields begin anew then, also with words in them that were not taken. */
export type AskedSignal = Signal<Asked> & { at: number; turn: number };

export function asked(): AskedSignal {
  return Object.assign(signal<Asked>(NOTHING), { at: Date.now(), turn: 0 });
}

export function isNarrowed(of: Asked): boolean {
  return Object.keys(NOTHING).some((name) => name !== "viewerName" && of[name as keyof Asked] !== NOTHING[name as keyof Asked]);
}

export function clear(of: AskedSignal): void {
  of.at = Date.now();
  of.turn += 1;
  of.value = { ...NOTHING };
}

export function narrow(of: AskedSignal, change: Partial<Asked>): void {
  of.at = Date.now();
  of.value = { ...of.peek(), ...change };
}

/** Everything of one incident, whenever it was. */
export function ofIncident(incident: string): Asked {
  return { ...NOTHING, range: "", incident };
}

export function ofViewer(viewer: string, viewerName: string): Asked {
  return { ...NOTHING, range: "90", viewer, viewerName };
}

/** What the API takes. Rounded to the minute of the last change, so that the same conditions are the same request. */
export function queryOf(of: Asked, at: number): Record<string, string> {
  const days = Number(of.range);
  const from = of.range === "own" ? instant(of.from) : days > 0 ? new Date(at - days * DAY_MS).toISOString() : null;
  const to = of.range === "own" ? instant(of.to) : null;
  const all = { from, to, center: of.center, kind: of.kind, agency_id: of.agency, camera_id: of.camera, incident_id: of.incident, tag: of.tag && `${of.tag}:`, viewer_id: of.viewer, refused: of.refused ? "true" : "" };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value)) as Record<string, string>;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
export const isId = (text: string): boolean => text === "" || UUID.test(text);
