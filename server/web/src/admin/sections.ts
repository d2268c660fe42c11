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
  { id: "cameras", group: "video", needs: ["cameras.manage"], title: texts("카메라", "Cameras"), load: () => import("./cameras") },
];

export function sectionOf(id: string): Section | undefined {
  return SECTIONS.find((one) => one.id === id);
}
