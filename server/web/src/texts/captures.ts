import { texts } from "../lang";

/** What a person's own phone has sent: photos and sound. */
const ko = {
  head: "휴대전화에서 온 사진·소리", headAgency: "기관이 보낸 사진·센서 값",
  lens: { back: "뒤쪽 렌즈", front: "앞쪽 렌즈", agency: "기관이 보냄" } as Record<string, string>,
  ago: (s: number) => (s < 10 ? "방금" : s < 60 ? `${Math.floor(s / 10) * 10}초 전` : s < 3600 ? `${Math.floor(s / 60)}분 전` : `${Math.floor(s / 3600)}시간 전`),
  photo: (at: string, lens: string) => `${at} ${lens} 사진 크게 보기`, picture: (at: string, lens: string) => `${at} ${lens} 사진`,
  sound: (at: string, s: number) => `${at} 소리 ${s}초`, seconds: (s: number) => `${s}초`, play: "듣기", pause: "멈춤",
  receiving: (got: number, all: number) => `받는 중 ${got}/${all}`, partly: (got: number, all: number) => `일부만 옴 ${got}/${all}`,
  broken: "이음이 맞지 않음", brokenHint: "조각의 이음(해시)이 맞지 않습니다. 빠졌거나 바뀐 조각이 있을 수 있습니다.",
  missing: (n: number) => `아직 오지 않은 조각 ${n}개`,
  earlier: (n: number) => `이전 사진 ${n}장 더`, earlierSounds: (n: number) => `이전 소리 ${n}개 더`, close: "닫기", retry: "다시 시도",
  before: "더 이전", after: "더 최근", nth: (n: number, all: number) => `${n} / ${all}`, walk: "← → 다음 사진 · Esc 닫기",
  taken: (at: string) => `찍은 때 ${at} (휴대전화 시계)`, received: (at: string) => `받은 때 ${at}`,
  unseen: "지금은 보이지 않습니다", unheard: "재생할 수 없습니다",
  emptyAgency: "기관이 보낸 사진이나 값이 없습니다. 찾기가 끝나면 곧바로 지워집니다.", unread: "읽을 수 없습니다",
  empty: "아직 온 것이 없습니다. 신고가 확정된 뒤, 본인이 켜 둔 때에만 옵니다.",
  forbidden: "이 계정에는 사진·소리를 볼 권한이 없습니다.", loading: "불러오는 중입니다.",
  test: "시험", testLead: "훈련에서는 사진·소리를 찍지 않습니다. 오는 길을 시험하는 항목만 옵니다.",
  testEmpty: "시험 항목이 아직 오지 않았습니다.", testItem: "시험 항목이 도착했습니다 (사진 아님)",
  arrived: (photos: number, sounds: number, readings: number) => `${[photos && `사진 ${photos}장`, sounds && `소리 ${sounds}개`, readings && `센서 값 ${readings}개`].filter(Boolean).join(", ")} 도착.`,
  mark: "휴대전화에서 온 새 사진·소리",
};
const en: typeof ko = {
  head: "From her phone", headAgency: "Photos and readings of the agency",
  lens: { back: "Back lens", front: "Front lens", agency: "Sent by the agency" },
  ago: (s) => (s < 10 ? "just now" : s < 60 ? `${Math.floor(s / 10) * 10} s ago` : s < 3600 ? `${Math.floor(s / 60)} min ago` : `${Math.floor(s / 3600)} h ago`),
  photo: (at, lens) => `${at}, ${lens}: enlarge the photo`, picture: (at, lens) => `Photo of ${at}, ${lens}`,
  sound: (at, s) => `${at} sound, ${s} s`, seconds: (s) => `${s} s`, play: "Play", pause: "Pause",
  receiving: (got, all) => `Receiving ${got}/${all}`, partly: (got, all) => `Only ${got}/${all} came`,
  broken: "Chain broken", brokenHint: "The chain of hashes does not hold: a piece may be missing or changed.",
  missing: (n) => `${n} ${n === 1 ? "piece has" : "pieces have"} not come yet`,
  earlier: (n) => `${n} earlier`, earlierSounds: (n) => `${n} earlier ${n === 1 ? "sound" : "sounds"}`, close: "Close", retry: "Try again",
  before: "Earlier", after: "Later", nth: (n, all) => `${n} of ${all}`, walk: "← → next photo · Esc closes",
  taken: (at) => `Taken ${at} (by the phone's clock)`, received: (at) => `received ${at}`,
  unseen: "Can't be shown now", unheard: "Can't be played",
  emptyAgency: "The agency has sent no photo and no reading. They are deleted as soon as the search ends.", unread: "Can't be read",
  empty: "Nothing has come yet. They begin when the alert is active, if she left that on.",
  forbidden: "This account may not see photos or hear sound.", loading: "Loading.",
  test: "Test", testLead: "A drill takes no photos and no sound. Only an item that tries the way is sent.",
  testEmpty: "The test item has not come yet.", testItem: "The test item has arrived (no photo)",
  arrived: (photos, sounds) => `${[photos && `${photos} ${photos === 1 ? "photo" : "photos"}`, sounds && `${sounds} ${sounds === 1 ? "sound" : "sounds"}`].filter(Boolean).join(" and ")} came from her phone.`,
  mark: "New photos or sound from her phone",
};

export const c = texts(ko, en);
