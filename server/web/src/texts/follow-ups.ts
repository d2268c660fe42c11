import { texts } from "../lang";

/** What an agency asks the center for beside its request, at its desk and at the seat. */
const ko = {
  head: "관제센터에 더 요청", kinds: { photo: "사진", route: "예상 도주로", evidence: "증거 영상" } as Record<string, string>, ask: (what: string) => `${what} 요청`,
  asked: (what: string) => `요청했습니다: ${what}. 답은 대화와 지도에 나타납니다.`, wordless: "전자감독 요청에는 글을 보낼 수 없습니다. 급하면 관제센터에 전화하세요.",
  line: (what: string) => `${what} 요청`, waits: (agency: string, what: string, at: string) => `${agency} — ${what} 요청 · ${at}`,
  state: { asked: "답을 기다림", answered: "답함", refused: "거절됨", lapsed: "답 없이 끝남" } as Record<string, string>,
  by: { still: "화면을 보냄", sighting: "목격을 남김", package: "증거 꾸러미를 만듦", words: "말로 답함" } as Record<string, string>,
  reasons: { no_picture: "해당하는 영상이 없음", not_agreed: "협약에서 허용하지 않음", by_letter: "공문이나 영장이 필요함", busy: "지금은 할 수 없음", by_telephone: "전화로 설명함" } as Record<string, string>,
  said: "말로 답했음", refuse: "거절", refuseWhy: "거절하는 이유", refuseNow: "거절 확인", back: "돌아가기", past: "지난 추가 요청", own: "우리가 더 요청한 것",
  do: { photo: "화면 보내기", route: "목격 경로 보기", evidence: "증거 꾸러미" } as Record<string, string>,
  hint: { route: "카메라의 ‘여기서 봤음’으로 목격을 남기면 기관 지도에 경로와 다음에 지날 카메라가 나타납니다." } as Record<string, string>,
  next: "다음에 지날 카메라", about: (at: string) => `${at}쯤`, see: "사진 보기", still: (camera: string, at: string) => `${camera || "카메라"} · ${at}`, stillFailed: "사진을 불러오지 못했습니다.", close: "닫기",
};
const en: typeof ko = {
  head: "Ask the center for more", kinds: { photo: "a photo", route: "the likely route", evidence: "evidence" }, ask: (what) => `Ask for ${what}`,
  asked: (what) => `Asked for ${what}. The answer comes to the messages and the map.`, wordless: "No words go with a monitoring request. Telephone the center if it is urgent.",
  line: (what) => `asks for ${what}`, waits: (agency, what, at) => `${agency} asks for ${what} · ${at}`,
  state: { asked: "waits for an answer", answered: "answered", refused: "refused", lapsed: "ended without an answer" },
  by: { still: "a still was sent", sighting: "a sighting was marked", package: "an evidence package was made", words: "answered in words" },
  reasons: { no_picture: "there is no such picture", not_agreed: "the agreement does not allow it", by_letter: "needs an official letter or a warrant", busy: "not possible now", by_telephone: "explained by telephone" },
  said: "Answered in words", refuse: "Refuse", refuseWhy: "Why it is refused", refuseNow: "Refuse it", back: "Back", past: "Asked for before", own: "What we asked for more",
  do: { photo: "Send a still", route: "Show the trail", evidence: "Evidence package" },
  hint: { route: "Mark sightings at a camera: the agency's map then shows the trail and the cameras that come next." },
  next: "Cameras that come next", about: (at) => `about ${at}`, see: "See the picture", still: (camera, at) => `${camera || "camera"} · ${at}`, stillFailed: "The picture could not be loaded.", close: "Close",
};

export const u = texts(ko, en);
