import type { ComponentType } from "preact";
import { texts } from "../lang";
import type { Group } from "../texts/admin";

/**
 * Every page of the administration, one line each. A section is fetched when somebody opens it: its module's default
 * export is its component. `needs`: any of these permissions opens it (server/staff/permissions.py); the API decides
 * again. The address is `/admin/<id>`, further ids stand behind `#` (address.ts).
 */
export interface Section {
  id: string;
  group: Group;
  needs: readonly string[];
  title: () => string;
  load: () => Promise<{ default: ComponentType }>;
}

export const SECTIONS: readonly Section[] = [
  { id: "accounts", group: "people", needs: ["accounts.manage"], title: texts("계정", "Accounts"), load: () => import("./accounts") },
  { id: "held", group: "people", needs: ["accounts.release"], title: texts("잠긴 로그인", "Held logins"), load: () => import("./held") },
  { id: "roles", group: "people", needs: ["accounts.manage", "log.read", "misuse.review"], title: texts("역할과 권한", "Roles"), load: () => import("./roles") },
  { id: "cameras", group: "video", needs: ["cameras.manage"], title: texts("카메라", "Cameras"), load: () => import("./cameras") },
];

export function sectionOf(id: string): Section | undefined {
  return SECTIONS.find((one) => one.id === id);
}
