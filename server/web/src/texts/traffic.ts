import { texts } from "../lang";

/** How roads run, when units arrive, green lights, and what crews should know at a place. */
const ko = {
  show: "교통 상황", legend: "교통 상황", levels: { free: "원활", slow: "서행", jammed: "정체", closed: "통제" } as Record<string, string>,
  signs: { free: "가는 실선", slow: "끊긴 선", jammed: "굵은 선", closed: "점선" } as Record<string, string>,
  asOf: (time: string) => `${time} 기준`, stale: (time: string) => `오래된 자료 · ${time} 기준`, simulated: "모의 자료", source: (name: string) => `출처 ${name}`,
  none: "교통 정보가 연결되어 있지 않습니다.", away: "교통 정보가 응답하지 않습니다. 잠시 뒤 다시 묻습니다.", loading: "교통 정보를 불러오는 중…", zoom: "지도를 확대하면 교통 상황이 보입니다.",
  words: "막히는 길", allFree: "화면 안에 막히는 길이 없습니다.", more: (n: number) => `그 밖에 ${n}곳`, noName: "이름 없는 길",
  road: (name: string, level: string, kph: number | null) => `${name}: ${level}${kph === null ? "" : `, ${kph} km/h`}`,
  map: "출동 구역의 교통 상황 지도",
  eta: { at: (time: string, left: string) => `도착 예정 ${time} (${left})`, minutes: (n: number) => (n <= 0 ? "곧 도착" : `${n}분 뒤`), agency: "기관이 알림", traffic: "교통 정보로 계산", simulated: "모의 계산" },
  priority: {
    ask: "신호 우선 요청", withdraw: "신호 우선 끝내기", asking: "보내는 중…", states: { requested: "신호 우선 요청함 — 답을 기다림", granted: "신호 우선 진행 중", refused: "신호 우선 안 됨", ended: "신호 우선 끝남" } as Record<string, string>,
    reasons: { no_answer: "2분 동안 답이 없음", withdrawn: "관제에서 끝냄", expired: "30분이 지남", dispatch_on_scene: "현장 도착", dispatch_done: "출동 종료", dispatch_declined: "출동 취소", dispatch_cancelled: "출동 취소" } as Record<string, string>,
    simulated: "모의",
  },
  notes: {
    head: "출입 안내", none: "이 근처에 적어 둔 출입 안내가 없습니다.", add: "출입 안내 적기", edit: "고치기", end: "끝내기", undo: "되돌리기", ended: "출입 안내를 끝냈습니다.", failed: "출입 안내를 불러오지 못했습니다.", retry: "다시 시도",
    kinds: { entrance: "출입구", door_code: "출입 번호", stairs: "계단·승강기", hydrant: "소화전", hazard: "위험", other: "그 밖" } as Record<string, string>,
    away: (m: number) => (m <= 5 ? "바로 이곳" : `${m} m 옆`), until: (day: string) => `${day}까지`, by: (name: string) => `적은 사람 ${name}`,
    title: "출입 안내 적기", editTitle: "출입 안내 고치기", lead: "이 자리에서 신고가 나면 관제 화면과, 출동을 받은 기관과 대원에게만 보입니다. 보인 때마다 기록에 남습니다.",
    kind: "종류", text: "내용", textHint: "500자까지. 사람의 이름이나 전화번호는 적지 마세요.", place: "위치 (위도, 경도)", placeHint: "처음에는 신고 위치입니다.", badPlace: "37.40150, 126.92270 처럼 적어 주세요.",
    radius: "보이는 범위", metres: (n: number) => `${n} m`, validUntil: "언제까지", save: "저장", cancel: "취소", left: (n: number) => `${n}자 남음`,
    section: "출입 안내", sectionLead: "건물과 자리에 적어 둔 안내입니다. 내용은 근처에서 사건이 났을 때만 보입니다.", empty: "적어 둔 출입 안내가 없습니다.", columns: { kind: "종류", place: "위치", radius: "범위", until: "기한", made: "적은 때", act: "하기" }, keep: "비워 두면 내용은 그대로입니다.", saved: "저장했습니다.",
  },
};

const en: typeof ko = {
  show: "Traffic", legend: "Traffic", levels: { free: "free", slow: "slow", jammed: "jammed", closed: "closed" },
  signs: { free: "thin line", slow: "dashed line", jammed: "thick line", closed: "dotted line" },
  asOf: (time) => `as of ${time}`, stale: (time) => `old data · as of ${time}`, simulated: "simulated", source: (name) => `source ${name}`,
  none: "No traffic information is connected.", away: "The traffic information does not answer. It is asked again shortly.", loading: "Loading traffic information…", zoom: "Zoom in to see the traffic.",
  words: "Where it is slow", allFree: "No slow road in view.", more: (n) => `${n} more`, noName: "unnamed road",
  road: (name, level, kph) => `${name}: ${level}${kph === null ? "" : `, ${kph} km/h`}`,
  map: "Map of traffic where help is on its way",
  eta: { at: (time, left) => `arrives ${time} (${left})`, minutes: (n) => (n <= 0 ? "arriving" : `in ${n} min`), agency: "told by the agency", traffic: "reckoned from traffic", simulated: "simulated" },
  priority: {
    ask: "Ask for green lights", withdraw: "End green lights", asking: "Sending…", states: { requested: "Green lights asked for — waiting", granted: "Green lights are on", refused: "No green lights", ended: "Green lights ended" },
    reasons: { no_answer: "no answer in two minutes", withdrawn: "ended by the center", expired: "half an hour is over", dispatch_on_scene: "on scene", dispatch_done: "dispatch over", dispatch_declined: "dispatch called off", dispatch_cancelled: "dispatch called off" },
    simulated: "simulated",
  },
  notes: {
    head: "Access notes", none: "No access note is kept near here.", add: "Write an access note", edit: "Change", end: "End", undo: "Undo", ended: "The access note has ended.", failed: "The access notes could not be loaded.", retry: "Try again",
    kinds: { entrance: "Entrance", door_code: "Door code", stairs: "Stairs, lift", hydrant: "Hydrant", hazard: "Hazard", other: "Other" },
    away: (m) => (m <= 5 ? "right here" : `${m} m away`), until: (day) => `until ${day}`, by: (name) => `written by ${name}`,
    title: "Write an access note", editTitle: "Change an access note", lead: "For an alert at this place, operators see it, and of agencies and officers only those who took the dispatch. Each showing is on record.",
    kind: "Kind", text: "Note", textHint: "Up to 500 characters. No person's name or number.", place: "Place (latitude, longitude)", placeHint: "At first the place of the alert.", badPlace: "Write it like 37.40150, 126.92270.",
    radius: "Shown within", metres: (n) => `${n} m`, validUntil: "Until", save: "Save", cancel: "Cancel", left: (n) => `${n} left`,
    section: "Access notes", sectionLead: "What is kept at buildings and places. What a note says is shown only when there is an incident nearby.", empty: "No access note is kept.", columns: { kind: "Kind", place: "Place", radius: "Within", until: "Until", made: "Written", act: "Act" }, keep: "Leave it empty to keep the words.", saved: "Saved.",
  },
};

export const tr = texts(ko, en);
