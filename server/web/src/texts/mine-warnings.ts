import { texts } from "../lang";

const ko = {
  head: "재난 경보", closed: "재난 경보를 받으시겠어요?", open: "받는 시·군·구", where: "시·군·구 고르기", whereHint: (most: number) => `${most}곳까지. 사는 곳과 자주 다니는 곳을 고르세요.`, add: "더하기", remove: (name: string) => `${name} 빼기`,
  read: "동의문 읽기", agree: "위 내용에 동의하고 받기", end: "그만 받기", endSays: "고른 시·군·구를 곧바로 지웁니다. 그 뒤에는 재난 경보를 알려 드리지 않습니다.",
  phone: "알림은 안심 앱이 설치된 휴대전화로, 켜 두면 이 브라우저로도 갑니다. 구역 안에 있는지는 휴대전화나 이 화면이 스스로 확인합니다.",
  running: "진행 중", over: "끝남", until: (at: string) => `${at}까지`,
  standing: { inside: "지금 계신 곳이 경보 구역입니다", outside: "지금 계신 곳은 경보 구역이 아닙니다", unknown: "고른 곳의 다른 구역일 수 있습니다" }, none: "고른 곳에 진행 중인 경보가 없습니다.",
  find: "내 위치로 확인", finding: "위치를 찾는 중…", findWhy: "위치는 이 화면에만 있고 어디에도 보내지 않습니다.", findRefused: "위치를 알 수 없어 고른 시·군·구의 경보를 모두 보여 드립니다.", hereKnown: "이 화면이 지금 위치로 확인했습니다. 위치는 어디에도 보내지 않았습니다.",
  hereOff: "이 브라우저로도 알림을 받을 수 있습니다. 알림에는 읽을 것이 있다는 말만 있습니다.", hereOn: "이 브라우저로 알림이 옵니다.", turnOn: "이 브라우저로 받기", turnOff: "이 브라우저 알림 끄기",
  hereDenied: "이 브라우저에서 알림이 막혀 있습니다. 주소창의 자물쇠를 눌러 허용한 뒤 다시 여세요.", hereFailed: "이 브라우저에서는 알림을 켜지 못했습니다.", hereNever: "이 브라우저는 알림을 받지 못합니다.", hereHome: "아이폰은 이 화면을 홈 화면에 두어야 알림이 옵니다.",
  severity: { Extreme: "매우 심각", Severe: "심각", Moderate: "보통", Minor: "경미", Unknown: "정도 모름" } as Record<string, string>,
};
const en: typeof ko = {
  head: "Disaster warnings", closed: "Do you want to be warned of disasters?", open: "Municipalities", where: "Choose a municipality", whereHint: (most) => `Up to ${most}: where you live and often go.`, add: "Add", remove: (name) => `Remove ${name}`,
  read: "Read what you agree to", agree: "I agree; warn me", end: "No more warnings", endSays: "The municipalities you chose are deleted at once. After that you are told of no disaster.",
  phone: "You are told on the phone that has the Ansim app, and in this browser where you turn it on. The phone or this page finds out by itself whether you are in the area.",
  running: "running", over: "over", until: (at) => `until ${at}`,
  standing: { inside: "you are in the area of the warning", outside: "you are not in its area now", unknown: "it may be another part of the municipality" }, none: "No warning is running where you chose.",
  find: "Check with my place", finding: "Looking for your place…", findWhy: "Your place stays in this page and is sent nowhere.", findRefused: "Your place is not known, so all warnings of your municipalities are shown.", hereKnown: "This page has checked with your place now, and sent it nowhere.",
  hereOff: "You can be told in this browser, too. A notification says only that there is something to read.", hereOn: "This browser is told.", turnOn: "Tell this browser", turnOff: "No more in this browser",
  hereDenied: "Notifications are blocked in this browser. Press the lock beside the address, allow them, and open this page again.", hereFailed: "This browser could not turn notifications on.", hereNever: "This browser can't show notifications.", hereHome: "An iPhone notifies only from the home screen: add this page to it.",
  severity: { Extreme: "Extreme", Severe: "Severe", Moderate: "Moderate", Minor: "Minor", Unknown: "Severity unknown" },
};
export const t = texts(ko, en);
