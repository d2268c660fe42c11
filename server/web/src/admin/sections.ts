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
  { id: "agreements", group: "agencies", needs: ["agreements.manage"], title: texts("협약", "Agreements"), load: () => import("./agreements") },
  { id: "agencies", group: "agencies", needs: ["agreements.manage"], title: texts("기관", "Agencies"), load: () => import("./agencies") },
  { id: "matrix", group: "agencies", needs: ["agreements.manage"], title: texts("누가 무엇을 보나", "Who sees what"), load: () => import("./rights-matrix") },
  { id: "why", group: "agencies", needs: ["agreements.manage"], title: texts("지금 볼 수 있나", "What-if"), load: () => import("./why") },
  { id: "requests", group: "agencies", needs: ["agreements.manage"], title: texts("요청 결과", "Requests"), load: () => import("./request-numbers") },
  { id: "centers", group: "agencies", needs: ["accounts.manage", "operation.read", "kpi.read"], title: texts("관제센터", "Centers"), load: () => import("./centers") },
  { id: "cameras", group: "video", needs: ["cameras.manage"], title: texts("카메라", "Cameras"), load: () => import("./cameras") },
  { id: "facilities", group: "video", needs: ["cameras.manage"], title: texts("안전시설", "Safe facilities"), load: () => import("./facilities") },
  { id: "log", group: "records", needs: ["log.read"], title: texts("제공기록", "Provision log"), load: () => import("./records/log") },
  { id: "events", group: "records", needs: ["log.read"], title: texts("사건기록", "Event log"), load: () => import("./records/events") },
  { id: "export", group: "records", needs: ["log.export"], title: texts("기록 반출", "Export of the log"), load: () => import("./records/export") },
  { id: "kpi", group: "records", needs: ["kpi.read"], title: texts("지표", "Measures"), load: () => import("./kpi/kpi") },
  { id: "retention", group: "records", needs: ["retention.manage"], title: texts("보존 기간", "Retention"), load: () => import("./records/retention") },
  { id: "holds", group: "records", needs: ["holds.manage"], title: texts("법적 보전", "Legal holds"), load: () => import("./records/holds") },
  { id: "misuse", group: "records", needs: ["misuse.review"], title: texts("오남용 심사", "Misuse review"), load: () => import("./misuse") },
  { id: "breakglass", group: "records", needs: ["breakglass.approve", "misuse.review"], title: texts("비상 열람 심사", "Break-glass review"), load: () => import("./breakglass") },
  { id: "operation", group: "operation", needs: ["operation.read"], title: texts("운영 상태", "Operation"), load: () => import("./operation") },
  { id: "quarantine", group: "operation", needs: ["quarantine.read"], title: texts("읽지 못한 메시지", "Unreadable messages"), load: () => import("./quarantine") },
  { id: "features", group: "operation", needs: ["flags.manage"], title: texts("기능 켜고 끄기", "Functions on and off"), load: () => import("./features") },
  { id: "traffic", group: "operation", needs: ["traffic.read"], title: texts("교통 정보", "Traffic"), load: () => import("./traffic") },
  { id: "access-notes", group: "operation", needs: ["incidents.supervise"], title: texts("출입 안내", "Access notes"), load: () => import("../traffic/admin-notes") },
];

export function sectionOf(id: string): Section | undefined {
  return SECTIONS.find((one) => one.id === id);
}
