import { texts } from "../lang";
import { withParticle } from "../particles";

/** Words of the router's administration: its frame, the way in, alarms, centers. */
const ko = {
  title: "안심 라우터 관리", otherLanguage: "English", logout: "로그아웃", menu: "메뉴", menuLabel: "라우터 관리 메뉴", skip: "본문으로 바로 가기", home: "한눈에 보기",
  loading: "불러오는 중…", unreachable: "라우터에 닿지 않습니다. 저절로 다시 시도합니다.",
  noSectionTitle: "그런 화면이 없습니다", noSection: "주소를 잘못 적었거나 없어진 화면입니다. 왼쪽 메뉴에서 고르세요.", toHome: "한눈에 보기로",
  endedTitle: "접속이 끝났습니다", ended: "오래 쓰지 않았거나 토큰이 더는 유효하지 않습니다. 다시 들어오면 이 화면으로 돌아옵니다.", again: "다시 들어오기",
  groups: { operation: "운영", borders: "관할 경계", partners: "연계", records: "기록" },
  attribution: "행정경계: 국토지리정보원(NGII), 기준일 2023-09-15",
  signIn: {
    title: "안심 라우터 관리", lead: "전국 위치 라우터를 관리하는 화면입니다. 관리자 토큰을 한 번 넣으면 12시간 동안 이 브라우저에서 쓸 수 있고, 토큰 자체는 어디에도 남지 않습니다.",
    token: "관리자 토큰", send: "들어가기", where: "토큰은 라우터 서버의 ADMIN_TOKENS 파일에 등록된 것이거나, 조직의 통합 로그인(OIDC)에서 받은 것입니다.", wall: "벽에 띄우는 경보 화면", record: "들어온 것과 바꾼 것은 모두 이름과 함께 기록됩니다.",
  },
  endsSoon: (at: string) => `이 접속은 ${at}에 끝납니다. 그 전에 하던 일을 마치세요.`,
  alarms: {
    title: "경보", lead: "어느 센터도 받지 못한 신고, 응답하지 않는 112 상황실, 멈춘 데이터베이스와 버스를 2초마다 확인합니다.", wall: "벽 화면 열기",
    ok: "이상 없음", okText: "모든 신고를 센터가 받았습니다.", unknown: "상태를 알 수 없음", unknownText: "라우터가 응답하지 않습니다. 신고가 처리되는지 지금 확인할 수 없습니다.", asking: "확인하는 중…", bad: "확인이 필요합니다",
    postgis: "데이터베이스(PostGIS)에 연결할 수 없습니다", bus: "버스에 연결할 수 없습니다", swept: "작동 중인 작업자(worker)가 없습니다",
    undelivered: (n: number) => `센터가 받지 못한 신고 ${n}건`, desk: (n: number) => `112 상황실이 응답하지 않은 호출 ${n}건`, asked: (at: string) => `마지막 확인 ${at}`,
    soundOn: "소리 켜기", soundOff: "소리 끄기", soundHelp: "이상이 있는 동안 소리가 되풀이됩니다.", soundBlocked: "브라우저가 소리를 막고 있습니다. 화면을 한 번 누르세요.",
    now: "지금", nowEmpty: "지금은 경보가 없습니다.", history: "지난 경보", historyEmpty: "지난 30일 동안 경보가 없었습니다.", see: "경보 보기",
    head: { kind: "종류", alert: "신고 (끝자리)", center: "센터", age: "경과", step: "단계", raised: "울린 때", cleared: "풀린 때", lasted: "지속" }, still: "아직",
    kinds: { undelivered: "받지 못한 신고", desk_112_silent: "112 무응답" } as Record<string, string>,
    steps: {
      "": "보내는 중", bus_silent: "버스 무응답", https_tried: "HTTPS 무응답", delivered: "이전 센터 수신", passed_on: "다음 센터로 넘김", runner_up_told: "차순위 센터에 알림",
      desk_112_called: "112 호출", desk_112_answered: "112 응답", alarmed: "경보",
    } as Record<string, string>,
    seconds: (s: number) => (s < 60 ? `${s}초` : s < 3600 ? `${Math.floor(s / 60)}분 ${s % 60}초` : `${Math.floor(s / 3600)}시간 ${Math.floor((s % 3600) / 60)}분`),
  },
  centers: {
    title: "센터", lead: (n: number, version: string) => `전국 ${n}개 관제센터입니다. 경계 버전 ${version}`, map: "센터 지도", mapHelp: "센터를 누르면 그 센터의 화면이 열립니다. 지도에 있는 것은 모두 아래 표에도 있습니다.",
    head: { name: "센터", code: "코드", state: "상태", desk: "담당 상황실", seen: "마지막 신호", operators: "근무자", waiting: "대기", troubles: "장애" },
    state: { online: "정상", degraded: "장애 있음", draining: "신규 중지", closed: "근무시간 외", offline: "응답 없음", none: "담당 없음" } as Record<string, string>,
    allStates: "모든 상태", noDesk: "없음", ago: (text: string) => `${text} 전`, never: "없음", empty: "센터가 없습니다. 경계 자료를 먼저 만드세요.", ready: "지도를 불러왔습니다", noMap: "배경 지도가 없습니다. 라우터에서 make setup을 실행하세요.",
    code: "코드", callback: "회신 번호", operators: (n: number) => `${n}명`, waiting: (n: number) => `${n}건`, hours: "근무시간", always: "항상", capabilities: "할 수 있는 일", asDesk: "상황실이 알리는 대로", unknownCan: "알리지 않음",
    days: { mon: "월", tue: "화", wed: "수", thu: "목", fri: "금", sat: "토", sun: "일" } as Record<string, string>,
    facts: "센터", desk: "담당 상황실", deskNone: "이 센터를 맡은 상황실이 없습니다. 신고는 가장 가까운 다른 센터로 갑니다.", installation: "설치 이름", address: "주소", serves: "맡은 센터", servesN: (n: number) => `${n}곳`, policies: "지금 시행 중인 정책", noPolicies: "시행 중인 정책이 없습니다.",
    drain: "신규 신고 중지", undrain: "다시 받기", drainTitle: (name: string) => `${name}의 신규 신고를 중지할까요?`, undrainTitle: (name: string) => `${withParticle(name, "이/가")} 다시 신고를 받게 할까요?`,
    drainText: "지금부터 이 관할의 새 신고는 받을 수 있는 가장 가까운 다른 센터로 갑니다. 이미 맡은 사건은 그대로 둡니다. 다른 센터도 받을 수 없으면 이 센터로 옵니다.", undrainText: "지금부터 이 관할의 새 신고가 다시 이 센터로 옵니다.",
    drained: (name: string) => `${name}: 신규 신고를 중지했습니다.`, undrained: (name: string) => `${name}: 다시 신고를 받습니다.`,
    callbackTitle: "회신 번호", callbackHelp: "신고한 사람에게 알려 주는 이 센터의 전화번호입니다.", save: "번호 바꾸기", saved: "회신 번호를 바꿨습니다.", why: "사유", changes: "이 센터의 변경 기록",
  },
};
const en: typeof ko = {
  title: "Ansim router administration", otherLanguage: "한국어", logout: "Log out", menu: "Menu", menuLabel: "Router administration menu", skip: "Skip to the content", home: "Overview",
  loading: "Loading…", unreachable: "The router can't be reached. Trying again.",
  noSectionTitle: "There is no such page", noSection: "The address is mistyped, or the page is gone. Choose one from the menu.", toHome: "To the overview",
  endedTitle: "Your session has ended", ended: "It was not used for long, or its token counts no more. Come in again and you are back on this page.", again: "Come in again",
  groups: { operation: "Operation", borders: "Jurisdictions", partners: "Partners", records: "Records" },
  attribution: "Boundaries: NGII (Korea), as of 2023-09-15",
  signIn: {
    title: "Ansim router administration", lead: "The pages that administer the national location router. Enter an administrator's token once; this browser then stays signed in for 12 hours, and the token itself is kept nowhere.",
    token: "Administrator's token", send: "Come in", where: "The token stands in the file ADMIN_TOKENS on the router's server, or comes from your organisation's login (OIDC).", wall: "Alarm page for a wall", record: "Coming in and every change are recorded with your name.",
  },
  endsSoon: (at) => `This session ends at ${at}. Finish what you are doing before that.`,
  alarms: {
    title: "Alarms", lead: "Alerts that no center has received, 112 desks that do not answer, a database or bus that is away: looked at every two seconds.", wall: "Open the wall page",
    ok: "All is well", okText: "A center holds every alert.", unknown: "Nothing is known", unknownText: "The router does not answer. Whether alerts are handled can't be told right now.", asking: "Asking…", bad: "Needs attention",
    postgis: "The database (PostGIS) is away", bus: "The bus is away", swept: "No worker is running",
    undelivered: (n) => `${n} alert(s) that no center has received`, desk: (n) => `${n} call(s) that the 112 desk has not answered`, asked: (at) => `last asked ${at}`,
    soundOn: "Sound on", soundOff: "Sound off", soundHelp: "The sound repeats for as long as something is wrong.", soundBlocked: "The browser blocks the sound. Press anywhere on the page.",
    now: "Now", nowEmpty: "There is no alarm now.", history: "Earlier alarms", historyEmpty: "There was no alarm in the last 30 days.", see: "See the alarms",
    head: { kind: "Kind", alert: "Alert (end of its id)", center: "Center", age: "Age", step: "Step", raised: "Raised", cleared: "Cleared", lasted: "Lasted" }, still: "not yet",
    kinds: { undelivered: "alert not received", desk_112_silent: "112 silent" },
    steps: {
      "": "being sent", bus_silent: "bus silent", https_tried: "HTTPS silent", delivered: "an earlier center has it", passed_on: "passed on", runner_up_told: "runner-up told",
      desk_112_called: "112 called", desk_112_answered: "112 answered", alarmed: "alarm",
    },
    seconds: (s) => (s < 60 ? `${s} s` : s < 3600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`),
  },
  centers: {
    title: "Centers", lead: (n, version) => `The ${n} control centers of the country. Boundary version ${version}`, map: "Map of centers", mapHelp: "Press a center to open its page. Everything on the map also stands in the table below.",
    head: { name: "Center", code: "Code", state: "State", desk: "Desk", seen: "Last heard", operators: "Operators", waiting: "Waiting", troubles: "Troubles" },
    state: { online: "online", degraded: "degraded", draining: "draining", closed: "outside its hours", offline: "silent", none: "no desk" },
    allStates: "All states", noDesk: "none", ago: (text) => `${text} ago`, never: "never", empty: "There are no centers: make the boundary data first.", ready: "The map is loaded", noMap: "There is no background map: run make setup on the router.",
    code: "Code", callback: "Callback number", operators: (n) => String(n), waiting: (n) => String(n), hours: "Staffed hours", always: "always", capabilities: "Can do", asDesk: "as its desk says", unknownCan: "not said",
    days: { mon: "Mon", tue: "Tue", wed: "Wed", thu: "Thu", fri: "Fri", sat: "Sat", sun: "Sun" },
    facts: "Center", desk: "Desk", deskNone: "No desk answers for this center. Its alerts go to the nearest other center.", installation: "Installation", address: "Address", serves: "Answers for", servesN: (n) => (n === 1 ? "1 center" : `${n} centers`), policies: "Policies in force", noPolicies: "No policy is in force.",
    drain: "Stop new alerts", undrain: "Take alerts again", drainTitle: (name) => `Stop new alerts for ${name}?`, undrainTitle: (name) => `Let ${name} take alerts again?`,
    drainText: "From now on, new alerts of this jurisdiction go to the nearest other center that can take them. Incidents it has stay where they are. If no other center can take an alert, it comes here all the same.", undrainText: "From now on, new alerts of this jurisdiction come to this center again.",
    drained: (name) => `${name}: new alerts are stopped.`, undrained: (name) => `${name}: takes alerts again.`,
    callbackTitle: "Callback number", callbackHelp: "This center's telephone number, as people who raise an alert are told.", save: "Change the number", saved: "The callback number is changed.", why: "Reason", changes: "Changes of this center on record",
  },
};
export const t = texts(ko, en);
export type Group = keyof typeof ko.groups;
