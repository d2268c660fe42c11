import { texts } from "../lang";

/** Words about cameras, recordings, sightings and evidence, as an operator reads them. */
const ko = {
  health: { dark: "어두움", frozen: "멈춤", obstructed: "가려짐", down: "연결 끊김" } as Record<string, string>,
  since: (at: string) => `${at}부터`,
  noNewPicture: (at: string) => `${at} 이후 새 영상 없음`,
  noStream: "영상 주소가 없는 카메라입니다. 관리기관에 전화하세요.",
  noPhone: "등록된 전화번호가 없습니다.",
  close: "닫기", cancel: "취소", send: "보내는 중…", retry: "다시 시도", loading: "불러오는 중…",
  basis: "법적 근거: 개인정보 보호법 제18조제2항제3호. 열람은 모두 기록됩니다.",
  why: {
    button: "왜 이 카메라?", title: "왜 이 카메라를 골랐나", picture: "고른 카메라와 시야를 그린 그림", chosenAt: (at: string) => `${at}에 고름`,
    chosen: "고른 카메라", passedOver: "가깝지만 고르지 않은 카메라", none: "아직 고른 카메라가 없습니다.", noneOver: "가까이에 다른 카메라가 없습니다.",
  },
  back: {
    button: "되감기", title: (name: string) => `되감기 — ${name}`, reason: "보는 이유", reasonOther: "다른 이유",
    reasons: ["신고 직전 상황 확인", "이동 방향 확인", "인상착의·차량 확인", "신고 내용 사실 확인"],
    span: "볼 구간",
    spans: { last: "최근 5분", alert: "신고 앞뒤 5분" } as Record<string, string>,
    open: "녹화 보기", again: "다른 구간 보기", play: "재생", pause: "멈춤", speed: "빠르기", toAlert: "신고 순간으로",
    minus: "10초 되감기", plus: "10초 건너뛰기", scrubber: "녹화 시각", gap: (from: string, until: string) => `${from}–${until} 녹화 없음`,
    gapsHead: "빗금: 녹화가 없는 시간", alertMark: "신고", at: (time: string) => `녹화 ${time}`,
    ended: "이 녹화의 제공이 끝났습니다. 사건이 종료되었거나 열람 시간이 지났습니다. 더 보려면 이유를 적고 다시 여세요.",
    broken: "영상을 재생하지 못했습니다. 다시 여세요.",
    lead: "이 사건에 딸린 녹화만 볼 수 있습니다. 이유는 제공 기록에 남습니다.",
  },
  ptz: {
    head: "카메라 조작", hint: "방향키로 움직이고, 키를 놓으면 멈춥니다. + − 키는 확대·축소입니다.", up: "위로", down: "아래로", left: "왼쪽으로", right: "오른쪽으로",
    zoomIn: "확대", zoomOut: "축소", presets: "지정 위치", noPresets: "지정 위치가 없습니다.", taken: (name: string) => `${name} 님이 조작 중입니다`,
    mine: "내가 조작 중", free: "아무도 조작하지 않음", take: "넘겨받기", release: "조작 놓기", stop: "정지",
  },
  seen: {
    button: "여기서 봤음", title: (name: string) => `여기서 봤음 — ${name}`, subject: "무엇을 봤나요", person: "사람", vehicle: "차량", note: "메모 (선택)",
    noteHint: "옷차림, 가는 방향 등", plate: "차량번호 (선택)", when: "본 때", whens: ["지금", "30초 전", "1분 전", "3분 전"], confirm: "목격 남기기",
    head: "목격 경로", undo: "되돌리기", undone: "되돌렸습니다.", next: "다음에 지날 카메라", tooFast: "! 그 시간에 갈 수 없는 거리",
    leg: (m: string, s: number) => `앞 목격에서 ${m} · ${s < 90 ? `${Math.round(s)}초` : `${Math.round(s / 60)}분`}`, about: (at: string) => `${at}쯤`,
    looks: "크게 보기", count: (n: number) => `${n}건`,
  },
  evidence: {
    button: "증거 꾸러미", title: "증거 꾸러미", lead: "녹화 원본과 기록을 암호로 묶어 받는 사람에게만 줍니다. 누가 무엇을 받았는지 남습니다.",
    cameras: "카메라", noRecordings: "이 사건에는 아직 녹화가 없습니다.", from: "시작", until: "끝", reason: "내보내는 이유", recipient: "받는 사람", agency: "받는 기관",
    caseNo: "그 기관의 사건번호 (선택)", expires: "받을 수 있는 기간", hours: (n: number) => (n < 24 ? `${n}시간` : `${n / 24}일`), make: "꾸러미 만들기",
    passwordHead: "암호는 지금 한 번만 보입니다", passwordLead: "파일과 다른 길(전화 등)로 알려 주세요. 잃으면 다시 만들어야 합니다.", copy: "암호 복사", copied: "복사했습니다",
    gotIt: "적어 두었습니다", list: "만든 꾸러미", none: "아직 만든 꾸러미가 없습니다.",
    state: { waiting: "차례를 기다림", making: "만드는 중", ready: "받을 수 있음", failed: "만들지 못함", ended: "제공 끝" } as Record<string, string>,
    trouble: { no_room: "저장 공간이 모자랍니다. 관리자에게 알려 주세요.", disk: "디스크에 쓰지 못했습니다. 관리자에게 알려 주세요.", broken: "만들다 멈췄습니다. 다시 만들어 주세요." } as Record<string, string>,
    download: "내려받기", withdraw: "거두기", withdrawn: "거두면 파일이 곧바로 지워집니다.", until_: (at: string) => `${at}까지`, forWhom: (name: string, agency: string) => `${agency} ${name}`,
    openOnly: "사건이 열려 있는 동안만 만들고 받을 수 있습니다.", invalid: "카메라를 한 대 이상 고르고, 시작은 끝보다 앞이어야 합니다. 한 번에 30분까지입니다.",
  },
  requests: {
    button: (n: number) => (n > 0 ? `영상 요청 ${n}` : "영상 요청"), title: "기관의 영상 요청", none: "들어온 영상 요청이 없습니다.", approve: "승인", refuse: "거절", reason: "거절 이유",
    until: (at: string) => `${at}까지`, place: "위치", area: "구역",
    state: { asked: "답을 기다림", approved: "승인됨", refused: "거절됨", withdrawn: "거둠", expired: "만료됨", ended: "끝남" } as Record<string, string>,
    refuseConfirm: "거절하기", needReason: "거절 이유를 두 글자 이상 적어 주세요.",
  },
};

const en: typeof ko = {
  health: { dark: "dark", frozen: "frozen", obstructed: "obstructed", down: "no connection" },
  since: (at) => `since ${at}`,
  noNewPicture: (at) => `no new picture since ${at}`,
  noStream: "This camera has no stream address. Phone its office.",
  noPhone: "No phone number is registered.",
  close: "Close", cancel: "Cancel", send: "Sending…", retry: "Try again", loading: "Loading…",
  basis: "Legal basis: Personal Information Protection Act, art. 18(2)3. Each viewing is recorded.",
  why: {
    button: "Why this camera?", title: "Why these cameras were chosen", picture: "A drawing of the chosen cameras and their views", chosenAt: (at) => `Chosen at ${at}`,
    chosen: "Chosen cameras", passedOver: "Near by, but not chosen", none: "No camera has been chosen yet.", noneOver: "There is no other camera near by.",
  },
  back: {
    button: "Look back", title: (name) => `Look back — ${name}`, reason: "Why you look", reasonOther: "Another reason",
    reasons: ["What happened before the alert", "Which way somebody went", "Clothes or vehicle", "Check what was reported"],
    span: "Which time",
    spans: { last: "The last 5 minutes", alert: "5 minutes around the alert" },
    open: "Show the recording", again: "Another time", play: "Play", pause: "Pause", speed: "Speed", toAlert: "To the alert",
    minus: "Back 10 s", plus: "Forward 10 s", scrubber: "Time of the recording", gap: (from, until) => `nothing recorded ${from}–${until}`,
    gapsHead: "Hatched: nothing recorded", alertMark: "alert", at: (time) => `Recorded ${time}`,
    ended: "The release of this recording has ended: the incident is closed or the viewing time is over. To see more, give a reason and open it again.",
    broken: "The recording could not be played. Open it again.",
    lead: "Only recordings of this incident can be seen. The reason is kept in the release log.",
  },
  ptz: {
    head: "Move the camera", hint: "Arrow keys move it; it stops when you let go. + and − zoom.", up: "Up", down: "Down", left: "Left", right: "Right",
    zoomIn: "Zoom in", zoomOut: "Zoom out", presets: "Presets", noPresets: "It has no presets.", taken: (name) => `${name} is moving this camera`,
    mine: "You are moving it", free: "Nobody is moving it", take: "Take over", release: "Let go", stop: "Stop",
  },
  seen: {
    button: "Seen here", title: (name) => `Seen here — ${name}`, subject: "What did you see", person: "Person", vehicle: "Vehicle", note: "Note (optional)",
    noteHint: "clothes, direction …", plate: "Number plate (optional)", when: "When", whens: ["now", "30 s ago", "1 min ago", "3 min ago"], confirm: "Mark the sighting",
    head: "Trail of sightings", undo: "Undo", undone: "Undone.", next: "Cameras passed next", tooFast: "! too far for that time",
    leg: (m, s) => `${m} from the last · ${s < 90 ? `${Math.round(s)} s` : `${Math.round(s / 60)} min`}`, about: (at) => `about ${at}`,
    looks: "Look", count: (n) => `${n}`,
  },
  evidence: {
    button: "Evidence", title: "Evidence package", lead: "Untouched recordings and the log, encrypted for one named recipient. Who got what is recorded.",
    cameras: "Cameras", noRecordings: "This incident has no recordings yet.", from: "From", until: "Until", reason: "Why it is exported", recipient: "Recipient", agency: "Recipient's agency",
    caseNo: "Their case number (optional)", expires: "Can be fetched for", hours: (n) => (n < 24 ? `${n} h` : `${n / 24} d`), make: "Make the package",
    passwordHead: "The password is shown only now", passwordLead: "Tell it by another way than the file (by phone). If it is lost, make a new package.", copy: "Copy the password", copied: "Copied",
    gotIt: "I have noted it", list: "Packages", none: "No package has been made yet.",
    state: { waiting: "waiting", making: "being made", ready: "ready", failed: "failed", ended: "ended" },
    trouble: { no_room: "There is not enough room; tell an administrator.", disk: "The disk could not be written; tell an administrator.", broken: "It stopped while it was made; make it again." },
    download: "Download", withdraw: "Withdraw", withdrawn: "Withdrawing deletes the file at once.", until_: (at) => `until ${at}`, forWhom: (name, agency) => `${name}, ${agency}`,
    openOnly: "Packages are made and fetched only while the incident is open.", invalid: "Choose a camera; the beginning must be before the end, 30 minutes at most.",
  },
  requests: {
    button: (n) => (n > 0 ? `Video requests ${n}` : "Video requests"), title: "Video requests of agencies", none: "No agency has asked for video.", approve: "Approve", refuse: "Refuse", reason: "Why refused",
    until: (at) => `until ${at}`, place: "place", area: "area",
    state: { asked: "waits for an answer", approved: "approved", refused: "refused", withdrawn: "withdrawn", expired: "expired", ended: "ended" },
    refuseConfirm: "Refuse it", needReason: "Give a reason of two letters or more.",
  },
};

export const v = texts(ko, en);
