import { texts } from "../lang";

/** The dispatcher's page for scouts. */
const ko = {
  title: "스카우트 배정", otherLanguage: "English", console: "관제 화면", calendar: "근무 달력(ICS)",
  loading: "불러오는 중…", cut: "연결 끊김: 마지막으로 받은 내용입니다. 다시 시도하는 중…", denied: "이 화면을 볼 권한이 없습니다.", signIn: "로그인",
  alarms: "지금 확인할 일", bookings: "예약", pairs: "근무 조", noBookings: "예약이 없습니다.", noPairs: "근무 조가 없습니다. 근무 조를 먼저 등록하세요.", noOffer: (c: string) => `${c}: 운영 시간이 아직 등록되지 않아 예약을 받지 않습니다.`,
  over: (n: number) => `끝난 예약 ${n}건`,
  state: { booked: "배정 대기", assigned: "배정됨", waiting: "만날 곳에서 대기", accompanying: "동행 중", home: "도착·복귀 중", closed: "마침", cancelled: "본인 취소", called_off: "진행 안 함", no_show: "나타나지 않음" } as Record<string, string>,
  meet: "만날 곳", to: "목적지", note: "남긴 말", phone: "전화", point: "지점", reason: "이유",
  assign: "조 배정", noPair: "배정하지 않음", begin: "코드 없이 출발 승인", beginLead: "본인과 조를 전화로 확인했을 때만 승인하세요. 이유가 기록됩니다.", beginReason: "확인한 방법 (다섯 글자 이상)", approve: "승인", noShow: "나타나지 않음", callOff: "진행하지 않음", callOffLead: "예약자에게 이유를 문자로 알립니다.", callOffNote: "덧붙일 말 (선택)", cancel: "닫기",
  wrong: (n: number, most: number) => `틀린 코드 ${n}/${most}번`, locked: "코드 잠김: 전화로 확인하세요", late: "아무도 가지 않았습니다", waitSince: (s: string) => `기다린 시간 ${s}`,
  codes: (her: boolean, their: boolean) => `코드 확인: 조 ${her ? "✓" : "–"} · 예약자 ${their ? "✓" : "–"}`,
  newPair: "근무 조 등록", center: "센터", pairName: "조 이름", pairHint: "예: 1조", member: (n: number) => `대원 ${n} 이름`, memberPhone: (n: number) => `대원 ${n} 전화`, from: "시작", until: "끝", make: "링크 만들기",
  once: "한 번만 보입니다", onceLead: "링크는 업무 휴대전화로, 코드는 조회 때 말로 전하세요.", qr: "스카우트 화면의 QR 코드", codeWord: "코드", handed: "전달했습니다",
  notOpened: "아직 열지 않음", onDuty: "근무 중", planned: "예정", ended: "근무 끝", safeBy: (at: string) => `${at}까지 복귀 확인`, overdue: "복귀 확인 없음", leaderTold: "근무 책임자에게도 알림", care: "제가 연락합니다", cared: "연락 중", sos: (at: string) => `구조 요청 ${at}`, sosLead: "관제 화면에 긴급 신고로 접수됩니다.", newLink: "새 링크", end: "근무 끝내기", endAsk: "이 조의 근무를 끝내고 링크를 닫을까요?", position: (at: string) => `위치 ${at}`,
  noOffers: (n: number) => `운영 시간이 없어 예약을 받지 않는 센터 ${n}곳`, assignTo: "배정", reassign: "다시 배정", unassign: "배정 취소", noShowAsk: "예약자에게 문자로 알리고 예약을 마칩니다. 조는 20분 안에 ‘늦게 만났습니다’로 되살릴 수 있습니다.", byPhone: "전화 예약",
  spoken: (pair: string, hers: string) => `문자의 코드: 조 ${pair} · 예약자 ${hers}`, cancelByPhone: "전화로 취소", cancelAsk: "예약자가 전화로 취소를 요청했나요? 취소했다고 문자로 알립니다.", cancelDo: "예약 취소", back: "돌아가기", offersHead: "운영 시간", boardHead: "배정",
};
const en: typeof ko = {
  title: "Scouts", otherLanguage: "한국어", console: "Console", calendar: "Duty calendar (ICS)",
  loading: "Loading…", cut: "Connection lost: this is what came last. Trying again…", denied: "You may not see this page.", signIn: "Sign in",
  alarms: "Needs somebody now", bookings: "Bookings", pairs: "Pairs on duty", noBookings: "No bookings.", noPairs: "No pairs. Put a pair on duty first.", noOffer: (c) => `${c}: no hours have been written down, so nobody can book.`,
  over: (n) => `${n} finished`,
  state: { booked: "Waits for a pair", assigned: "Assigned", waiting: "Pair waits there", accompanying: "Walking", home: "Home; pair returns", closed: "Done", cancelled: "Cancelled by her", called_off: "Called off", no_show: "Did not come" },
  meet: "Meeting point", to: "Destination", note: "Note", phone: "Phone", point: "Point", reason: "Reason",
  assign: "Assign a pair", noPair: "No pair", begin: "Let them go without codes", beginLead: "Only when you have recognised both by phone. The reason is recorded.", beginReason: "How you made sure (five letters or more)", approve: "Let them go", noShow: "Did not come", callOff: "Call off", callOffLead: "She is told the reason by text message.", callOffNote: "More words (optional)", cancel: "Close",
  wrong: (n, most) => `Wrong codes ${n}/${most}`, locked: "Codes locked: make sure by phone", late: "Nobody has come for her", waitSince: (s) => `Waiting for ${s}`,
  codes: (her, their) => `Codes read: pair ${her ? "✓" : "–"} · her ${their ? "✓" : "–"}`,
  newPair: "Put a pair on duty", center: "Center", pairName: "Name of the pair", pairHint: "e.g. Pair 1", member: (n) => `Name of scout ${n}`, memberPhone: (n) => `Phone of scout ${n}`, from: "From", until: "Until", make: "Make the link",
  once: "Shown only once", onceLead: "Send the link to the work phone, say the code at the roll call.", qr: "QR code of the scouts' page", codeWord: "Code", handed: "Handed over",
  notOpened: "Not opened yet", onDuty: "On duty", planned: "Planned", ended: "Off duty", safeBy: (at) => `To be heard of by ${at}`, overdue: "Overdue", leaderTold: "The shift leader was told", care: "I call them", cared: "Being called", sos: (at) => `Call for help ${at}`, sosLead: "It arrives in the console as an emergency.", newLink: "New link", end: "End the duty", endAsk: "End this pair's duty and close its link?", position: (at) => `Position ${at}`,
  noOffers: (n) => `${n} ${n === 1 ? "center has" : "centers have"} no hours written down: nobody can book there`, assignTo: "Assign", reassign: "Assign again", unassign: "Take back", noShowAsk: "She is told by text and the booking ends. For 20 minutes the pair can revive it: “We met after all”.", byPhone: "By telephone",
  spoken: (pair, hers) => `Codes in her text: pair ${pair} · hers ${hers}`, cancelByPhone: "Cancel by telephone", cancelAsk: "Did she ask for this by telephone? She is told by text that it is cancelled.", cancelDo: "Cancel the booking", back: "Back", offersHead: "Hours", boardHead: "Assignment",
};
export const t = texts(ko, en);
