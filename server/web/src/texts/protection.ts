import { texts } from "../lang";

const ko = {
  head: "접근 경보", closed: "법무부에서 받은 코드가 있으신가요?", code: "법무부에서 받은 코드", codeHint: "영문과 숫자 20자. 띄어쓰기와 대소문자는 상관없습니다.",
  read: "동의문 읽기", agree: "위 내용에 동의하고 등록", since: (at: string) => `${at}에 등록`,
  tested: (at: string) => `${at}에 시험 경보가 이곳까지 왔습니다`, untested: "아직 시험하지 않았습니다",
  end: "등록 지우기", endSays: "코드와 받은 경보를 곧바로 지웁니다. 그 뒤에는 가까이 와도 알려 드리지 못합니다.",
  running: "진행 중", over: "끝남",
  bands: { within_300: "300 m 안", within_1000: "1 km 안", within_3000: "3 km 안", unknown: "거리는 모름" } as Record<string, string>,
  directions: { north: "북쪽", northeast: "북동쪽", east: "동쪽", southeast: "남동쪽", south: "남쪽", southwest: "남서쪽", west: "서쪽", northwest: "북서쪽" } as Record<string, string>,
};
const en: typeof ko = {
  head: "Warning of an approach", closed: "Has the ministry given you a code?", code: "The ministry's code", codeHint: "20 letters and digits; blanks and capitals do not matter.",
  read: "Read what you agree to", agree: "I agree; register", since: (at) => `registered ${at}`,
  tested: (at) => `a test warning reached this center ${at}`, untested: "not tested yet",
  end: "Delete", endSays: "The code and its warnings are deleted at once. After that we can't tell you when somebody comes near.",
  running: "running", over: "over",
  bands: { within_300: "within 300 m", within_1000: "within 1 km", within_3000: "within 3 km", unknown: "distance not known" },
  directions: { north: "north", northeast: "northeast", east: "east", southeast: "southeast", south: "south", southwest: "southwest", west: "west", northwest: "northwest" },
};

export const t = texts(ko, en);
