import { texts } from "../lang";

/** The scouts' work phone: short words, read while walking. */
const ko = {
  title: "안심귀가 스카우트", otherLanguage: "English",
  codeHead: "근무 확인", codeLead: "조회 때 받은 여섯 자리 코드를 입력하세요. 처음 확인한 이 휴대전화에서만 열립니다.", code: "여섯 자리 코드", open: "근무 시작", busy: "확인하는 중…", sixDigits: "숫자 여섯 자리를 입력하세요.",
  loading: "불러오는 중…", unreachable: "연결이 되지 않습니다. 다시 시도하는 중…", offline: "연결 끊김: 마지막으로 받은 내용입니다.",
  goneHead: "근무가 끝난 화면", boundHead: "다른 기기에서 연 링크", noLinkHead: "없는 링크", lockedHead: "잠긴 링크",
  duty: (from: string, to: string) => `근무 ${from}–${to}`, call: (name: string) => `${name} 상황실 전화`,
  none: "지금 맡은 예약이 없습니다.", later: "다음 예약", laterAt: (at: string) => `${at} (두 시간 전부터 보입니다)`,
  state: { assigned: "만나러 가는 중", waiting: "만날 곳에서 기다리는 중", accompanying: "함께 가는 중", home: "집에 도착", closed: "마침", cancelled: "취소됨", called_off: "진행하지 않음", no_show: "만나지 못함" } as Record<string, string>,
  meet: "만날 곳", to: "목적지", note: "남긴 말", phoneHer: "전화", openMap: "지도 앱으로 열기",
  arrive: "만날 곳에 도착했습니다", waitUntil: (at: string) => `${at}까지 기다립니다. 그때까지 오지 않으면 두 분께 함께 알립니다.`,
  theirsRead: "상대방을 확인했습니다.", oursRead: "상대방이 우리를 확인했습니다.", waitOurs: "상대방이 우리 코드를 확인하면 출발합니다.",
  wrong: (n: number) => `틀린 코드 ${n}번`, locked: "코드가 여러 번 틀렸습니다. 함께 가지 말고 상황실에 전화하세요.",
  home: "집 앞까지 모셔다드렸습니다", comeBack: "늦게 만났습니다",
  safeHead: "복귀 확인", safeBy: (at: string) => `${at}까지 알려 주세요`, late: "복귀 확인이 늦었습니다. 상황실이 걱정하고 있습니다.", safe: "우리는 무사합니다", longer: "30분 더 걸립니다", offDuty: "근무 마치기", offDutyAsk: "두 사람 모두 안전하게 돌아왔나요? 마치면 이 화면은 꺼집니다.", yes: "마칩니다", no: "아니요",
  sos: "구조 요청", sosAsk: "관제센터에 긴급 신고를 보낼까요?", sosLead: "지금 위치와 조 이름이 전달됩니다. 취소할 수 없습니다.", sosSend: "지금 보냅니다", sosWaiting: "구조 요청을 보내는 중입니다. 화면을 끄지 마세요.", sosSent: (at: string) => `구조 요청이 접수되었습니다 (${at}). 곧 전화가 갑니다.`, sosFailed: "아직 보내지 못했습니다. 계속 다시 보냅니다. 급하면 112에 전화하세요.", call112: "112 전화",
  place: { off: "위치를 알리지 않고 있습니다.", on: "상황실과 예약자가 우리 위치를 봅니다.", denied: "위치 권한이 없습니다. 설정에서 허용해 주세요." } as Record<string, string>,
  recorded: "여기서 본 예약 정보는 모두 기록됩니다.",
};
const en: typeof ko = {
  title: "Scouts", otherLanguage: "한국어",
  codeHead: "Begin your duty", codeLead: "Enter the six digits you were told at the roll call. The link opens only on the phone that answers first.", code: "Six-digit code", open: "Begin", busy: "Checking…", sixDigits: "Enter six digits.",
  loading: "Loading…", unreachable: "No connection. Trying again…", offline: "Connection lost: this is what came last.",
  goneHead: "This duty is over", boundHead: "Opened on another device", noLinkHead: "No such link", lockedHead: "Locked link",
  duty: (from, to) => `On duty ${from}–${to}`, call: (name) => `Call ${name}`,
  none: "You have no booking now.", later: "Next bookings", laterAt: (at) => `${at} (shown two hours before)`,
  state: { assigned: "On the way to meet", waiting: "Waiting at the meeting point", accompanying: "Walking along", home: "She is home", closed: "Done", cancelled: "Cancelled", called_off: "Called off", no_show: "Did not come" },
  meet: "Meeting point", to: "Destination", note: "Note", phoneHer: "Call", openMap: "Open in a map app",
  arrive: "We are at the meeting point", waitUntil: (at) => `Wait until ${at}. After that both of you are told.`,
  theirsRead: "You have recognised them.", oursRead: "They have recognised you.", waitOurs: "Set off once they have checked our code.",
  wrong: (n) => `${n} wrong code(s)`, locked: "Too many wrong codes. Don't go along: call the center.",
  home: "Brought home safely", comeBack: "We met after all",
  safeHead: "Your own way back", safeBy: (at) => `Let us know by ${at}`, late: "You are overdue. The center is worried.", safe: "We are safe", longer: "We need 30 minutes more", offDuty: "End the duty", offDutyAsk: "Are both of you safely back? This page goes dark.", yes: "End it", no: "No",
  sos: "Call for help", sosAsk: "Send an emergency call to the center?", sosLead: "Your place and the name of your pair are sent. It can't be cancelled.", sosSend: "Send it now", sosWaiting: "Sending the call for help. Keep the screen on.", sosSent: (at) => `The call for help was taken (${at}). You will be called.`, sosFailed: "Not sent yet; trying again and again. Call 112 if it is urgent.", call112: "Call 112",
  place: { off: "Your place is not shared.", on: "The center and who booked see where you are.", denied: "No permission for your place. Allow it in the settings." },
  recorded: "Whatever you are shown here is recorded.",
};
export const t = texts(ko, en);
