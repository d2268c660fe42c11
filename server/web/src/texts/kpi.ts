import { texts } from "../lang";

/** Words of the measures. Their names and formulae come from the server (GET /api/kpi/formulae). */
const ko = {
  title: "지표", lead: "끝난 사건을 기준으로 센 센터의 응답 지표입니다. 훈련은 따로 셉니다.", csv: "CSV로 받기", print: "인쇄", formulae: "계산식", close: "닫기",
  range: "기간", ranges: { "7": "최근 7일", "30": "최근 30일", "90": "최근 90일", half: "이번 반기", lastHalf: "지난 반기", own: "직접 고르기" } as Record<string, string>, from: "부터", to: "까지 (그날 포함)", badRange: "‘부터’가 ‘까지’보다 앞서야 하고, 5년을 넘을 수 없습니다.", center: "관제센터", every: "모두", by: "나누어 보기", bys: { by_month: "달마다", by_type: "유형마다", by_center: "센터마다" } as Record<string, string>, compare: "앞선 같은 길이의 기간과 견주기",
  period: (from: string, to: string) => `${from} ~ ${to}`, before: (from: string, to: string) => `견준 기간: ${from} ~ ${to}`,
  few: (n: number) => `1~${n - 1}건은 “<${n}”으로만 보이고, 그렇게 적은 수로 계산한 값은 비워 둡니다. 적은 수에서 어느 사건인지 짐작할 수 없게 하기 위해서입니다. 개인정보 보호책임자, 감사자, 조장은 그대로 봅니다.`,
  incidents: "끝난 사건", early: "확정 전에 끝난 사전 신고", n: "건수", count: "해당 건수", median: "중앙값", p90: "90백분위", within: "7분 이내", share: "비율", group: "구분", noData: "자료 없음", seconds: "초", percent: "%",
  than: (text: string) => `앞 기간 ${text}`, same: "앞 기간과 같음", better: "나아짐", worse: "나빠짐", cases: (n: string) => `${n}건`,
  total: "모든 사건", agencies: "연계기관 요청", exercises: "센터 훈련", drills: "개인 훈련", apart: "연계기관 요청과 훈련은 따로", apartLead: "이들은 위의 숫자에 들어 있지 않습니다.", measure: "지표",
  within7: "7분 안에 도착한 비율", arrivals: ["경찰", "소방"], shares: "오신고, 상위 보고, 무응답 비율",
  provisions: "반기별 제공 건수", provisionsLead: "국회와 행정안전부에 내는 반기 보고에 쓰는 수입니다. 제공기록의 줄 수이며, 받은 쪽과 종류와 법적 근거로 나눕니다. 고른 기간만 셉니다.", half: "반기", recipient: "받은 쪽", kind: "종류", basis: "법적 근거", recipients: { center: "센터 직원", guardian: "보호자", agency: "기관", operator: "센터 직원", agent: "기관 담당자" } as Record<string, string>,
  noProvisions: "이 기간에 제공한 것이 없습니다.", refused: "거절한 제공", noRefused: "이 기간에 거절한 것이 없습니다.", halfName: (half: string) => `${half.slice(0, 4)}년 ${half.endsWith("1") ? "상반기" : "하반기"}`,
  gone: (n: number) => `출동 기록이 파기된 사건 ${n}건은 ‘그 밖의 기관 도착’으로 셉니다.`, days: (done: string, due: string) => `${due}일 가운데 ${done}일`, none: "이 기간에 끝난 사건이 없습니다.", noneHint: "기간을 넓혀 보세요.",
};
const en: typeof ko = {
  title: "Measures", lead: "How the center answers, counted over incidents that have ended. Agencies' requests, exercises and drills stand apart.", csv: "Download CSV", print: "Print", formulae: "Formulae", close: "Close",
  range: "Period", ranges: { "7": "last 7 days", "30": "last 30 days", "90": "last 90 days", half: "this half-year", lastHalf: "last half-year", own: "choose" }, from: "From", to: "To (that day included)", badRange: "“From” must be before “to”, five years at most.", center: "Center", every: "All", by: "Divide", bys: { by_month: "by month", by_type: "by type", by_center: "by center" }, compare: "Compare with the period of the same length before",
  period: (from, to) => `${from} to ${to}`, before: (from, to) => `compared with ${from} to ${to}`,
  few: (n) => `Counts of 1 to ${n - 1} are shown as “<${n}”, and what was computed from so few is left out, so that nobody can tell which case it was. The privacy officer, auditors and shift leaders see them.`,
  incidents: "Ended incidents", early: "Pre-alerts that never became active", n: "Cases", count: "Of these", median: "Median", p90: "90th percentile", within: "Within 7 minutes", share: "Share", group: "Group", noData: "no data", seconds: "s", percent: "%",
  than: (text) => `before: ${text}`, same: "as before", better: "better", worse: "worse", cases: (n) => `${n} cases`,
  total: "All incidents", agencies: "Agencies' requests", exercises: "Exercises of the center", drills: "Persons' drills", apart: "Agencies' requests, exercises and drills apart", apartLead: "They are not in the numbers above.", measure: "Measure",
  within7: "Arrivals within 7 minutes", arrivals: ["police", "fire and ambulance"], shares: "False, escalated and unanswered shares",
  provisions: "Provisions by half-year", provisionsLead: "For the half-yearly report to the Assembly and the Ministry: lines of the provision log by recipient, kind and legal basis, within the chosen period.", half: "Half-year", recipient: "Recipient", kind: "Kind", basis: "Legal basis", recipients: { center: "the center's staff", guardian: "guardian", agency: "agency", operator: "the center's staff", agent: "agency staff" },
  noProvisions: "Nothing was provided in this period.", refused: "Refused provisions", noRefused: "Nothing was refused in this period.", halfName: (half) => `${half.slice(0, 4)} ${half.endsWith("1") ? "first" : "second"} half`,
  gone: (n) => `${n} incidents whose dispatches are purged count as “other agencies”.`, days: (done, due) => `${done} of ${due} days`, none: "No incident ended in this period.", noneHint: "Widen the period.",
};
export const t = texts(ko, en);
