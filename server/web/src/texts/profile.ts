import { texts } from "../lang";

/** What a person has written of herself for whoever comes. */
const ko = {
  head: "본인이 적어 둔 정보", lead: (n: number) => `구조에 쓰라고 적은 정보 ${n}개. 보면 열람 기록에 남고 본인이 확인할 수 있습니다.`,
  show: "보기", hide: "가리기", hideIn: (m: number) => `${m}분 뒤 가림`, none: "적어 둔 정보가 없습니다.", retry: "다시 시도", drill: "훈련 — 실제 신고가 아닙니다.",
  groups: { where: "있는 곳", health: "건강", talk: "언어·연락", who: "사람", note: "메모", other: "그 밖" },
  keys: {
    home_address: "집 주소", home_floor: "층·호수", home_door: "들어가는 방법", floor_hint: "층 추정", conditions: "앓고 있는 병", medicines: "먹는 약", allergies: "알레르기",
    blood_type: "혈액형", needs: "구조할 때 알아야 할 것", language: "쓰는 말", languages: "쓰는 말", call: "전화", full_name: "이름", birth_year: "태어난 해", looks: "생김새·옷차림", note: "메모",
  } as Record<string, string>,
  health: "의료 정보", who: "사람", healthLead: "본인이 119에 보이기로 한 정보입니다. 보면 열람 기록에 남고 본인이 확인할 수 있습니다.",
  noHealth: "본인이 119에 보이기로 한 의료 정보가 없습니다.", healthLater: "접수한 뒤에 볼 수 있습니다.",
  silent: "조용히 — 전화벨이 울리지 않게 해 주세요",
  floor: (n: number, off: string) => `${n === 0 ? "하늘이 보이던 마지막 곳과 같은 높이" : `하늘이 보이던 마지막 곳보다 ${Math.abs(n)}층 ${n > 0 ? "위" : "아래"}`} (기압계 추정, ±${off}층)`,
};
const en: typeof ko = {
  head: "What she wrote for rescuers", lead: (n) => `${n} ${n === 1 ? "fact" : "facts"} for whoever comes. Looking is put on record, and she can see that you looked.`,
  show: "Show", hide: "Mask", hideIn: (m) => `masked in ${m} min`, none: "Nothing has been written down.", retry: "Try again", drill: "Drill: this is no real alert.",
  groups: { where: "Where exactly", health: "Health", talk: "Language and contact", who: "The person", note: "Note", other: "Other" },
  keys: {
    home_address: "Home address", home_floor: "Floor and flat", home_door: "How to get in", floor_hint: "Floor, estimated", conditions: "Conditions", medicines: "Medicines", allergies: "Allergies",
    blood_type: "Blood type", needs: "What rescuers should know", language: "Language", languages: "Languages", call: "Telephone", full_name: "Full name", birth_year: "Year of birth", looks: "Looks and clothes", note: "Note",
  },
  health: "Medical facts", who: "Person", healthLead: "She agreed to show these to 119. Looking is put on record, and she can see that you looked.",
  noHealth: "There are no medical facts that she agreed to show to 119.", healthLater: "To be seen once the case is accepted.",
  silent: "Quietly: don't let her phone ring",
  floor: (n, off) => `${n === 0 ? "level with" : `${Math.abs(n)} ${Math.abs(n) === 1 ? "floor" : "floors"} ${n > 0 ? "above" : "below"}`} the last place under open sky (barometer, ±${off} ${off === "1" ? "floor" : "floors"})`,
};

export const p = texts(ko, en);
