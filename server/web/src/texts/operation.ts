import { texts } from "../lang";

/** Words of operation, unreadable messages, functions on and off, and traffic. */
const ko = {
  title: "운영 상태", lead: "이 설치가 제대로 돌아가는지 보여 줍니다. 사람이나 사건의 내용은 없습니다.", well: "이상이 없습니다.", unwell: "살펴볼 것이 있습니다. 아래에서 빨간 항목을 확인하세요.", asOf: (at: string) => `${at} 기준`, refresh: "새로 고침",
  groups: { incidents: "사건", discrepancies: "어긋난 기록", queues: "밀린 일", sign_in: "로그인 (최근 하루)", retention: "보존" },
  names: {
    open: "열린 사건", unanswered: "아무도 받지 않은 신고", escalations_missed: "제때 알리지 못한 미접수", activations_missed: "제때 확정되지 않은 사전 신고", dispatches_overdue: "답이 없는 출동 요청",
    releases_left_open: "사건이 끝났는데 열려 있는 열람", payloads_missing: "내용이 사라진 기록", outbox: "보내지 못한 메시지", outbox_oldest_s: "가장 오래 기다린 메시지(초)", quarantine: "읽지 못한 메시지", jobs_waiting: "기다리는 작업", jobs_failed: "실패한 작업",
    failed_sign_ins: "틀린 로그인 시도", failed_logins: "틀린 아이디 수", held_logins: "지금 잠긴 로그인", sessions: "지금 열린 접속", overdue_days: "삭제가 밀린 날",
  } as Record<string, string>,
  helps: {
    escalations_missed: "작업자(worker)가 멈췄거나 데이터베이스가 느립니다.", activations_missed: "작업자(worker)가 멈췄거나 데이터베이스가 느립니다.", dispatches_overdue: "기관에 전화로 확인하세요.", releases_left_open: "서버 로그를 확인하고 설치 운영자에게 알리세요.",
    payloads_missing: "설치 운영자가 ansim verify-log를 실행해야 합니다.", outbox: "버스나 라우터와의 연결을 확인하세요.", jobs_failed: "설치 운영자가 ansim doctor로 이유를 봅니다.", quarantine: "읽지 못한 메시지 화면에서 확인하세요.", overdue_days: "삭제 작업이 돌고 있는지 확인하세요.",
  } as Record<string, string>,
  checkpoints: "기록 봉인", checkpointsLead: "기록을 나중에 몰래 고칠 수 없게 한 시간마다 서명해 봉인합니다.", checkpointHead: { center: "관제센터", at: "마지막 봉인", lines: "그 뒤의 기록" }, never: "아직 없음", installation: "설치 전체", toQuarantine: "읽지 못한 메시지 보기", none: "0",
  quarantine: {
    title: "읽지 못한 메시지", lead: "프로그램이 이해하지 못해 따로 둔 메시지입니다. 그 안에 구조 요청이 있을 수 있으니 사람이 확인해야 합니다.", empty: "읽지 못한 메시지가 없습니다.", head: { at: "받은 때", source: "어디서", reason: "왜 읽지 못했나", body: "구조", act: "할 일" },
    read: "전체 읽기", readTitle: "메시지 전체를 읽습니다", readHappens: "이름, 번호, 위치가 그대로 보일 수 있습니다. 읽은 사람과 사유가 기록에 남습니다. 구조 요청이면 관제 화면에서 바로 사건을 여세요.", bodyTitle: "메시지 전체", close: "닫기", mayNot: "전체 내용은 신원을 볼 수 있는 역할만 읽을 수 있습니다. 조장에게 알리세요.",
  },
  features: {
    title: "기능 켜고 끄기", lead: "센터마다 기능을 끄거나 훈련에서만 쓰게 하거나 켭니다. 신고를 받고 답하고 출동을 요청하고 끝내는 일은 끌 수 없습니다.", head: { name: "기능", now: "지금" }, states: { off: "사용 안 함", pilot: "훈련에서만", on: "사용" }, mixed: (list: string) => list, sum: (n: number, state: string) => `${state} ${n}곳`,
    change: "바꾸기", changeTitle: (name: string) => `${name} 바꾸기`, center: "관제센터", everywhere: "모든 관제센터", state: "상태", from: "언제부터 (한국 시각)", fromHelp: "비워 두면 지금부터입니다.", until: "언제까지 (한국 시각)", untilHelp: "비워 두면 다시 바꿀 때까지입니다.", note: "메모", noteHelp: "왜 바꾸는지 기록에 남깁니다.", save: "저장", saved: "바꾸었습니다.",
    happensOff: "그 시각부터 이 기능의 버튼은 거절됩니다. 하던 일은 그대로 둡니다.", history: "정해 둔 것", historyHead: { center: "관제센터", state: "상태", from: "부터", until: "까지", at: "정한 때" }, open: "계속", byDefault: "정해 둔 것이 없습니다. 기본값을 따릅니다.",
  },
  traffic: {
    title: "교통 정보", lead: "도움이 가고 있는 구역입니다. 500 m 칸으로만 보이고, 누구에게 무슨 일이 있는지는 보이지 않습니다.", empty: "지금 도움이 가고 있는 구역이 없습니다.", head: { kind: "종류", center: "관제센터", area: "구역 (가운데, 한 변)", units: "출동", notes: "교통 정보", act: "할 일" },
    area: (lat: string, lon: string, side: number) => `위도 ${lat}, 경도 ${lon} · ${side} m`, noArea: "위치 모름", eta: (at: string) => `${at} 도착 예정`, states: { accepted: "접수", en_route: "출동 중", on_scene: "현장 도착" } as Record<string, string>,
    add: "정보 남기기", addTitle: "교통 정보를 남깁니다", addHappens: "관제 요원과 현장 대원의 화면에 바로 보입니다.", text: "내용", textHelp: "예: 만안로 안양역 방향 공사로 1차로만 통행", blocked: "길이 막혀 지나갈 수 없음", blockedMark: "통행 불가", added: "교통 정보를 남겼습니다.", live: "1분마다 새로 불러옵니다.",
  },
};
const en: typeof ko = {
  title: "Operation", lead: "Whether this installation fares well. Nothing about a person or an incident.", well: "All is well.", unwell: "Something needs a look: see what is red below.", asOf: (at) => `as of ${at}`, refresh: "Refresh",
  groups: { incidents: "Incidents", discrepancies: "Records that disagree", queues: "What waits", sign_in: "Signing in (last day)", retention: "Retention" },
  names: {
    open: "Open incidents", unanswered: "Alerts nobody has taken", escalations_missed: "Escalations missed", activations_missed: "Pre-alerts not confirmed in time", dispatches_overdue: "Dispatches without an answer",
    releases_left_open: "Looks still open after the incident", payloads_missing: "Log lines without content", outbox: "Messages not sent", outbox_oldest_s: "Oldest of them waits (seconds)", quarantine: "Messages nobody could read", jobs_waiting: "Jobs waiting", jobs_failed: "Jobs failed",
    failed_sign_ins: "Wrong sign-ins", failed_logins: "Logins with wrong answers", held_logins: "Logins held now", sessions: "Sessions open now", overdue_days: "Days deletion is behind",
  },
  helps: {
    escalations_missed: "The worker has stopped, or the database is slow.", activations_missed: "The worker has stopped, or the database is slow.", dispatches_overdue: "Ask the agency by telephone.", releases_left_open: "Look at the server's log and tell who runs the installation.",
    payloads_missing: "Who runs the installation should run ansim verify-log.", outbox: "Look at the connection to the bus and the router.", jobs_failed: "Who runs the installation sees why with ansim doctor.", quarantine: "See the page of unreadable messages.", overdue_days: "See whether the purge runs.",
  },
  checkpoints: "Seals of the log", checkpointsLead: "Signed every hour, so that nobody can change the log unseen.", checkpointHead: { center: "Center", at: "Last seal", lines: "Lines since" }, never: "never", installation: "the installation", toQuarantine: "See unreadable messages", none: "0",
  quarantine: {
    title: "Unreadable messages", lead: "Messages that no program understood. Behind one may be a cry for help, so a person has to look.", empty: "There is no unreadable message.", head: { at: "Received", source: "From", reason: "Why", body: "Structure", act: "To do" },
    read: "Read in full", readTitle: "Read the whole message", readHappens: "Names, numbers and places may show. Who reads it, and why, is kept on record. If it is a cry for help, open an incident in the console at once.", bodyTitle: "The whole message", close: "Close", mayNot: "Only roles that may see names can read it in full: tell the shift leader.",
  },
  features: {
    title: "Functions on and off", lead: "For each center: off, in drills only, or on. Taking an alert, answering it, dispatching and closing can't be switched off.", head: { name: "Function", now: "Now" }, states: { off: "off", pilot: "drills only", on: "on" }, mixed: (list) => list, sum: (n, state) => `${state}: ${n}`,
    change: "Change", changeTitle: (name) => `Change: ${name}`, center: "Center", everywhere: "All centers", state: "State", from: "From (Korean time)", fromHelp: "Empty: from now.", until: "Until (Korean time)", untilHelp: "Empty: until it is changed again.", note: "Note", noteHelp: "Why; it is kept on record.", save: "Save", saved: "Changed.",
    happensOff: "From then on its buttons are refused. What is under way goes on.", history: "What has been set", historyHead: { center: "Center", state: "State", from: "From", until: "Until", at: "Set at" }, open: "open", byDefault: "Nothing has been set: the default holds.",
  },
  traffic: {
    title: "Traffic", lead: "Areas that help is on its way to: squares of 500 m, and nothing about who is in need of what.", empty: "No help is on its way anywhere.", head: { kind: "Kind", center: "Center", area: "Area (middle, side)", units: "Help", notes: "Traffic notes", act: "To do" },
    area: (lat, lon, side) => `lat ${lat}, lon ${lon} · ${side} m`, noArea: "place unknown", eta: (at) => `arrives ${at}`, states: { accepted: "accepted", en_route: "on the way", on_scene: "on scene" },
    add: "Add a note", addTitle: "Add a traffic note", addHappens: "Operators and officers in the field see it at once.", text: "Note", textHelp: "Such as: Manan-ro towards the station, one lane because of works", blocked: "The road is blocked", blockedMark: "blocked", added: "The note is added.", live: "Loaded again every minute.",
  },
};
export const t = texts(ko, en);
