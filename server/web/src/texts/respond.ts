import { texts } from "../lang";

/** The field officer's phone: short words, read while walking. */
const ko = {
  title: "안심 현장", otherLanguage: "English",
  codeHead: "현장 확인", codeLead: "상황실이 무전으로 불러 준 여섯 자리 코드를 입력하세요. 처음 확인한 이 기기에서만 열립니다.", code: "여섯 자리 코드", open: "열기", opening: "확인하는 중…", sixDigits: "숫자 여섯 자리를 입력하세요.",
  loading: "불러오는 중…", unreachable: "연결이 되지 않습니다. 다시 시도하는 중…",
  goneHead: "끝난 화면", goneLead: "위치와 사진은 이 기기에서 지웠습니다.", boundHead: "다른 기기에서 연 링크", noLinkHead: "없는 링크", lockedHead: "잠긴 링크",
  call: (name: string) => `${name} 관제센터 전화`, drill: "훈련입니다. 실제로 출동하지 마세요.",
  state: { accepted: "접수", en_route: "출동 중", on_scene: "현장 도착" } as Record<string, string>,
  types: {
    sos: "긴급 호출", kidnapping: "납치·감금", robbery: "강도", assault: "폭행", sexual_violence: "성폭력", stalking: "스토킹", intrusion: "주거침입",
    missing_child: "실종 아동", missing_person: "실종자", fire: "화재", rescue: "구조", ambulance: "구급", disaster: "재난", help_request: "도움 요청", anklet: "전자감독 경보", wanted_vehicle: "수배 차량", agency_case: "기관 사건", observed: "관제 발견", other: "그 밖",
  } as Record<string, string>,
  case: "사건",
  asked: "요청 진행 중", viewOnly: "보기 전용 화면입니다. 우리 기관이 낸 요청이 끝나면 바로 꺼집니다.", noWords: "전자감독 요청에는 글을 보낼 수 없습니다. 상황실에 무전하세요.", whereAsked: "마지막으로 확인된 곳",
  where: "신고자 위치", noPosition: "아직 위치를 모릅니다", noPlace: "이 협약으로는 위치를 볼 수 없습니다", lost: "위치가 끊겼습니다",
  age: (s: number) => (s < 60 ? `${s}초 전` : s < 3600 ? `${Math.floor(s / 60)}분 전` : `${Math.floor(s / 3600)}시간 전`), accuracy: (m: number) => `오차 약 ${m} m`,
  last: "마지막으로 확인된 위치", winds: ["북쪽", "북동쪽", "동쪽", "남동쪽", "남쪽", "남서쪽", "서쪽", "북서쪽"],
  fromMe: (m: string, wind: string) => `내 위치에서 ${wind} ${m}`, here: "바로 근처입니다", metres: (m: number) => (m < 1000 ? `${m} m` : `${(m / 1000).toFixed(1)} km`),
  showMine: "내 위치에서 거리 보기", mineHint: "내 위치는 이 휴대전화에만 있습니다.", mineDenied: "위치 권한이 없어 거리를 볼 수 없습니다.", finding: "내 위치를 찾는 중…",
  share: "우리 차량 위치 알리기", sharing: "차량 위치를 알리는 중", stopShare: "그만 알리기", shareHint: "상황실과 관제센터가 차량 위치를 봅니다.",
  map: "지도", mapLabel: "신고자 위치와 이동 경로 지도", mapLoading: "지도를 불러오는 중…", mapFailed: "지도를 불러오지 못했습니다. 위의 말과 좌표를 보세요.", follow: "따라가기", fit: "전체", noStreets: "도로 지도 없음", attribution: "행정경계: 국토지리정보원(NGII)",
  access: "출입 정보", stills: "현장 사진", noStills: "받은 사진이 없습니다.", stillAt: (camera: string, at: string) => `${camera || "카메라"} · ${at}`, close: "닫기", stillFailed: "사진을 불러오지 못했습니다.", retry: "다시 시도", next: "다음 사진", previous: "이전 사진",
  thread: "대화", noMessages: "아직 주고받은 말이 없습니다.", write: "관제센터와 상황실에 보낼 말", send: "보내기", quick: ["확보했습니다", "지원을 요청합니다", "보이지 않습니다", "구급이 필요합니다"], quickLabel: "빠른 말",
  notSent: "보내지 못했습니다. 연결되면 다시 보내세요.", sent: "보냈습니다", by: { responder: "현장", operator: "관제", desk: "상황실", traffic: "교통" } as Record<string, string>, me: "나",
  step: { en_route: "출동 시작", on_scene: "현장 도착" } as Record<string, string>, doneHint: "조치가 끝나면 상황실에 알려 주세요. 상황실이 끝내면 이 화면도 꺼집니다.", stepping: "보내는 중…",
  live: "실시간", polling: "5초마다 확인", offline: (at: string) => `연결 끊김 · ${at} 기준`, until: (at: string) => `${at}까지 볼 수 있음`, left: (m: number) => `${m}분 남음`,
  dark: "어두운 화면", coordinates: "좌표", recorded: "이 화면에서 본 것은 모두 기록됩니다.",
};
const en: typeof ko = {
  title: "Ansim field", otherLanguage: "한국어",
  codeHead: "Field check", codeLead: "Enter the six digits that your desk said over the radio. The page then opens only on this device.", code: "Six-digit code", open: "Open", opening: "Checking…", sixDigits: "Enter six digits.",
  loading: "Loading…", unreachable: "No connection. Trying again…",
  goneHead: "This page has ended", goneLead: "Place and pictures are erased from this device.", boundHead: "Opened on another device", noLinkHead: "No such link", lockedHead: "Link locked",
  call: (name) => `Call the ${name} center`, drill: "This is a drill. Don't go.",
  state: { accepted: "Accepted", en_route: "On the way", on_scene: "On scene" },
  types: {
    sos: "SOS", kidnapping: "Kidnapping", robbery: "Robbery", assault: "Assault", sexual_violence: "Sexual violence", stalking: "Stalking", intrusion: "Intrusion",
    missing_child: "Missing child", missing_person: "Missing person", fire: "Fire", rescue: "Rescue", ambulance: "Ambulance", disaster: "Disaster", help_request: "Help request", anklet: "Electronic monitoring", wanted_vehicle: "Wanted vehicle", agency_case: "Agency's case", observed: "Observed", other: "Other",
  },
  case: "Case",
  asked: "Request in force", viewOnly: "For looking only. It goes dark as soon as your agency's request is over.", noWords: "No words go with a monitoring request. Use the radio.", whereAsked: "Last known place",
  where: "Her place", noPosition: "Place not known yet", noPlace: "This agreement does not open the place", lost: "Tracking lost",
  age: (s) => (s < 60 ? `${s} s ago` : s < 3600 ? `${Math.floor(s / 60)} min ago` : `${Math.floor(s / 3600)} h ago`), accuracy: (m) => `within about ${m} m`,
  last: "Last known place", winds: ["north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"],
  fromMe: (m, wind) => `${m} ${wind} of you`, here: "Right here", metres: (m) => (m < 1000 ? `${m} m` : `${(m / 1000).toFixed(1)} km`),
  showMine: "Show distance from me", mineHint: "Your position stays on this phone.", mineDenied: "Without permission for your position there is no distance.", finding: "Finding your position…",
  share: "Share our unit's position", sharing: "Sharing the unit's position", stopShare: "Stop", shareHint: "Your desk and the control center see where the unit is.",
  map: "Map", mapLabel: "Map of her place and track", mapLoading: "Loading the map…", mapFailed: "The map could not be loaded. Use the words and coordinates above.", follow: "Follow", fit: "All", noStreets: "No street map", attribution: "Boundaries: NGII (Korea)",
  access: "Access notes", stills: "Pictures", noStills: "No picture has been sent.", stillAt: (camera, at) => `${camera || "camera"} · ${at}`, close: "Close", stillFailed: "The picture could not be loaded.", retry: "Try again", next: "Next picture", previous: "Previous picture",
  thread: "Messages", noMessages: "Nothing has been said yet.", write: "To the center and your desk", send: "Send", quick: ["Secured", "Need backup", "Not in sight", "Need an ambulance"], quickLabel: "Quick words",
  notSent: "Not sent. Send it again when you are connected.", sent: "Sent", by: { responder: "Field", operator: "Center", desk: "Desk", traffic: "Traffic" }, me: "You",
  step: { en_route: "On the way", on_scene: "On scene" }, doneHint: "When you are done, tell your desk. When the desk finishes the case, this page goes dark.", stepping: "Sending…",
  live: "Live", polling: "Checked every 5 s", offline: (at) => `No connection · as of ${at}`, until: (at) => `until ${at}`, left: (m) => `${m} min left`,
  dark: "Dark screen", coordinates: "Coordinates", recorded: "Everything seen on this page is recorded.",
};

export const t = texts(ko, en);
