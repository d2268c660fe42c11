import { texts } from "../lang";

/** Alerts that belong together: groups, links, merge and split. */
const ko = {
  head: "함께 볼 신고",
  group: (n: number) => `신고 ${n}건 · 같은 장소`,
  linkedGroup: (n: number) => `신고 ${n}건 · 연결됨`,
  inOne: (n: number) => `신고 ${n}건 묶음`,
  again: "다시 신고함",
  againBanner: "본인이 다시 눌렀습니다. 확인했으면 ‘들었습니다’를 누르세요.",
  heard: "들었습니다",
  alerts: "이 사건의 신고",
  nth: (n: number) => `${n}번째 신고`,
  phase: { pre: "사전 신고", active: "신고 중", ended: "본인이 끝냄" } as Record<string, string>,
  moved: "다른 센터로 넘어감",
  kind: {
    same_person: "같은 사람", same_place: "같은 장소", same_number: "같은 번호 — 본인인지 확인 필요", manual: "연결함",
  } as Record<string, string>,
  more: (n: number) => `외 ${n}건`,
  elsewhere: (center: string) => `${center} 사건`,
  open: "열기",
  merge: "합치기", link: "연결", unlink: "연결 풀기", split: "떼어내기",
  other: "다른 사건", choose: "사건 고르기",
  mergeHint: "합치면 이 사건의 신고가 고른 사건으로 옮겨 갑니다. 되돌릴 수 있습니다.",
  undo: "되돌리기",
  merged: "두 사건을 합쳤습니다.", linked: "연결했습니다.", unlinked: "연결을 풀었습니다.", splitDone: "신고를 떼어냈습니다.",
  mergedInto: "다른 사건에 합쳐졌습니다", openTarget: "합쳐진 사건 열기",
};
const en: typeof ko = {
  head: "Alerts to see together",
  group: (n) => `${n} alerts · same place`,
  linkedGroup: (n) => `${n} alerts · linked`,
  inOne: (n) => `${n} alerts in one`,
  again: "Pressed again",
  againBanner: "The person has pressed again. Once you know, press “Heard”.",
  heard: "Heard",
  alerts: "Alerts of this incident",
  nth: (n) => `Alert ${n}`,
  phase: { pre: "pre-alert", active: "active", ended: "ended by the person" },
  moved: "moved to another center",
  kind: { same_person: "same person", same_place: "same place", same_number: "same number — check who it is", manual: "linked" },
  more: (n) => `and ${n} more`,
  elsewhere: (center) => `incident of ${center}`,
  open: "Open",
  merge: "Merge", link: "Link", unlink: "Unlink", split: "Split off",
  other: "Other incident", choose: "Choose an incident",
  mergeHint: "Merging moves this incident's alerts into the chosen one. It can be undone.",
  undo: "Undo",
  merged: "The two incidents are one.", linked: "Linked.", unlinked: "The link is gone.", splitDone: "The alert was split off.",
  mergedInto: "Merged into another incident", openTarget: "Open that incident",
};

export const l = texts(ko, en);
