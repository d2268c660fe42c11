import { texts } from "../lang";

/** What a person's own phone has sent: photos and sound. */
const ko = {
  head: "휴대전화에서 온 사진·소리",
  lens: { back: "뒤쪽", front: "앞쪽" } as Record<string, string>,
  photo: (at: string, lens: string) => `${at} ${lens} 사진 크게 보기`, sound: (at: string, s: number) => `${at} 소리 ${s}초`,
  receiving: (got: number, all: number) => `받는 중 ${got}/${all}`,
  broken: "이음이 맞지 않음", brokenHint: "조각의 이음(해시)이 맞지 않습니다. 빠졌거나 바뀐 조각이 있을 수 있습니다.",
  missing: (n: number) => `아직 오지 않은 조각 ${n}개`,
  earlier: (n: number) => `이전 것 ${n}개 더`, close: "닫기", retry: "다시 시도", waiting: "첫 사진을 받는 중입니다.",
};
const en: typeof ko = {
  head: "From her phone",
  lens: { back: "Back", front: "Front" },
  photo: (at, lens) => `${at} ${lens}: enlarge the photo`, sound: (at, s) => `${at} sound, ${s} s`,
  receiving: (got, all) => `Receiving ${got}/${all}`,
  broken: "Chain broken", brokenHint: "The chain of hashes does not hold: a piece may be missing or changed.",
  missing: (n) => `${n} ${n === 1 ? "piece has" : "pieces have"} not come yet`,
  earlier: (n) => `${n} earlier`, close: "Close", retry: "Try again", waiting: "The first photo is on its way.",
};

export const c = texts(ko, en);
