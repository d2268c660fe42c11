import { texts } from "../lang";

const ko = {
  title: "안심 귀가 알림", otherLanguage: "English",
  head: {
    walk_begun: (name: string) => `${name} 님이 귀가를 시작했습니다`,
    walk_arrived: (name: string) => `${name} 님이 도착했습니다`,
    walk_late: (name: string) => `${name} 님이 확인에 답하지 않습니다`,
    walk_raised: (name: string) => `${name} 님의 상황을 관제센터에 신고했습니다`,
  } as Record<string, (name: string) => string>,
  lead: {
    walk_begun: "도착하거나 무슨 일이 있으면 다시 알려 드립니다. 지금 할 일은 없습니다.",
    walk_arrived: "무사히 도착했다고 알려 왔습니다.",
    walk_late: "예정과 다르게 움직이거나 멈춰 있습니다. 전화해 보시고, 받지 않거나 위급하면 112에 신고하세요.",
    walk_raised: "끝까지 답이 없어 관제센터가 확인하고 있습니다. 새로 아는 것이 있으면 112에 알려 주세요.",
  } as Record<string, string>,
  at: (time: string) => `${time} 알림`,
  seen: "확인했습니다", seenBusy: "보내는 중…", seenDone: (time: string) => `${time}에 확인했다고 전했습니다`,
  seenWhy: "누르면 다시 전화로 알리지 않습니다. 본인에게는 확인했다고 보입니다.",
  placeHead: "지금 위치", digits: "내 휴대전화 번호 뒤 네 자리", show: "위치 보기", opening: "확인하는 중…",
  fourDigits: "숫자 네 자리를 입력하세요.", none: "아직 받은 위치가 없습니다.",
  fresh: (ago: string) => `${ago} 위치`, last: (ago: string) => `마지막으로 알려진 위치 · ${ago}`, eta: (time: string) => `도착 예정 ${time}`,
  ago: (s: number) => (s < 60 ? `${Math.max(0, Math.round(s))}초 전` : `${Math.round(s / 60)}분 전`),
  privacy: "위치를 보면 본인의 기록에 남습니다. 귀가가 끝나면 더 보이지 않습니다.",
  calls: "전화", call112: "112 신고", goneHead: "볼 수 없는 알림입니다", gone: "끝났거나 없는 주소입니다.", loading: "불러오는 중…",
};

const en: typeof ko = {
  title: "Ansim walk home", otherLanguage: "한국어",
  head: {
    walk_begun: (name) => `${name} has set out`,
    walk_arrived: (name) => `${name} has arrived`,
    walk_late: (name) => `${name} does not answer`,
    walk_raised: (name) => `The control center has been alerted about ${name}`,
  },
  lead: {
    walk_begun: "You hear from us when she arrives, or if something is wrong. There is nothing to do now.",
    walk_arrived: "She is where she was going.",
    walk_late: "She is not moving as planned. Call her; if she does not answer or it is urgent, call 112.",
    walk_raised: "She has not answered, and the control center is looking into it. If you learn something, tell 112.",
  },
  at: (time) => `Told at ${time}`,
  seen: "I have seen this", seenBusy: "Sending…", seenDone: (time) => `Said so at ${time}`,
  seenWhy: "Then we do not telephone you about it. She can see that you have.",
  placeHead: "Where she is", digits: "Last four digits of your own number", show: "Show the place", opening: "Checking…",
  fourDigits: "Enter four digits.", none: "No place has come yet.",
  fresh: (ago) => `Place of ${ago}`, last: (ago) => `Last known place · ${ago}`, eta: (time) => `Expected at ${time}`,
  ago: (s) => (s < 60 ? `${Math.max(0, Math.round(s))} s ago` : `${Math.round(s / 60)} min ago`),
  privacy: "Looking is written to her own record. After the walk nothing is shown any more.",
  calls: "Calls", call112: "Call 112", goneHead: "Nothing to see here", gone: "It has ended, or there is no such page.", loading: "Loading…",
};

export const t = texts(ko, en);
