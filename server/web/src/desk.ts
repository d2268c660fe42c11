import type { Me } from "./wire";

/** Who works in the administration; a shift leader goes there from the console. */
const ADMINISTRATION: readonly Me["role"][] = ["admin", "privacy", "auditor", "traffic", "cyber"];

/** The page where a role works. */
export function deskOf(me: Pick<Me, "role">): string {
  if (me.role === "agent" || me.role === "association") return "/agency";
  return ADMINISTRATION.includes(me.role) ? "/admin" : "/console";
}

/** A page of ours that somebody was sent away from to log in: an own path that staff have, or "". */
export function ownPath(text: string | null): string {
  return text && /^\/(admin|console|wall|map|queue|agency|account)(\/[a-z0-9-]+)?(#[\w.%-]*)?$/.test(text) ? text : "";
}
