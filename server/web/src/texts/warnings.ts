import { texts } from "../lang";

/** Disaster warnings (CAP) as they stand on the operators' map and beside it. */
const ko = {
  button: "재난 경보", title: "재난 경보", none: "진행 중인 경보가 없습니다.", close: "닫기", show: "지도에서 보기", hide: "경보 구역 숨기기", unhide: "경보 구역 보이기",
  severity: { Extreme: "매우 심각", Severe: "심각", Moderate: "보통", Minor: "경미", Unknown: "정도 모름" } as Record<string, string>,
  until: (time: string) => `${time}까지`, from: (time: string) => `${time}부터`, sender: "보낸 곳", area: "구역", description: "상황", instruction: "행동 요령", contact: "연락처", web: "누리집",
  drill: "훈련", notPublic: "공개하지 않는 경보", told: (n: number) => `알림에 동의한 전화 ${n}대에 보냄`, update: "바뀐 경보", codes: "코드", noArea: "이 화면에 그릴 구역이 없습니다.",
  mark: (severity: string, headline: string) => `${severity} · ${headline}`, legend: "재난 경보 구역(무늬가 촘촘할수록 심각)",
};
const en: typeof ko = {
  button: "Warnings", title: "Disaster warnings", none: "No warning is running.", close: "Close", show: "Show on the map", hide: "Hide the areas", unhide: "Show the areas",
  severity: { Extreme: "Extreme", Severe: "Severe", Moderate: "Moderate", Minor: "Minor", Unknown: "Severity unknown" } as Record<string, string>,
  until: (time) => `until ${time}`, from: (time) => `from ${time}`, sender: "Sent by", area: "Area", description: "What happens", instruction: "What to do", contact: "Contact", web: "Web page",
  drill: "Exercise", notPublic: "Not for the public", told: (n) => `sent to ${n} ${n === 1 ? "phone" : "phones"} that agreed`, update: "Updated", codes: "Codes", noArea: "There is no area to draw here.",
  mark: (severity, headline) => `${severity} · ${headline}`, legend: "area of a disaster warning (closer stripes: graver)",
};
export const w = texts(ko, en);
