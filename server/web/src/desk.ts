import type { Me } from "./wire";

/** The page where a role works; the others have their own account only. */
export function deskOf(me: Pick<Me, "role">): string {
  if (me.role === "agent") return "/agency";
  return ["operator", "supervisor", "admin"].includes(me.role) ? "/console" : "/account";
}
