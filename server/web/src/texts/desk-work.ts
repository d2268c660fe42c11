import { texts } from "../lang";

/** Incidents that are opened by hand, looked for again, and overseen. */
const ko = {
  seen: {
    button: "사건 열기", title: "관제 발견 — 사건 열기", lead: "화면에서 본 상황을 신고 없이 사건으로 엽니다. 담당은 내가 됩니다.",
    exerciseTitle: "훈련 시작", exerciseLead: "모든 자리에서 소리가 나고 훈련 띠가 붙습니다. 실제로 출동하지 않고 영상도 열리지 않습니다.", exerciseButton: "훈련 시작",
    type: "유형", where: "어디에서", byCamera: "CCTV로 고르기", byPoint: "지도 위치로 고르기", camera: "CCTV 이름", cameraHint: "이름의 일부를 입력하세요", noCamera: "이 근처에 그런 이름의 CCTV가 없습니다.",
    point: "위도, 경도", pointHint: "지도에서 오른쪽 버튼으로 누르면 채워집니다.", badPoint: "위도와 경도를 쉼표로 나누어 적으세요. 예: 37.40150, 126.92270", note: "본 것 (선택)", confirm: "사건 열기", confirmExercise: "훈련 시작",
    other: (center: string) => `이 자리는 ${center} 관할입니다. 그 센터에 알리세요.`,
  },
  search: {
    button: "종료 사건 찾기", title: "종료된 사건 찾기", lead: "찾은 일 자체가 이유와 함께 제공 기록에 남습니다.", reason: "찾는 이유", reasons: ["같은 사람의 앞선 신고 확인", "민원·정보 공개 요청 대응", "보고서 작성"], other: "다른 이유",
    from: "처음 날짜", to: "끝 날짜", type: "유형", disposition: "종료 사유", center: "센터", any: "전체", confirm: "찾기", none: "조건에 맞는 종료 사건이 없습니다. 날짜를 넓혀 보세요.", found: (n: number) => `${n}건`, most: "200건까지 보입니다. 날짜를 좁혀 보세요.",
    columns: { closed: "종료", who: "신고자", type: "유형", disposition: "종료 사유", center: "센터", open: "열기" }, again: "다시 찾기", wait: "찾는 중…",
    readOnly: "종료된 사건을 읽기 전용으로 봅니다.",
  },
  lead: {
    button: "조장 화면", title: "근무와 사건 살피기", operators: "근무자", none: "근무 중인 요원이 없습니다.", name: "이름", since: "근무 시작", incidents: "사건", cameras: "영상", load: "부담", state: "상태",
    over: "기준 초과", away: "로그아웃", here: "근무 중", noShift: "근무 시작 전", unowned: "담당 없는 사건", idle: "움직임 없는 사건", noUnowned: "모든 사건에 담당이 있습니다.", noIdle: "멈춘 사건이 없습니다.", missed: "이번 시간 목표 초과", requests: "늦은 영상 요청",
    waited: (time: string) => `${time} 지남`, takeOver: "인수", reassign: "다시 배정", show: "보기", quarantine: "읽지 못한 메시지", quarantineNone: "읽지 못한 메시지가 없습니다.", readFull: "원문 보기",
    readReason: "원문을 보는 이유", reads: "이유는 기록에 남습니다.", received: "받은 때", source: "온 곳", why: "이유", body: "구조", hide: "가리기", every: "5초마다 새로 고칩니다.",
    sound: "소리", sounds: { running: "켜짐", suspended: "꺼짐", muted: "잠시 끔" } as Record<string, string>, norm: (cameras: number) => `기준: 보통 사건 4건 또는 영상 ${cameras}개`, exercise: "훈련 시작",
    types: "유형", level: (n: number) => `단계 ${n}`,
  },
  glass: {
    button: "비상 열람", title: "다른 센터 사건의 비상 열람", lead: "다른 상황실의 사건을 30분 동안 봅니다. 두 사람이 동의해야 열리고, 뒤에 심사를 받습니다. 이름과 연락처는 열리지 않습니다.", center: "센터", reason: "이유 (20자 이상)", basis: "법적 근거",
    bases: { "pipa-18-2-3": "개인정보 보호법 제18조제2항제3호 (급박한 생명·신체·재산의 이익)", "pipa-18-2-7": "개인정보 보호법 제18조제2항제7호 (범죄 수사)" } as Record<string, string>,
    ask: "열람 요청", list: "비상 열람", none: "요청이 없습니다.", approve: "동의", decline: "거절", end: "끝내기",
    state: { asked: "동의를 기다림", lapsed: "시간이 지남", declined: "거절됨", open: "열림", over: "끝남" } as Record<string, string>, by: (login: string) => `${login} 요청`, until: (at: string) => `${at}까지`, review: "심사 대기", left: (n: number) => `${n}자 더 적으세요`,
  },
  record: {
    filter: "기록 거르기", all: "전체", people: "사람", pictures: "영상·제공", dispatch: "출동", none: "이 갈래의 기록이 없습니다.", release: "제공 내용", audit: "감사 기록에서 보기",
    kind: "종류", viewer: "본 사람", camera: "카메라", basis: "법적 근거", from: "시작", to: "끝", purpose: "이유", address: "자리",
    kinds: { live: "실시간 영상", still: "정지 화면", recorded: "녹화", capture: "본인 사진·소리", position: "위치", walk: "안심귀가 위치", identity: "인적사항", profile: "본인이 적은 정보", search: "검색", export: "내보내기", maintenance: "유지 보수", evidence: "증거" } as Record<string, string>,
  },
};
const en: typeof ko = {
  seen: {
    button: "Open incident", title: "Seen by an operator — open an incident", lead: "Opens an incident from what you saw, without an alert. You are its owner.",
    exerciseTitle: "Start an exercise", exerciseLead: "It sounds at every seat and carries the exercise banner. Nobody is really sent and no pictures open.", exerciseButton: "Start an exercise",
    type: "Type", where: "Where", byCamera: "By camera", byPoint: "By a place on the map", camera: "Camera", cameraHint: "Type a part of its name", noCamera: "No camera of that name near here.",
    point: "Latitude, longitude", pointHint: "A right click on the map fills it in.", badPoint: "Latitude and longitude with a comma between, such as 37.40150, 126.92270", note: "What you saw (optional)", confirm: "Open incident", confirmExercise: "Start exercise",
    other: (center) => `This place belongs to ${center}. Tell that center.`,
  },
  search: {
    button: "Closed incidents", title: "Look for closed incidents", lead: "The search itself goes into the provision record, with its reason.", reason: "Reason", reasons: ["Earlier alerts of the same person", "Request for information", "Report"], other: "Another reason",
    from: "From", to: "To", type: "Type", disposition: "Closed as", center: "Center", any: "any", confirm: "Search", none: "No closed incident fits. Try a wider span of days.", found: (n) => `${n} found`, most: "At most 200 are shown. Try a narrower span of days.",
    columns: { closed: "Closed", who: "Person", type: "Type", disposition: "Closed as", center: "Center", open: "Open" }, again: "Search again", wait: "Searching…",
    readOnly: "A closed incident, to read only.",
  },
  lead: {
    button: "Shift", title: "The shift and its incidents", operators: "Operators", none: "Nobody is on shift.", name: "Name", since: "On shift since", incidents: "Incidents", cameras: "Videos", load: "Load", state: "State",
    over: "over the norm", away: "signed out", here: "on shift", noShift: "no shift begun", unowned: "Nobody has it", idle: "Nothing moves", noUnowned: "Every incident has an owner.", noIdle: "No incident stands still.", missed: "Targets missed this hour", requests: "Video requests late",
    waited: (time) => `for ${time}`, takeOver: "Take over", reassign: "Reassign", show: "Show", quarantine: "Messages that could not be read", quarantineNone: "Every message could be read.", readFull: "Read in full",
    readReason: "Reason for reading it", reads: "The reason goes on record.", received: "Received", source: "From", why: "Why", body: "Structure", hide: "Hide", every: "Refreshed every 5 s.",
    sound: "Sound", sounds: { running: "on", suspended: "off", muted: "muted" }, norm: (cameras) => `Norm: four ordinary incidents or ${cameras} videos`, exercise: "Start an exercise",
    types: "Type", level: (n) => `level ${n}`,
  },
  glass: {
    button: "Break-glass", title: "Break-glass to another center's incident", lead: "Thirty minutes with an incident of another desk. Two people must agree, and it is reviewed afterwards. No names, no numbers.", center: "Center", reason: "Reason (20 letters or more)", basis: "Legal basis",
    bases: { "pipa-18-2-3": "PIPA art. 18(2)3 (pressing interest of life, body or property)", "pipa-18-2-7": "PIPA art. 18(2)7 (criminal investigation)" },
    ask: "Ask", list: "Break-glass", none: "Nothing has been asked.", approve: "Agree", decline: "Decline", end: "End it",
    state: { asked: "waiting for agreement", lapsed: "lapsed", declined: "declined", open: "open", over: "over" }, by: (login) => `asked by ${login}`, until: (at) => `until ${at}`, review: "to be reviewed", left: (n) => `${n} more letters`,
  },
  record: {
    filter: "Show", all: "All", people: "People", pictures: "Pictures", dispatch: "Dispatch", none: "No lines of this kind.", release: "What was shown", audit: "In the audit record",
    kind: "Kind", viewer: "Seen by", camera: "Camera", basis: "Legal basis", from: "From", to: "To", purpose: "Reason", address: "Seat",
    kinds: { live: "live video", still: "still", recorded: "recording", capture: "her photos and sound", position: "position", walk: "walk home", identity: "identity", profile: "her own notes", search: "search", export: "export", maintenance: "maintenance", evidence: "evidence" },
  },
};

export const o = texts(ko, en);
