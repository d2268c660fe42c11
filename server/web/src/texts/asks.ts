import { texts } from "../lang";

/** Requests of linked agencies, in the words that the console, the agencies' desks and the administration share. */
const ko = {
  triggers: {
    dispatch: "사건 영상 요청", help_request: "사람의 도움 요청", anklet_tamper: "전자장치 훼손", anklet_curfew: "외출 제한 위반", anklet_zone: "출입 금지 구역 진입", anklet_approach: "피해자 접근",
    wanted_vehicle: "수배 차량", missing_child: "실종 아동", missing_dementia: "치매 실종", disaster: "재난",
  } as Record<string, string>,
  state: { received: "판단 대기", accepted: "승인됨", rejected: "거절됨", refused: "받지 않음", cancelled: "취소됨", ended: "끝남", expired: "답 없이 만료" } as Record<string, string>,
  reason: {
    alarm_only: "경보일 뿐 도움 요청이 아님", no_danger: "확인 결과 위험 없음", cannot_verify: "확인되지 않음", wrong_place: "위치가 맞지 않음", duplicate: "이미 처리 중", not_agreed: "협약이 뜻하는 일이 아님", other: "그 밖",
    incident_closed: "사건 종결", time: "시간이 다 됨", handed_over: "다른 센터가 이어받음", merged: "다른 사건과 합쳐짐: 다시 결정", agency: "기관이 취소",
    no_agreement: "유효한 협약 없음", suspended: "협약 정지", trigger_not_agreed: "협약에 없는 사유", legal_basis: "협약에 없는 근거", outside_area: "협약 구역 밖", not_here: "관할이 아님",
    address_not_registered: "등록되지 않은 주소", wrong_agency: "다른 기관의 이름", too_old: "24시간이 지난 요청", id_used: "이미 쓴 아이디", alarm_not_help: "경보 (도움 요청 아님)", free_text: "허용되지 않은 글", no_consent: "동의 없음",
    invalid: "잘못된 값", no_position: "위치 없음", unsigned: "서명 없음", unknown_line: "등록되지 않은 회선", wrong_signature: "서명이 맞지 않음", clock_skew: "시계가 어긋남", replayed: "되풀이된 메시지",
  } as Record<string, string>,
  event: { panic: "비상 버튼", duress_code: "협박 비밀번호", intruder_present: "침입자와 마주침", medical: "응급 환자", fire: "화재" } as Record<string, string>,
  category: { sexual_violence: "성폭력", child_abduction: "미성년자 유괴", murder: "살인", robbery: "강도" } as Record<string, string>,
  crime: { murder: "살인", robbery: "강도", abduction: "납치·유괴", sexual_violence: "성폭력", life_at_risk: "생명이 위급" } as Record<string, string>,
  method: { cell: "기지국", wifi: "와이파이", gps: "GPS" } as Record<string, string>,
  by: { guardian: "보호자", self: "본인", law: "법률" } as Record<string, string>,
  field: {
    event: "무슨 일", site: "장소", contact_name: "현장 사람", contact_phone: "현장 연락처", note: "덧붙인 말", category: "범죄 유형", device_ref: "장치 번호", last_known: "마지막 위치", protected_ref: "보호 대상 번호",
    name: "이름", age: "나이", appearance: "인상착의", method: "위치를 잰 방법", radius_m: "위치 반경 (m)", guardian_name: "보호자", guardian_phone: "보호자 연락처", consent: "동의", plate: "차량 번호", crime: "죄명", title: "제목", description: "설명", case_kind: "사건 기관",
  } as Record<string, string>,
  basis: {
    "pipa-18-2-1": "개인정보 보호법 제18조②1호 (별도 동의)", "pipa-18-2-2": "개인정보 보호법 제18조②2호 (다른 법률)", "pipa-18-2-3": "개인정보 보호법 제18조②3호 (급박한 이익)", "pipa-18-2-5": "개인정보 보호법 제18조②5호 (보호위원회)",
    "pipa-18-2-7": "개인정보 보호법 제18조②7호 (수사)", "pipa-18-2-9": "개인정보 보호법 제18조②9호 (형 집행)", "pipa-18-2-10": "개인정보 보호법 제18조②10호 (공공안전)", "lia-29": "위치정보법 제29조 (긴급구조)",
  } as Record<string, string>,
  before: (at: string) => `훼손 전 마지막 위치 ${at}`, beforeLegend: "보라 빈 십자와 점선 고리: 장치가 훼손되기 전 마지막 위치와 오차",
  ageOf: (n: number) => `${n}세`, consentWords: (by: string, at: string) => `${by} · ${at}`,
  left: (clock: string) => `${clock} 남음`, late: (clock: string) => `${clock} 지남`, over: "시간 끝남",
  console: {
    head: "기관 요청", ground: "법적 근거", caseNo: "기관 사건번호", callback: "기관 연락처", sure: "위치 정확도", toDecide: "판단까지", overdue: "판단 늦음", untilEnd: "권한 종료까지",
    lastKnown: (place: string, m: number, at: string) => `${place} · 오차 약 ${m} m · ${at}`, noPlace: "위치 없음", placeWords: (m: number, age: string) => `오차 약 ${m} m · ${age}`, age: (s: number) => (s < 60 ? `${s}초 전` : `${Math.floor(s / 60)}분 전`),
    accept: "승인", reject: "거절", extend: "연장", takeBack: "승인 거두기", sending: "보내는 중…", byRule: "협약의 규칙으로 바로 승인되었습니다.", drill: "훈련 요청: 저절로 승인되고 영상은 제공되지 않습니다.",
    whatHappens: (minutes: number) => `승인하면 이 기관이 ${minutes}분 동안 아래의 것을 볼 수 있습니다.`, seesNow: "기관이 지금 볼 수 있는 것", wouldSee: "승인하면 볼 수 있는 것", seesNothing: "이 기관은 지금 아무것도 볼 수 없습니다.", agreement: "근거 협약", until: (at: string) => `${at}까지`, noPaper: "문서 번호 없음",
    branchUnknown: "협회가 등록한 이 업체의 지사가 아닙니다. 요청은 받았으니 누구인지 확인하세요.",
    may: { live: "실시간 영상", recorded: "녹화 영상", still: "정지 영상", position: "위치", identity: "이름·번호", health: "의료 정보", store: "보관" } as Record<string, string>, can: "가능", cannot: "불가",
    rejectTitle: "요청 거절", rejectLead: "사유는 기관에 그대로 전해집니다. 경보일 뿐이거나 위험이 없다는 사유만 오신고율에 들어갑니다. 위치가 맞지 않음, 협약 밖, 그 밖의 사유이거나 승인을 거두는 때에는 사건이 열린 채 남습니다.", why: "사유", note: "메모 (이 센터만 봄)", confirm: "거절하기", cancel: "닫기",
    extendBy: "연장 시간", minutes: (n: number) => (n < 60 ? `${n}분` : `${n / 60}시간`), failed: "요청을 불러오지 못했습니다.", retry: "다시", trouble: "기관 시스템에 상태를 알리지 못했습니다", noRight: "판단할 권한이 없습니다.",
    loading: "요청을 불러오는 중…", decideIn: (clock: string) => `판단 ${clock}`,
    unmask: "가려진 이름·번호 보기",
  },
  lent: {
    head: "기관이 빌려준 카메라", open: "영상 보기", consent: (by: string, at: string) => `${by} 동의 · ${at}`, until: (at: string) => `${at}까지`, forCenter: "이 센터만", forDispatched: "출동 기관도 볼 수 있음", ended: (why: string) => `끝남 · ${why}`,
    why: { withdrawn: "동의를 거둠", request_ended: "요청이 끝남", request_rejected: "요청을 거절함", request_cancelled: "요청을 취소함", request_expired: "요청이 만료됨" } as Record<string, string>, over: "동의 기간이 지남", badge: (who: string) => `${who} 카메라`,
  },
  desk: {
    head: "우리 요청", none: "열린 요청이 없습니다.", noneHint: "‘새 요청’으로 관제센터에 도움을 청할 수 있습니다.", create: "새 요청", title: "관제센터에 도움 요청",
    noAgreement: "지금 효력 있는 협약이 없어 요청을 올릴 수 없습니다. 급하면 관제센터에 전화하세요.", trigger: "무엇 때문에", center: "협약한 관제센터", where: "어디에서", whereHint: "지도를 눌러 곳을 정하거나 좌표를 적으세요.", lat: "위도", lon: "경도", accuracy: "위치 오차 (m)", caseNo: "우리 사건번호", branch: "지점·상황실", callback: "연락 받을 번호", basis: "법적 근거", drill: "훈련입니다", drillHint: "훈련은 바로 승인되고 영상은 나오지 않습니다.",
    lead: "경보가 아니라 사람이 도움을 청한 일만 올리세요. 이름과 번호는 필요한 만큼만 적습니다.", noText: "이 요청에는 글을 적는 칸이 없습니다. 유형과 장치 번호만 보냅니다.", send: "요청 올리기", sending: "올리는 중…", cancel: "닫기", needPlace: "지도에서 곳을 정해 주세요.", mapLabel: "요청할 곳을 정하는 지도", autoHint: "협약에 따라 바로 승인됩니다.", verifyHint: (s: number) => `관제센터가 ${s}초 안에 판단하는 것이 목표입니다.`, needed: "필수", choose: "고르세요",
    takeBack: "요청 취소", takeBackAsk: "취소하면 영상과 위치를 바로 볼 수 없게 됩니다. 취소할까요?", yes: "취소하기", no: "그대로 두기", released: "우리에게 보인 것", releasedNone: "아직 보인 것이 없습니다.", times: (n: number) => `${n}번`, still: "보는 중", history: "지나온 상태", raised: "올린 시각", subject: "올린 내용", ended: "끝난 요청", until: (at: string) => `${at}까지`, waiting: "관제센터의 판단을 기다립니다", callCenter: (n: string) => `급하면 전화: ${n}`,
    dark: { received: "관제센터가 승인하면 영상을 볼 수 있습니다.", rejected: "거절된 요청이라 영상이 없습니다.", cancelled: "취소한 요청이라 영상 제공이 끝났습니다.", ended: "요청이 끝나 영상 제공이 끝났습니다.", expired: "답이 없어 만료된 요청입니다.", refused: "받지 않은 요청입니다." } as Record<string, string>,
    placeDark: { received: "승인되면 위치가 나옵니다", rejected: "거절된 요청입니다", cancelled: "취소한 요청입니다", ended: "끝난 요청이라 위치를 지웠습니다", expired: "만료된 요청입니다", refused: "받지 않은 요청입니다" } as Record<string, string>,
    kind: { live: "실시간 영상", recorded: "녹화 영상", still: "정지 영상", position: "위치", identity: "이름·번호", health: "의료 정보", profile: "의료 정보", evidence: "증거 영상" } as Record<string, string>,
  },
};
const en: typeof ko = {
  triggers: {
    dispatch: "Video for a case", help_request: "Call for help", anklet_tamper: "Anklet tampered with", anklet_curfew: "Curfew broken", anklet_zone: "In a forbidden zone", anklet_approach: "Near the protected person",
    wanted_vehicle: "Wanted vehicle", missing_child: "Missing child", missing_dementia: "Missing, dementia", disaster: "Disaster",
  },
  state: { received: "to be decided", accepted: "accepted", rejected: "rejected", refused: "refused", cancelled: "cancelled", ended: "ended", expired: "expired unanswered" },
  reason: {
    alarm_only: "only an alarm", no_danger: "looked at: no danger", cannot_verify: "can't be verified", wrong_place: "wrong place", duplicate: "being worked on already", not_agreed: "not what the agreement is for", other: "other",
    incident_closed: "incident closed", time: "time over", handed_over: "another center goes on", merged: "merged with another incident: decide anew", agency: "by the agency",
    no_agreement: "no agreement in force", suspended: "agreement suspended", trigger_not_agreed: "trigger not agreed", legal_basis: "legal basis not agreed", outside_area: "outside the agreed area", not_here: "not this jurisdiction",
    address_not_registered: "address not registered", wrong_agency: "another agency's name", too_old: "older than 24 hours", id_used: "id used before", alarm_not_help: "an alarm, no call for help", free_text: "free text not allowed", no_consent: "no consent",
    invalid: "wrong value", no_position: "no position", unsigned: "not signed", unknown_line: "unknown line", wrong_signature: "wrong signature", clock_skew: "clock is off", replayed: "message said again",
  },
  event: { panic: "panic button", duress_code: "duress code", intruder_present: "intruder present", medical: "medical emergency", fire: "fire" },
  category: { sexual_violence: "sexual violence", child_abduction: "child abduction", murder: "murder", robbery: "robbery" },
  crime: { murder: "murder", robbery: "robbery", abduction: "abduction", sexual_violence: "sexual violence", life_at_risk: "a life at risk" },
  method: { cell: "cell tower", wifi: "Wi-Fi", gps: "GPS" },
  by: { guardian: "guardian", self: "the person", law: "by law" },
  field: {
    event: "Event", site: "Site", contact_name: "Person on site", contact_phone: "Their number", note: "Note", category: "Offence", device_ref: "Device number", last_known: "Last known place", protected_ref: "Protected person",
    name: "Name", age: "Age", appearance: "Appearance", method: "Position by", radius_m: "Position within (m)", guardian_name: "Guardian", guardian_phone: "Guardian's number", consent: "Consent", plate: "Plate", crime: "Crime", title: "Title", description: "Description", case_kind: "Case of",
  },
  basis: {
    "pipa-18-2-1": "PIPA 18(2)1 (consent)", "pipa-18-2-2": "PIPA 18(2)2 (another act)", "pipa-18-2-3": "PIPA 18(2)3 (imminent danger)", "pipa-18-2-5": "PIPA 18(2)5 (Commission)",
    "pipa-18-2-7": "PIPA 18(2)7 (investigation)", "pipa-18-2-9": "PIPA 18(2)9 (sentence)", "pipa-18-2-10": "PIPA 18(2)10 (public safety)", "lia-29": "LIA 29 (emergency rescue)",
  },
  before: (at) => `last known before ${at}`, beforeLegend: "Purple hollow cross in a dashed ring: last known before the tamper, and its uncertainty",
  ageOf: (n) => `${n} years`, consentWords: (by, at) => `${by} · ${at}`,
  left: (clock) => `${clock} left`, late: (clock) => `${clock} late`, over: "time over",
  console: {
    head: "Agency's request", ground: "Legal basis", caseNo: "Their case", callback: "Their number", sure: "Place", toDecide: "To decide", overdue: "decision late", untilEnd: "Until rights end",
    lastKnown: (place, m, at) => `${place} · within about ${m} m · ${at}`, noPlace: "no place", placeWords: (m, age) => `within about ${m} m · ${age}`, age: (s) => (s < 60 ? `${s} s ago` : `${Math.floor(s / 60)} min ago`),
    accept: "Accept", reject: "Reject", extend: "Extend", takeBack: "Take back", sending: "Sending…", byRule: "Accepted at once by the agreement's rule.", drill: "A drill: accepted by itself, no pictures are shown.",
    whatHappens: (minutes) => `If you accept, the agency may see this for ${minutes} min.`, seesNow: "What the agency can see now", wouldSee: "What it could see", seesNothing: "The agency can see nothing now.", agreement: "By agreement", until: (at) => `until ${at}`, noPaper: "no document number",
    may: { live: "Live", recorded: "Recorded", still: "Stills", position: "Place", identity: "Name", health: "Medical", store: "Keep" }, can: "yes", cannot: "no",
    rejectTitle: "Reject the request", rejectLead: "The agency is told the reason. Only an alarm and no danger count in its false rate. With a wrong place, not agreed or other, and when you take back, the incident stays open.", why: "Reason", note: "Note (seen here only)", confirm: "Reject it", cancel: "Close",
    extendBy: "Extend by", minutes: (n) => (n < 60 ? `${n} min` : `${n / 60} h`), failed: "The request could not be loaded.", retry: "Again", trouble: "The agency's system could not be told", noRight: "You may not decide this.",
    loading: "Loading the request…", decideIn: (clock) => `decide ${clock}`,
    branchUnknown: "This branch is not on the list that the association gave for this firm. The request is taken all the same; ask who it is.",
    unmask: "Show names and numbers",
  },
  lent: {
    head: "Cameras lent by the agency", open: "Open picture", consent: (by, at) => `consent of ${by} · ${at}`, until: (at) => `until ${at}`, forCenter: "this center only", forDispatched: "dispatched agencies too", ended: (why) => `over · ${why}`,
    why: { withdrawn: "consent withdrawn", request_ended: "the request ended", request_rejected: "the request was rejected", request_cancelled: "the request was cancelled", request_expired: "the request expired" }, over: "the consent ran out", badge: (who) => `camera of ${who}`,
  },
  desk: {
    head: "Our requests", none: "No open request.", noneHint: "“New request” asks a control center for help.", create: "New request", title: "Ask a control center for help",
    noAgreement: "No agreement is in force, so nothing can be asked. If it is urgent, call the control center.", trigger: "What for", center: "Agreed with", where: "Where", whereHint: "Press on the map, or write coordinates.", lat: "Latitude", lon: "Longitude", accuracy: "Accuracy (m)", caseNo: "Our case number", branch: "Branch", callback: "Number to call back", basis: "Legal basis", drill: "This is a drill", drillHint: "A drill is accepted at once and shows no pictures.",
    lead: "Raise only what a person asked help for, no alarms. Write names and numbers only as far as needed.", noText: "This request has no field for text: only category and device number are sent.", send: "Raise the request", sending: "Raising…", cancel: "Close", needPlace: "Choose the place on the map.", mapLabel: "Map to choose the place", autoHint: "Accepted at once by your agreement.", verifyHint: (s) => `The center aims to decide within ${s} s.`, needed: "required", choose: "Choose",
    takeBack: "Cancel request", takeBackAsk: "Pictures and place end at once. Cancel it?", yes: "Cancel it", no: "Keep it", released: "What we were shown", releasedNone: "Nothing has been shown yet.", times: (n) => `${n}×`, still: "being seen", history: "How it went", raised: "Raised", subject: "What we said", ended: "Finished requests", until: (at) => `until ${at}`, waiting: "The control center is deciding", callCenter: (n) => `If urgent, call ${n}`,
    dark: { received: "Pictures open when the center accepts.", rejected: "Rejected: no pictures.", cancelled: "Cancelled: the release of video has ended.", ended: "Ended: the release of video is over.", expired: "Expired without an answer.", refused: "Not taken." },
    placeDark: { received: "The place shows once accepted", rejected: "Rejected", cancelled: "Cancelled", ended: "Erased: the request is over", expired: "Expired", refused: "Not taken" },
    kind: { live: "Live video", recorded: "Recording", still: "Still", position: "Place", identity: "Name", health: "Medical", profile: "Medical", evidence: "Evidence" },
  },
};
export const a = texts(ko, en);
