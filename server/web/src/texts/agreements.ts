import { texts } from "../lang";
import { withParticle } from "../particles";

/** Words of agreements, agencies and centers. */
const ko = {
  title: "협약", lead: "어느 기관에 무엇을, 언제까지 보여 줄지 정한 약속입니다. 여기 적히지 않은 것은 허용되지 않습니다.", create: "새 협약", empty: "등록된 협약이 없습니다.", emptyHint: "협약이 없으면 112와 119에도 출동을 요청할 수 없습니다. 먼저 협약을 등록하세요.",
  head: { agency: "기관", center: "관제센터", state: "상태", starts: "시작", ends: "종료", triggers: "사유" },
  state: { in_force: "효력 있음", soon: "곧 끝남", suspended: "정지됨", not_begun: "시작 전", over: "끝남" }, noEnd: "정하지 않음", allStates: "모든 상태", allAgencies: "모든 기관",
  what: { may_view_live: "실시간 영상", may_view_recorded: "녹화 영상", may_view_still: "정지 영상", may_see_position: "위치", may_see_identity: "이름·번호", may_see_health: "의료 정보", may_store: "보관" },
  whatTitle: "허용하는 것", can: "허용", cannot: "허용 안 함",
  triggers: {
    dispatch: "출동 요청 (112·119)", help_request: "보안업체 도움 요청", anklet_tamper: "전자장치 훼손", anklet_curfew: "외출 제한 위반", anklet_zone: "출입 금지 구역", anklet_approach: "피해자 접근",
    wanted_vehicle: "수배 차량", missing_child: "실종 아동", missing_dementia: "치매 실종", disaster: "재난",
  } as Record<string, string>,
  asOf: "기준 시각", asOfLead: (at: string) => `${at}에 등록되어 있던 그대로입니다. 여기서는 고칠 수 없습니다.`, now: "지금으로",
  fields: {
    party: "누구와 맺는가", partyHelp: "상황실을 고르면 그 상황실이 맡은 모든 관제센터에 하나씩 만들어집니다.", deskOption: (desk: string, n: number) => `상황실 ${desk}의 모든 관제센터 (${n}곳)`, agency: "기관",
    triggers: "사유", triggersHelp: "이 기관이 나서는 경우입니다.", bases: "법적 근거", switches: "보여 주는 것", switchesHelp: "고르지 않은 것은 보여 주지 않습니다.", store: "받은 것을 기관이 보관할 수 있음", days: "보관 일수",
    third: "제3자 제공에 해당함", thirdHelp: "제공 기록에 제3자 제공으로 남습니다.", document: "협약 문서", documentHelp: "서명한 문서가 있는 곳. 예: 안양시 협약 2026-014", notice: "종료 통보 기간(일)", starts: "시작 (한국 시각)", ends: "종료 (한국 시각)", endsHelp: "비워 두면 끝낼 때까지 이어집니다. 적은 그 순간에 끝납니다.",
    firms: "소속 업체 포함", firmsHelp: "협회처럼 여러 업체를 둔 단체와 맺을 때 켭니다. 소속 업체가 이 협약 안에서 요청하고, 협약이 멈추면 모두 함께 멈춥니다.", lent: "빌려주는 카메라의 대역", lentHelp: "이 기관이 요청에 자기 카메라를 붙일 수 있는 네트워크. 예: 203.0.113.0/24. 비우면 붙일 수 없습니다.",
    quiet: "아니라고 한 번호판을 다시 묻지 않는 시간(초)", quietHelp: "수배 차량 협약에만 쓰입니다. 그 카메라에서 그동안 묻지 않습니다. 비우면 이 서버의 기본값, 0은 바로 다시 묻기. 0~86400",
    requests: "기관이 올리는 요청", requestsHelp: "출동 요청만 받는 기관은 그대로 두세요.", auto: "규칙으로 바로 승인", autoHelp: "고른 사유는 요원의 판단 없이 바로 열립니다. 위의 사유에 있는 것만 됩니다.", verify: "판단 목표(초)", verifyHelp: "이 안에 판단하지 않으면 반장에게 알립니다. 5~3600", longest: "요청이 이어지는 시간(분)", longestHelp: "요원이 늘릴 수 있습니다. 1~1440",
    areas: "요청할 수 있는 구역", areasHelp: "비워 두면 관제센터의 관할 전체입니다. 지도에 그리거나 GeoJSON을 붙여 넣으세요.", everywhere: "관할 전체", pieces: (n: number, corners: number) => `구역 ${n}곳 (꼭짓점 ${corners}개)`, drawArea: "지도에 구역 그리기", clearAreas: "구역 지우기", badGeo: "GeoJSON Polygon이나 MultiPolygon을 붙여 넣으세요.", areaMap: "협약 구역 지도", drawHint: "모서리를 차례로 누르고, 마지막은 두 번 누르세요. 여러 곳을 그릴 수 있습니다.",
  },
  newTitle: "새 협약", newLead: "저장하면 시작 시각부터 바로 효력이 생깁니다.", make: "협약 맺기", made: (n: number) => `협약 ${n}건을 맺었습니다.`, overlapLink: "겹치는 협약 보기",
  detail: { terms: "조건", history: "바뀐 기록", parties: "당사자", changed: "마지막 변경", version: (n: number) => `${n}판`, document: "문서", notice: (days: number) => `${days}일 전 통보`, storage: (days: number) => `${days}일`, noStorage: "보관하지 않음", third: "제3자 제공", notThird: "제3자 제공 아님", suspendedBecause: "정지 사유", endedBecause: "종료 사유" },
  edit: { title: "조건 바꾸기", save: "조건 저장", saved: "조건을 바꾸었습니다. 바로 효력이 있습니다.", nothing: "바뀐 것이 없습니다.", lead: "저장하는 순간부터 새 조건이 적용됩니다. 지난 조건은 아래 기록에 남습니다." },
  conflict: { title: "그 사이 다른 사람이 조건을 바꾸었습니다", theirs: "다른 사람이 바꾼 것", mine: "내가 바꾸려던 것 (저장되지 않았습니다)", lead: "새 조건을 불러왔습니다. 확인하고 필요하면 다시 바꾸세요.", ok: "확인했습니다" },
  suspend: { action: "정지", title: "협약을 정지합니다", happens: "1초 안에 이 기관이 보던 영상이 꺼지고, 위치와 신고자 정보가 사라지며, 새 요청을 보낼 수 없습니다.", undo: "정지는 언제든 풀 수 있지만, 끊긴 열람은 기관이 다시 요청해야 합니다.", done: "협약을 정지했습니다." },
  resume: { action: "정지 풀기", title: "정지를 풉니다", happens: "이 기관이 협약대로 다시 요청하고 볼 수 있습니다.", done: "정지를 풀었습니다." },
  end: {
    action: "종료", title: "협약을 끝냅니다", happens: "끝나는 순간 영상이 꺼지고 새 요청을 보낼 수 없습니다. 끝난 협약은 되살릴 수 없고 새로 맺어야 합니다.", notice: (days: number, at: string) => `통보 기간은 ${days}일입니다. 가장 이른 종료는 ${at}입니다.`, at: "종료 시각 (한국 시각)", atHelp: "비워 두면 통보 기간이 허락하는 가장 이른 때에 끝납니다.", atOnce: "통보 기간 없이 지금 바로 끝내기", done: (at: string) => `협약이 ${at}에 끝납니다.`,
  },
  history: { by: "바꾼 사람", installation: "설치 프로그램", first: "처음 맺음", none: "조건은 그대로", from: (from: string, to: string) => `${from} → ${to}`, added: (list: string) => `더함: ${list}`, removed: (list: string) => `뺌: ${list}`, on: "허용", off: "허용 안 함", suspended: "정지", resumed: "정지 풂", reason: (text: string) => `사유: ${text}` },
  agencies: {
    title: "기관", lead: "안심과 이어진 기관입니다. 협약이 없는 기관은 아무것도 할 수 없습니다.", create: "새 기관", empty: "등록된 기관이 없습니다.", head: { name: "이름", id: "식별자", kind: "종류", inForce: "효력 있는 협약", people: "담당자" },
    kinds: { "112": "112 경찰", "119": "119 소방", security: "민간 보안", association: "보안업체 협회", anklet: "전자감독", wanted: "수배 차량", telco: "통신사", disaster: "재난 상황실" } as Record<string, string>,
    newTitle: "새 기관", id: "식별자", idHelp: "영문 소문자, 숫자, 하이픈 2~40자. 나중에 바꿀 수 없습니다.", kind: "종류", nameKo: "이름 (한국어)", nameEn: "이름 (영어)", make: "기관 등록", made: (name: string) => `${withParticle(name, "을/를")} 등록했습니다. 협약을 맺어야 일할 수 있습니다.`, idBad: "영문 소문자와 숫자, 하이픈으로 2~40자 적어 주세요.",
    agreements: "이 기관의 협약", people: "이 기관의 담당자", noPeople: "담당자 계정이 없습니다.", toAccounts: "계정에서 만들기",
  },
  centers: {
    title: "관제센터", lead: "이 설치가 맡은 관제센터입니다. 이름과 경계는 국가 라우터의 등록을 따릅니다.", head: { name: "관제센터", code: "행정 코드", desk: "상황실", callback: "회신 번호", open: "열린 사건", cameras: "카메라", agencies: "출동 기관" }, none: "없음", empty: "이 계정이 맡은 관제센터가 없습니다.", noAgency: "출동 기관 없음",
    desks: "상황실", deskHead: { desk: "상황실", staff: "요원", shift: "근무 중", signed: "로그인" }, nobody: "근무자 없음", people: (n: number) => `${n}명`,
  },
};
const en: typeof ko = {
  title: "Agreements", lead: "What each agency may be shown, and until when. What is not written here is not allowed.", create: "New agreement", empty: "No agreement is registered.", emptyHint: "Without one, not even 112 and 119 can be asked for help. Register an agreement first.",
  head: { agency: "Agency", center: "Center", state: "State", starts: "Starts", ends: "Ends", triggers: "Occasions" },
  state: { in_force: "in force", soon: "ends soon", suspended: "suspended", not_begun: "not begun", over: "over" }, noEnd: "open", allStates: "All states", allAgencies: "All agencies",
  what: { may_view_live: "Live", may_view_recorded: "Recorded", may_view_still: "Stills", may_see_position: "Place", may_see_identity: "Name", may_see_health: "Medical", may_store: "Keep" },
  whatTitle: "What it allows", can: "allowed", cannot: "not allowed",
  triggers: {
    dispatch: "Dispatch (112, 119)", help_request: "Security firm's call for help", anklet_tamper: "Anklet tampered with", anklet_curfew: "Curfew broken", anklet_zone: "Forbidden zone", anklet_approach: "Approaching a victim",
    wanted_vehicle: "Wanted vehicle", missing_child: "Missing child", missing_dementia: "Missing, dementia", disaster: "Disaster",
  },
  asOf: "As of", asOfLead: (at) => `As it stood in the registry at ${at}. Nothing can be changed here.`, now: "Back to now",
  fields: {
    party: "With whom", partyHelp: "With a desk, each of its centers gets an agreement of its own.", deskOption: (desk, n) => `All centers of desk ${desk} (${n})`, agency: "Agency",
    triggers: "Occasions", triggersHelp: "When this agency comes in.", bases: "Legal bases", switches: "What it is shown", switchesHelp: "What is not chosen is not shown.", store: "The agency may keep what it was given", days: "Days it may keep it",
    third: "Counts as provision to a third party", thirdHelp: "The release log says so.", document: "Document", documentHelp: "Where the signed paper is, such as Anyang 2026-014", notice: "Notice to end it (days)", starts: "Starts (Korean time)", ends: "Ends (Korean time)", endsHelp: "Empty: until somebody ends it. At that very moment it is over.",
    firms: "Covers the agency's firms", firmsHelp: "For an association with members: its firms ask within these terms, and stop with them.", lent: "Networks of cameras it may lend", lentHelp: "Where cameras may stand that the agency attaches to its requests, such as 203.0.113.0/24. Empty: none.",
    quiet: "A plate that was wrong rests (s)", quietHelp: "Only for wanted vehicles: so long it is not asked again at that camera. Empty: this server's default; 0: asked again at once. 0–86400",
    requests: "Requests that the agency raises", requestsHelp: "Leave as it is for agencies that are only dispatched.", auto: "Accepted by rule at once", autoHelp: "Opened without an operator's decision. Only occasions chosen above.", verify: "Target for the decision (s)", verifyHelp: "Later, the shift leader is called. 5–3600", longest: "A request lasts (min)", longestHelp: "An operator can extend it. 1–1440",
    areas: "Where it may ask", areasHelp: "Empty: the center's whole area. Draw on the map or paste GeoJSON.", everywhere: "whole area", pieces: (n, corners) => `${n} area${n === 1 ? "" : "s"} (${corners} corners)`, drawArea: "Draw on the map", clearAreas: "Clear the areas", badGeo: "Paste a GeoJSON Polygon or MultiPolygon.", areaMap: "Map of the agreed area", drawHint: "Press the corners in turn, the last one twice. Several areas are possible.",
  },
  newTitle: "New agreement", newLead: "It holds from its start.", make: "Conclude agreement", made: (n) => `Agreements concluded: ${n}.`, overlapLink: "See the agreement that overlaps",
  detail: { terms: "Terms", history: "History", parties: "Parties", changed: "Last change", version: (n) => `version ${n}`, document: "Document", notice: (days) => `${days} days' notice`, storage: (days) => `${days} days`, noStorage: "may not be kept", third: "provision to a third party", notThird: "no provision to a third party", suspendedBecause: "Suspended because", endedBecause: "Ended because" },
  edit: { title: "Change the terms", save: "Save terms", saved: "The terms are changed and hold at once.", nothing: "Nothing has changed.", lead: "New terms hold from the moment you save. What stood before stays in the history below." },
  conflict: { title: "Somebody changed the terms meanwhile", theirs: "What was changed", mine: "What you wanted to change (not saved)", lead: "The new terms are loaded. Look at them, and change them again where needed.", ok: "I have seen it" },
  suspend: { action: "Suspend", title: "Suspend the agreement", happens: "Within a second the agency's pictures go dark, places and callers vanish from its desk, and it can send no request.", undo: "A suspension can be lifted at any time; what it ended has to be asked for anew.", done: "The agreement is suspended." },
  resume: { action: "Lift suspension", title: "Lift the suspension", happens: "The agency may ask and look again, as the terms say.", done: "The suspension is lifted." },
  end: {
    action: "End", title: "End the agreement", happens: "At its end pictures go dark and no request is taken. It can't be revived; a new one would have to be concluded.", notice: (days, at) => `The notice is ${days} days. The earliest end is ${at}.`, at: "End (Korean time)", atHelp: "Empty: as soon as the notice allows.", atOnce: "End it now, without notice", done: (at) => `The agreement ends at ${at}.`,
  },
  history: { by: "By", installation: "the installation", first: "concluded", none: "terms as before", from: (from, to) => `${from} → ${to}`, added: (list) => `added: ${list}`, removed: (list) => `removed: ${list}`, on: "allowed", off: "not allowed", suspended: "suspended", resumed: "suspension lifted", reason: (text) => `because: ${text}` },
  agencies: {
    title: "Agencies", lead: "Agencies linked with Ansim. Without an agreement an agency can do nothing.", create: "New agency", empty: "No agency is registered.", head: { name: "Name", id: "Id", kind: "Kind", inForce: "Agreements in force", people: "Staff" },
    kinds: { "112": "112 police", "119": "119 fire", security: "Security firm", association: "Association of firms", anklet: "Electronic monitoring", wanted: "Wanted vehicles", telco: "Telco", disaster: "Disaster room" },
    newTitle: "New agency", id: "Id", idHelp: "2 to 40 lower-case letters, digits and hyphens. It can't be changed later.", kind: "Kind", nameKo: "Name (Korean)", nameEn: "Name (English)", make: "Register agency", made: (name) => `${name} is registered. It can work once there is an agreement.`, idBad: "2 to 40 lower-case letters, digits and hyphens.",
    agreements: "Its agreements", people: "Its staff", noPeople: "It has no account.", toAccounts: "Create one under Accounts",
  },
  centers: {
    title: "Centers", lead: "The centers this installation answers for. Names and boundaries are those of the national router.", head: { name: "Center", code: "Code", desk: "Desk", callback: "Callback number", open: "Open incidents", cameras: "Cameras", agencies: "Can dispatch" }, none: "none", empty: "This account has no center.", noAgency: "none to dispatch",
    desks: "Desks", deskHead: { desk: "Desk", staff: "Staff", shift: "On shift", signed: "Signed in" }, nobody: "nobody on shift", people: (n) => String(n),
  },
};
export const t = texts(ko, en);
export type Switch = keyof typeof ko.what;
export const SWITCHES = Object.keys(ko.what) as Switch[];
