import type { ComponentType } from "preact";
import { texts } from "../lang";
import type { Group } from "../texts/router";

/** Every page of the router's administration: `/manage/<id>`, what of it is open stands behind `#`. */
export interface Section { id: string; group: Group; title: () => string; load: () => Promise<{ default: ComponentType }> }

export const SECTIONS: readonly Section[] = [
  { id: "alarms", group: "operation", title: texts("경보", "Alarms"), load: () => import("./alarms") },
  { id: "centers", group: "operation", title: texts("센터", "Centers"), load: () => import("./centers") },
  { id: "boundaries", group: "borders", title: texts("경계 버전", "Boundary versions"), load: () => import("./boundaries") },
  { id: "explain", group: "borders", title: texts("왜 이 센터인가", "Why this center?"), load: () => import("./explain") },
  { id: "policies", group: "borders", title: texts("배정 정책", "Policies"), load: () => import("./policies") },
  { id: "senders", group: "partners", title: texts("송신자", "Senders"), load: () => import("./senders") },
  { id: "nodes", group: "partners", title: texts("버스 노드", "Bus nodes"), load: () => import("./nodes") },
  { id: "record", group: "records", title: texts("변경 기록", "Record of changes"), load: () => import("./record") },
];

export function sectionOf(id: string): Section | undefined {
  return SECTIONS.find((one) => one.id === id);
}
