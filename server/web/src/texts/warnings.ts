import { texts } from "../lang";

/** Disaster warnings (CAP) as they stand on the operators' map and beside it. */
const ko = {
  button: "재난 경보", title: "재난 경보", none: "진행 중인 경보가 없습니다.", close: "닫기", show: "지도에서 보기", hide: "경보 구역 숨기기", unhide: "경보 구역 보이기",
  severity: { Extreme: "매우 심각", Severe: "심각", Moderate: "보통", Minor: "경미", Unknown: "정도 모름" } as Record<string, string>,
  until: (time: string) => `${time}까지`, from: (time: string) => `${time}부터`, sender: "보낸 곳", area: "구역", description: "상황", instruction: "행동 요령", contact: "연락처", web: "누리집",
  takeOff: "이 센터 지도에서 내리기", takeOffSays: "이 센터의 지도에서만 내립니다. 동의한 사람들에게 가는 알림과 다른 센터의 지도는 그대로입니다. 경보를 끝내는 것은 보낸 기관만 할 수 있습니다.", why: "사유", putBack: "지도에 다시 올리기",
  isOff: (reason: string, at: string) => `${at}부터 이 센터 지도에서 내림 · ${reason}`, offShort: "지도에서 내림", fallen: "이 경보의 근거인 협약이 정지되었거나 끝났습니다. 지도에 그리지 않고 아무에게도 새로 알리지 않습니다.", fallenShort: "협약 효력 없음",
  drill: "훈련", notPublic: "공개하지 않는 경보", told: (n: number) => `알림에 동의한 전화·브라우저 ${n}대에 보냄`, update: "바뀐 경보", codes: "코드", noArea: "이 화면에 그릴 구역이 없습니다.",
  sent: {
    button: "보낸 경보", title: "우리가 보낸 재난 경보", lead: "지난 30일. 경보를 몇 사람이 받았는지는 아무 기관에도 알리지 않습니다.", none: "보낸 경보가 없습니다.", noneHint: "기관 시스템이 CAP 경보를 보내면 여기에 나옵니다.", again: "새로 고침", centers: "관제센터",
    state: { running: "진행 중", hidden: "지도에서 내림", agreement: "협약 효력 없음", replaced: "바뀜(Update)", cancelled: "끝냄(Cancel)", expired: "기한이 지남" } as Record<string, string>,
    hidden: { over: "이곳에서는 끝난 상황", wrong_area: "구역이 잘못됨", duplicate: "같은 경보가 이미 있음", mistake: "잘못 보낸 경보", in_the_way: "업무에 방해됨" } as Record<string, string>,
    takeBack: "경보 끝내기", sure: "모든 센터의 지도에서 내리고, 알린 사람들에게 끝났다고 알립니다.", yes: "끝내기", no: "그대로 두기", byRouter: "국가 라우터로 보낸 경보입니다. 보낸 시스템에서 Cancel을 보내 끝내세요.",
  },
  mark: (severity: string, headline: string) => `${severity} · ${headline}`, legend: "재난 경보 구역(무늬가 촘촘할수록 심각)",
};
const en: typeof ko = {
  button: "Warnings", title: "Disaster warnings", none: "No warning is running.", close: "Close", show: "Show on the map", hide: "Hide the areas", unhide: "Show the areas",
  severity: { Extreme: "Extreme", Severe: "Severe", Moderate: "Moderate", Minor: "Minor", Unknown: "Severity unknown" } as Record<string, string>,
  until: (time) => `until ${time}`, from: (time) => `from ${time}`, sender: "Sent by", area: "Area", description: "What happens", instruction: "What to do", contact: "Contact", web: "Web page",
  takeOff: "Take it off this center's map", takeOffSays: "Off this center's map alone. People who agreed are told all the same, and other centers draw it. Only the agency that sent it can call it off.", why: "Reason", putBack: "Draw it again",
  isOff: (reason, at) => `off this center's map since ${at} · ${reason}`, offShort: "off the map", fallen: "The agreement it stands on is suspended or over: it is not drawn, and nobody new is told.", fallenShort: "agreement not in force",
  drill: "Exercise", notPublic: "Not for the public", told: (n) => `sent to ${n} ${n === 1 ? "phone or browser" : "phones and browsers"} that agreed`, update: "Updated", codes: "Codes", noArea: "There is no area to draw here.",
  sent: {
    button: "Sent warnings", title: "Disaster warnings that we sent", lead: "The last 30 days. How many people a warning reached is told to no agency.", none: "No warning was sent.", noneHint: "What your system sends as CAP stands here.", again: "Read again", centers: "Control centers",
    state: { running: "running", hidden: "off the map", agreement: "agreement not in force", replaced: "replaced (Update)", cancelled: "called off (Cancel)", expired: "expired" },
    hidden: { over: "it is over here", wrong_area: "the area is wrong", duplicate: "the same stands already", mistake: "sent by mistake", in_the_way: "in the way of the work" },
    takeBack: "Call it off", sure: "It goes from the map of every center, and those who were told hear that it is over.", yes: "Call it off now", no: "Leave it", byRouter: "It was sent by the national router: send a Cancel from the system it came from.",
  },
  mark: (severity, headline) => `${severity} · ${headline}`, legend: "area of a disaster warning (closer stripes: graver)",
};
export const w = texts(ko, en);
