import { texts } from "../lang";

const MINUTE_S = 60;

const ko = {
  sosHead: (name: string) => `${name} 님의 SOS가 진행 중입니다`, sosLead: "본인에게 전화하지 마세요. 진행 상황 화면에서 확인하세요.", sosOpen: "진행 상황 보기",
  head: "괜찮은지 묻기", ask: "괜찮은지 묻기", askAgain: "다시 묻기", asking: "보내는 중…",
  how: "이분의 휴대전화에 조용히 묻습니다. ‘괜찮아요’나 ‘전화해 주세요’로 답할 수 있고, 5분 안에 답이 없으면 여기에서 알려 드립니다.",
  left: (n: number) => `한 시간에 세 번까지 물을 수 있습니다. 지금 ${n}번 남았습니다.`,
  noneLeft: (at: string) => `한 시간에 세 번까지입니다. ${at}부터 다시 물을 수 있습니다.`,
  waiting: (at: string) => `${at}에 물었습니다. 답을 기다리고 있습니다.`, waitingUntil: (at: string) => `${at}까지 기다립니다. 이 화면을 닫아도 됩니다.`,
  isOk: (name: string) => `${name} 님이 괜찮다고 답했습니다.`, callMe: (name: string) => `${name} 님이 전화해 달라고 답했습니다.`, askedAt: (at: string) => `${at}에 물은 것입니다.`,
  silent: (at: string) => `${at}에 물었지만 답이 없습니다.`,
  silentShown: (at: string) => `본인이 미리 허락해 두어 ${at}까지 위치를 볼 수 있습니다.`,
  silentHidden: "답이 없다고 꼭 위험한 것은 아닙니다. 전화해 보시고, 걱정되면 아래에서 대신 신고하거나 112에 신고하세요.",
  digits: "내 휴대전화 번호 뒤 네 자리", show: "위치 보기", fourDigits: "숫자 네 자리를 입력하세요.",
  privacy: "위치를 보면 본인의 기록에 남습니다.", coarse: "본인이 정한 대로 대략의 위치만 보입니다.",
  placeOf: (s: number) => (s < MINUTE_S ? `${Math.round(s)}초 전 위치` : `마지막으로 알려진 위치 · ${Math.round(s / MINUTE_S)}분 전`),
  alarmHead: "대신 신고하기", alarm: "대신 신고하기", alarmLead: "이분이 위험하다고 생각되면 관제센터에 대신 신고할 수 있습니다. 지금 위험을 보고 있다면 112에 전화하세요.",
  alarmSure: (name: string) => `${name} 님을 대신해 관제센터에 신고할까요?`,
  alarmMarked: "보호자가 대신 한 신고로 표시됩니다.", alarmCallback: "센터가 내 번호로 전화합니다.", alarmSilent: "이분의 휴대전화에는 아무것도 알리지 않습니다.",
  alarmYes: "신고하기", alarmBusy: "신고하는 중…", back: "돌아가기",
  alarmDone: "신고했습니다.", alarmAfter: "센터가 전화하면 받아 주세요. 이 신고로 이분의 위치가 더 보이지는 않습니다.", call112: "112 전화",
  quietHead: "알림을 쉬는 시간", quietNone: "정하지 않았습니다. 언제든 알림이 옵니다.", quietFromTo: (from: string, to: string) => `${from}부터 ${to}까지 쉽니다.`,
  quietLead: "이 시간에는 귀가 알림을 보내지 않습니다. SOS와 관제센터 신고는 언제나 알립니다.",
  quietSet: "시간 정하기", quietChange: "바꾸기", quietOff: "쉬지 않기", from: "시작", to: "끝", save: "저장",
  allowedHead: "이분이 허락한 것", allowedSos: "SOS 동안의 위치.", allowedWalk: "귀가를 함께하기로 하면 출발과 도착. 위치는 답이 없을 때나, 처음부터 보여 주기로 한 때만.",
  precisions: { exact: "처음부터 정확하게 봅니다.", acknowledged: "관제센터가 확인하기 전에는 대략만 봅니다.", coarse: "항상 대략만 봅니다." } as Record<string, string>,
  allowedSilence: "괜찮은지 물어 답이 없을 때, 귀가 중이면 30분 동안 위치.", notAllowedSilence: "괜찮은지 물어 답이 없어도 위치는 보이지 않습니다.",
};

const en: typeof ko = {
  sosHead: (name) => `An SOS of ${name} is going on`, sosLead: "Do not call her. See how it goes on its own page.", sosOpen: "See how it goes",
  head: "Are you OK?", ask: "Ask whether she is OK", askAgain: "Ask again", asking: "Sending…",
  how: "Her phone is asked quietly. She can say “I am OK” or “call me”; if she says nothing for 5 minutes, you are told here.",
  left: (n) => `You can ask three times an hour; ${n} left now.`,
  noneLeft: (at) => `Three times an hour at most. You can ask again from ${at}.`,
  waiting: (at) => `Asked at ${at}. Waiting for her answer.`, waitingUntil: (at) => `Until ${at}. You can close this page.`,
  isOk: (name) => `${name} says that she is OK.`, callMe: (name) => `${name} asks you to call.`, askedAt: (at) => `Asked at ${at}.`,
  silent: (at) => `Asked at ${at}; there is no answer.`,
  silentShown: (at) => `She has allowed it beforehand: until ${at} you can see where she is.`,
  silentHidden: "No answer need not mean danger. Call her; if you are worried, alert the center below or call 112.",
  digits: "Last four digits of your own number", show: "Show the place", fourDigits: "Enter four digits.",
  privacy: "Looking is written to her own record.", coarse: "Only about where, as she chose.",
  placeOf: (s) => (s < MINUTE_S ? `Place of ${Math.round(s)} s ago` : `Last known place · ${Math.round(s / MINUTE_S)} min ago`),
  alarmHead: "Alert the center for her", alarm: "Alert for her", alarmLead: "If you think that she is in danger, you can alert the control center on her behalf. If you see danger now, call 112.",
  alarmSure: (name) => `Alert the control center on behalf of ${name}?`,
  alarmMarked: "It is marked as raised by a guardian.", alarmCallback: "The center calls your number.", alarmSilent: "Her phone is told nothing.",
  alarmYes: "Alert now", alarmBusy: "Alerting…", back: "Go back",
  alarmDone: "The center is alerted.", alarmAfter: "Please answer when it calls. It shows you no more of her place than before.", call112: "Call 112",
  quietHead: "Quiet hours", quietNone: "None. You are told at any time.", quietFromTo: (from, to) => `From ${from} to ${to}.`,
  quietLead: "You are not told of walks in these hours. An SOS and an alarm always come through.",
  quietSet: "Set hours", quietChange: "Change", quietOff: "No quiet hours", from: "From", to: "To", save: "Save",
  allowedHead: "What she allows you", allowedSos: "Where she is during an SOS.", allowedWalk: "Start and arrival of walks that she shares. Where she is only if she does not answer, or from the start if she chose so.",
  precisions: { exact: "Exact from the start.", acknowledged: "Only about where until the center has confirmed.", coarse: "Always only about where." },
  allowedSilence: "If she leaves “are you OK?” unanswered on a walk: where she is, for 30 minutes.", notAllowedSilence: "If she leaves “are you OK?” unanswered, her place is not shown.",
};

export const t = texts(ko, en);
