import { texts } from "../lang";

/** Who may see what, why or why not, and how requests went: words of these pages of the administration. */
const ko = {
  matrix: {
    title: "누가 무엇을 보나", lead: "기관마다, 사유마다 지금 무엇이 열리는지 한 표로 봅니다. 표에 없는 것은 열리지 않습니다.", empty: "등록된 협약이 없습니다.", agency: "기관", trigger: "사유", center: "관제센터", state: "상태", ends: "종료", days: "남은 날", bases: "법적 근거", auto: "자동 승인", storage: (n: number) => `${n}일`,
    all: "모든 관제센터", allAgencies: "모든 기관", allTriggers: "모든 사유", onlyNow: "효력 있는 것만", soonHead: "곧 끝나는 협약", soonNone: "30일 안에 끝나는 협약이 없습니다.", inDays: (n: number) => (n <= 0 ? "오늘" : `${n}일 뒤`), suspendedHead: "정지된 협약", suspendedNone: "정지된 협약이 없습니다.",
    whatIf: "한 사람에 대해 물어보기", area: "구역",
  },
  why: {
    title: "지금 이 사람이 볼 수 있나", lead: "실제로 열지 않고 규칙마다 물어봅니다. 아무것도 보여 주지 않으므로 제공 기록에 남지 않습니다.", account: "누가", incident: "어느 사건에서", camera: "어느 카메라를", cameraFind: "카메라 찾기", cameraHelp: "이름이나 번호의 일부를 적으면 찾아 줍니다.", kind: "무엇을", ask: "물어보기", noIncident: "열린 사건이 없습니다. 지난 사건은 식별자로 물어보세요.", incidentId: "사건 식별자로", orId: "목록에 없으면",
    kinds: { live: "실시간 영상", still: "정지 영상", recorded: "녹화 영상", position: "위치", identity: "이름·번호" } as Record<string, string>,
    yes: "지금 볼 수 있습니다", no: (n: number) => `지금 볼 수 없습니다 — 막는 것 ${n}가지`, at: (at: string, address: string) => `${at} · 자리 ${address || "없음"}`, met: "지킴", broken: "막음", rules: "규칙마다", agreement: "쓰인 협약", none: "쓰인 협약이 없습니다.",
    rule_: {
      unknown_incident: "사건이 있다", incident_closed: "사건이 열려 있다", not_owner: "이 센터가 맡은 사건이다", drill: "훈련이 아니다", not_live: "확정된 신고다", not_your_incident: "이 자리의 사람이 다룰 수 있는 사건이다", no_dispatch: "접수한 출동이나 승인된 요청이 있다",
      no_agreement: "협약이 지금 이것을 허용한다", outside_area: "협약 구역 안이다", no_consent: "본인이 119에 보이기로 했다", legal_basis: "법적 근거가 맞다", no_reason: "사유가 있다", address_not_registered: "등록된 주소에서 왔다", session_ended: "로그인되어 있다", unknown_camera: "이 센터의 카메라다", purpose: "카메라의 설치 목적에 맞다", expired: "기간이 남아 있다",
    } as Record<string, string>,
    parts: { none: "협약이 쓰이지 않음", not_begun: "아직 시작 전", ended: "끝난 협약", suspended: "정지된 협약", switch: "이 항목을 열지 않는 협약", trigger: "이 사유가 없는 협약", center: "다른 센터의 협약" } as Record<string, string>,
    choose: "고르세요", cameraNone: "찾는 카메라가 없습니다.", incidentOf: (type: string, center: string, at: string) => `${type} · ${center} · ${at}`,
  },
  numbers: {
    title: "기관 요청의 결과", lead: "기관마다 얼마나 받고 거절했는지, 무엇을 왜 받지 않았는지 봅니다. 오신고율은 순서를 정할 뿐 요청을 막지 않습니다. 훈련은 세지 않습니다.", days: "기간", lastDays: (n: number) => `지난 ${n}일`, empty: "이 기간에 온 요청이 없습니다.",
    head: { agency: "기관", kind: "종류", taken: "받음", decided: "판단함", rejected: "거절", rate: "오신고율", why: "거절 사유", byRule: "규칙 승인", expired: "만료", cancelled: "취소", refused: "받지 않음", time: "판단까지 (중간값)" }, seconds: (s: number) => `${s}초`, none: "—", few: "판단이 적음",
    refusals: "받지 않은 요청", refusalsLead: "최근 200건입니다. 서명이 없는 것은 1분·주소마다 한 줄로 셉니다.", refusalsNone: "받지 않은 요청이 없습니다.", refusalHead: { at: "시각", agency: "기관", code: "까닭", trigger: "사유", center: "관제센터", address: "주소", field: "항목", count: "수" }, unknown: "알 수 없음", installation: "설치 전체", reasonsOf: "까닭마다", times: (n: number) => `${n}건`,
  },
};
const en: typeof ko = {
  matrix: {
    title: "Who may see what", lead: "What is open now, by agency and occasion, in one table. What isn't in it isn't open.", empty: "No agreement is registered.", agency: "Agency", trigger: "Occasion", center: "Center", state: "State", ends: "Ends", days: "Days left", bases: "Legal bases", auto: "By rule", storage: (n) => `${n} days`,
    all: "All centers", allAgencies: "All agencies", allTriggers: "All occasions", onlyNow: "Only in force", soonHead: "Ending soon", soonNone: "No agreement ends within 30 days.", inDays: (n) => (n <= 0 ? "today" : `in ${n} d`), suspendedHead: "Suspended", suspendedNone: "No agreement is suspended.",
    whatIf: "Ask about one person", area: "Area",
  },
  why: {
    title: "May this person see it now?", lead: "Every rule is asked, nothing is opened. Nothing is shown, so nothing goes into the provision log.", account: "Who", incident: "In which incident", camera: "Which camera", cameraFind: "Find a camera", cameraHelp: "Write part of its name or number.", kind: "What", ask: "Ask", noIncident: "No incident is open. Ask about an earlier one by its id.", incidentId: "By the incident's id", orId: "Not in the list",
    kinds: { live: "Live video", still: "Still", recorded: "Recording", position: "Place", identity: "Name, number" },
    yes: "It may be seen now", no: (n) => `It can't be seen now — ${n} thing${n === 1 ? "" : "s"} in the way`, at: (at, address) => `${at} · seat ${address || "none"}`, met: "met", broken: "in the way", rules: "Rule by rule", agreement: "By agreement", none: "No agreement came into it.",
    rule_: {
      unknown_incident: "There is such an incident", incident_closed: "The incident is open", not_owner: "This center has the alert", drill: "It is no drill", not_live: "The alert is confirmed", not_your_incident: "It is this person's to work on", no_dispatch: "An accepted dispatch or request",
      no_agreement: "An agreement allows it now", outside_area: "Inside the agreed area", no_consent: "She agreed to show it to 119", legal_basis: "The legal basis fits", no_reason: "A reason is given", address_not_registered: "From a registered address", session_ended: "Signed in", unknown_camera: "A camera of this center", purpose: "What the camera was put up for", expired: "Its time is not over",
    },
    parts: { none: "no agreement came into it", not_begun: "not begun", ended: "ended", suspended: "suspended", switch: "doesn't open this", trigger: "not for this occasion", center: "another center's" },
    choose: "Choose", cameraNone: "No such camera.", incidentOf: (type, center, at) => `${type} · ${center} · ${at}`,
  },
  numbers: {
    title: "How requests went", lead: "How many were taken and rejected by agency, and what was refused for which reason. The false rate orders, it never blocks. Drills are left out.", days: "Period", lastDays: (n) => `last ${n} days`, empty: "No request in this period.",
    head: { agency: "Agency", kind: "Kind", taken: "Taken", decided: "Decided", rejected: "Rejected", rate: "False rate", why: "Why rejected", byRule: "By rule", expired: "Expired", cancelled: "Cancelled", refused: "Refused", time: "To decide (median)" }, seconds: (s) => `${s} s`, none: "—", few: "few decided",
    refusals: "Refused requests", refusalsLead: "The last 200. What nobody signed is one row a minute and address, counted.", refusalsNone: "Nothing was refused.", refusalHead: { at: "At", agency: "Agency", code: "Why", trigger: "Occasion", center: "Center", address: "Address", field: "Field", count: "Count" }, unknown: "unknown", installation: "installation", reasonsOf: "By reason", times: (n) => `${n}×`,
  },
};
export const g = texts(ko, en);
