import { texts } from "../lang";

/** An agency's request for pictures by its own case number: a place, or an area drawn on the map. */
const ko = {
  button: (n: number) => (n > 0 ? `영상 열람 요청 · ${n}건 대기` : "영상 열람 요청"), title: "사건번호로 영상 열람 요청",
  lead: "맡은 사건의 번호와 이유, 볼 곳을 관제센터에 보냅니다. 승인되면 출동 목록에 나타나고 가까운 CCTV를 볼 수 있습니다.",
  caseNo: "사건번호", caseHint: (kind: string) => `${kind}-날짜-번호 다섯 자리`, until: "열람 기간", hours: (n: number) => `${n}시간`,
  reason: "요청 이유 (다섯 글자 이상)", send: "요청 보내기", sending: "보내는 중…", sent: "요청을 보냈습니다. 관제센터의 답을 기다립니다.", own: "우리 기관의 요청", none: "보낸 요청이 없습니다.",
  answer: "관제센터의 답", withdraw: "거두기", finish: "열람 끝내기", toCase: "사건 열기", close: "닫기",
  state: { asked: "답을 기다림", approved: "승인됨", refused: "거절됨", withdrawn: "거둠", expired: "답이 없어 만료됨", ended: "열람 끝남" } as Record<string, string>,
  end: {
    until: "열람 기간이 끝났습니다.", withdrawn: "우리 기관이 거두었습니다.", incident_closed: "사건이 종료되었습니다.", agency_done: "우리 기관이 조치를 마쳤습니다.",
    no_agreement: "협약의 효력이 끝났습니다.", unanswered: "관제센터가 제때 답하지 못했습니다. 전화로 요청하세요.", refused: "관제센터가 거절했습니다.",
  } as Record<string, string>,
  waited: (clock: string) => `기다린 시간 ${clock}`, left: (clock: string) => `남은 시간 ${clock}`, untilAt: (at: string) => `${at}까지`,
  where: "볼 곳", tools: { point: "지점", circle: "원", box: "네모", polygon: "다각형" }, toolsLabel: "그리는 방법",
  hints: {
    point: "지도를 눌러 지점을 정하세요.", circle: "가운데를 누르고 넓힌 뒤 다시 누르세요.", box: "한쪽 모서리를 누르고 반대쪽 모서리를 누르세요.", polygon: "모서리를 차례로 누르고, 마지막은 두 번 누르세요.",
  },
  byCenter: "지도 가운데로 정하기", byCenterHint: "마우스 없이: 지도를 방향키로 옮긴 뒤 이 버튼을 누르세요.", radius: "반경", clear: "지우기",
  fields: "좌표로 적기", lat: "위도", lon: "경도", useFields: "이 좌표로", badPlace: "위도는 33에서 39, 경도는 124에서 132 사이의 숫자로 적어 주세요.",
  nothing: "아직 볼 곳을 정하지 않았습니다.", point: (lat: string, lon: string) => `지점 ${lat}, ${lon}`, area: (km2: string) => `구역 ${km2} km²`,
  tooBig: "구역이 25 km²를 넘습니다. 나누어 요청하세요.", needWhere: "볼 곳을 지도에서 정해 주세요.",
  cameras: (n: number, shown: number) => (n > shown ? `이 구역의 카메라 ${n}대 가운데 ${shown}대` : `이 구역의 카메라 ${n}대`), noCameras: "이 구역에는 등록된 카메라가 없습니다.", looking: "구역의 카메라를 세는 중…",
  mapLabel: "볼 곳을 정하는 지도",
};
const en: typeof ko = {
  button: (n) => (n > 0 ? `Ask for video · ${n} waiting` : "Ask for video"), title: "Ask for video by case number",
  lead: "Send your case number, the reason and where to look. When the control center approves, the case appears in your list with its cameras.",
  caseNo: "Case number", caseHint: (kind) => `${kind}-day-five digits`, until: "For", hours: (n) => `${n} h`,
  reason: "Reason (five letters or more)", send: "Send the request", sending: "Sending…", sent: "Sent. The control center will answer.", own: "Requests of your agency", none: "No request has been sent.",
  answer: "The center's answer", withdraw: "Withdraw", finish: "Finish viewing", toCase: "Open the case", close: "Close",
  state: { asked: "waiting", approved: "approved", refused: "refused", withdrawn: "withdrawn", expired: "expired unanswered", ended: "ended" },
  end: {
    until: "The time is over.", withdrawn: "Your agency withdrew it.", incident_closed: "The incident is closed.", agency_done: "Your agency has finished.",
    no_agreement: "The agreement is no longer in force.", unanswered: "The center did not answer in time: call them.", refused: "The center refused it.",
  },
  waited: (clock) => `waiting ${clock}`, left: (clock) => `${clock} left`, untilAt: (at) => `until ${at}`,
  where: "Where to look", tools: { point: "Place", circle: "Circle", box: "Box", polygon: "Polygon" }, toolsLabel: "How to draw",
  hints: {
    point: "Press on the map to set the place.", circle: "Press the middle, widen, press again.", box: "Press one corner, then the opposite one.", polygon: "Press the corners in turn, the last one twice.",
  },
  byCenter: "Use the middle of the map", byCenterHint: "Without a mouse: move the map by the arrow keys, then press this.", radius: "Radius", clear: "Clear",
  fields: "By coordinates", lat: "Latitude", lon: "Longitude", useFields: "Use these", badPlace: "Write a latitude from 33 to 39 and a longitude from 124 to 132.",
  nothing: "Nothing chosen yet.", point: (lat, lon) => `place ${lat}, ${lon}`, area: (km2) => `area of ${km2} km²`,
  tooBig: "The area is larger than 25 km². Ask for parts of it.", needWhere: "Choose on the map where to look.",
  cameras: (n, shown) => (n > shown ? `${shown} of ${n} cameras in this area` : `${n} camera${n === 1 ? "" : "s"} in this area`), noCameras: "No camera is registered in this area.", looking: "Counting the cameras…",
  mapLabel: "Map to choose where to look",
};

export const q = texts(ko, en);
