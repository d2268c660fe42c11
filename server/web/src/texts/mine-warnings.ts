import { texts } from "../lang";

const ko = {
  head: "재난 경보", closed: "재난 경보를 받으시겠어요?", open: "받는 시·군·구", where: "시·군·구 고르기", whereHint: (most: number) => `${most}곳까지. 사는 곳과 자주 다니는 곳을 고르세요.`, add: "더하기", remove: (name: string) => `${name} 빼기`,
  read: "동의문 읽기", agree: "위 내용에 동의하고 받기", end: "그만 받기", endSays: "고른 시·군·구를 곧바로 지웁니다. 그 뒤에는 재난 경보를 알려 드리지 않습니다.",
  phone: "알림은 안심 앱이 설치된 휴대전화로 갑니다. 구역 안에 있는지는 휴대전화가 스스로 확인합니다.",
  running: "진행 중", over: "끝남", until: (at: string) => `${at}까지`, elsewhere: "고른 곳의 다른 구역일 수 있습니다. 구역은 앱이 확인합니다.",
  severity: { Extreme: "매우 심각", Severe: "심각", Moderate: "보통", Minor: "경미", Unknown: "정도 모름" } as Record<string, string>,
};
const en: typeof ko = {
  head: "Disaster warnings", closed: "Do you want to be warned of disasters?", open: "Municipalities", where: "Choose a municipality", whereHint: (most) => `Up to ${most}: where you live and often go.`, add: "Add", remove: (name) => `Remove ${name}`,
  read: "Read what you agree to", agree: "I agree; warn me", end: "No more warnings", endSays: "The municipalities you chose are deleted at once. After that you are told of no disaster.",
  phone: "You are told on the phone that has the Ansim app. It finds out by itself whether you are in the area.",
  running: "running", over: "over", until: (at) => `until ${at}`, elsewhere: "It may be another part of the municipality; the app looks at the area.",
  severity: { Extreme: "Extreme", Severe: "Severe", Moderate: "Moderate", Minor: "Minor", Unknown: "Severity unknown" },
};
export const t = texts(ko, en);
