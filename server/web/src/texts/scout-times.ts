import { texts } from "../lang";

/** Free appointments, for her and for the dispatcher. */
const ko = {
  days: ["일", "월", "화", "수", "목", "금", "토"], night: (month: number, day: number, week: string) => `${month}월 ${day}일(${week}) 밤`, tonight: (rest: string) => `오늘 · ${rest}`,
  looking: "예약할 수 있는 시각을 찾는 중…", nothingFree: "예약할 수 있는 시각이 없습니다",
  why: {
    not_here: "이 지역의 귀가 동행은 해당 시·군·구에 문의해 주세요.", feature_off: "이 지역은 지금 귀가 동행을 쉬고 있습니다.", no_offer: "이 지역은 귀가 동행을 운영하지 않습니다.", outside_area: "운영 지역 밖입니다. 만날 곳을 바꿔 주세요.",
  } as Record<string, string>,
};
const en: typeof ko = {
  days: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"], night: (month, day, week) => `Night of ${week} ${month}/${day}`, tonight: (rest) => `Tonight · ${rest}`,
  looking: "Looking for free times…", nothingFree: "No free times",
  why: {
    not_here: "Ask that municipality: it is not served here.", feature_off: "Scouts are paused there now.", no_offer: "No scouts are offered there.", outside_area: "Outside the area; choose another meeting place.",
  },
};
export const w = texts(ko, en);
