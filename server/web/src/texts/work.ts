import { texts } from "../lang";

/** Words of the work on an incident: actions and why they are closed, target times, hand-over, sheets. */
const ko = {
  talk: "대화", call: "통화", classify: "분류", handOver: "인계", takeOver: "인수", close: "종료", reopen: "다시 열기", more: "더 보기",
  why: {
    lost: "연결이 끊겨 지금은 보낼 수 없습니다.", no_right: "이 계정에는 권한이 없습니다.", elsewhere: "다른 센터가 맡은 신고입니다. 이 센터는 보기만 합니다.",
    pre: "사전 신고입니다. 확정되면 할 수 있습니다.", ended: "끝난 사건입니다.", not_taken: "먼저 접수하세요.", taken: "다른 요원이 이미 맡았습니다.",
    taken_by_me: "내가 맡은 사건입니다.", not_mine: "담당 요원이나 조장만 할 수 있습니다.", drill: "훈련 상황에서는 실제로 출동을 요청하지 않습니다.",
    not_ended: "종료된 사건만 다시 열 수 있습니다.", asked_already: "이미 인계를 요청했습니다. 답을 기다리는 중입니다.",
  } as Record<string, string>,
  steps: {
    head: "먼저 확인", contact: "본인 연락", view: "영상 확인", classify: "분류",
    left: (s: string) => `${s} 남음`, late: (s: string) => `${s} 지남`, done: "완료", doneLate: (s: string) => `${s} 늦게 완료`, idle: "접수하면 시작",
    said: (name: string, state: string) => `${name}: ${state}`,
  },
  next: { take: "접수하면 목표 시간이 시작됩니다.", contact: "본인에게 연락해 상황을 확인하세요.", view: "현장 영상을 확인하세요.", classify: "사건을 분류하세요.", all: "먼저 확인할 일을 모두 마쳤습니다." },
  tabs: { label: "사건 내용", record: "기록", talk: "대화", info: "정보", unread: (n: number) => `안 읽은 말 ${n}개` },
  classified: { grave: "중대", ordinary: "일반" } as Record<string, string>,
  observed: "관제 발견",
  exercise: "훈련 사건",
  exerciseBanner: "훈련 상황입니다. 소리는 나지만 실제로 출동하지 않습니다.",
  repeat: (n: number) => `90일 안에 오신고 ${n}번`,
  repeatHint: "오신고 이력은 순서에만 쓰입니다. 이번에는 실제일 수 있습니다.",
  reminder: (n: number) => `움직임이 없습니다 — 확인 요청 ${n}번째`,
  remindAt: (at: string) => `${at}에 다시 알림`,
  moreNotices: (n: number) => `알릴 것 ${n}개`,
  handover: {
    title: "사건 인계", lead: "동료가 받을 때까지 담당은 바뀌지 않습니다. 답이 없으면 되돌아옵니다.", to: "받을 요원", reason: "인계 이유", reasons: ["교대", "다른 사건 처리", "휴식"],
    none: "근무 중인 다른 요원이 없습니다.", load: (load: number, incidents: number, cameras: number) => `사건 ${incidents} · 영상 ${cameras} · 부담 ${Math.round(load * 100)} %`,
    away: "로그아웃 상태", over: "기준 초과", send: "인계 요청", waiting: (name: string) => `${name} 님의 답을 기다립니다.`, takeBack: "요청 거두기",
    bar: (by: string, who: string) => `${by} 님이 사건을 넘기려 합니다 — ${who}`, accept: "받기", decline: "거절", declineReason: "거절 이유", busy: "지금 다른 사건을 처리 중입니다", left: (s: number) => `${s}초 남음`,
    show: "사건 보기",
  },
  reasonSheet: {
    take_over: { title: "사건 인수", lead: "담당이 나로 바뀌고, 이유와 함께 기록에 남습니다.", confirm: "인수하기", reasons: ["담당 요원 응답 없음", "조장 판단", "담당 요원 교대"] },
    release_claim: { title: "담당 내려놓기", lead: "담당자가 없어지고, 모든 자리에서 다시 울립니다.", confirm: "내려놓기", reasons: ["다른 사건이 더 급함", "자리를 비워야 함", "장비 문제"] },
    reopen: { title: "사건 다시 열기", lead: "종료된 사건을 다시 엽니다. 담당은 내가 됩니다.", confirm: "다시 열기", reasons: ["본인이 다시 연락함", "상황이 끝나지 않음", "잘못 종료함"] },
    reason: "이유", other: "다른 이유",
  },
  later: { title: "나중에 다시 알림", lead: "그동안 이 사건이 움직이지 않아도 알리지 않습니다.", minutes: (n: number) => (n < 60 ? `${n}분` : `${n / 60}시간`), button: "다시 알림", confirm: "설정" },
  classifySheet: {
    title: "사건 분류", lead: "잘못 골랐으면 다시 분류하면 됩니다. 앞의 분류도 기록에 남습니다.", type: "유형", grave: "중대 — 생명·신체가 위험", ordinary: "일반", weight: "무게", confirm: "분류하기",
    again: "다시 분류",
  },
  contact: {
    title: "본인 연락 결과", lead: "본인과 연락한 방법과 결과를 남깁니다.", how: "연락 방법", words: "내용 (선택)", confirm: "남기기", verified: "실제 상황으로 확인", verifiedHint: "확인한 사실 (선택)",
    ways: { voice: "통화함", chat: "문자로 대화함", none: "응답 없음" } as Record<string, string>,
  },
  note: { correct: "정정", correctHint: "기록은 지울 수 없습니다. 잘못 적었으면 정정 줄을 남기세요.", correction: (at: string) => `정정 (${at}의 메모): ` },
  send: "보내기", cancel: "취소", closeWord: "닫기", choose: "고르기", loading: "불러오는 중…",
  dispatch: {
    eta: (at: string, left: string) => `도착 예정 ${at} (${left})`, unit: (name: string) => `출동대 ${name}`, away: (m: string) => `본인까지 ${m}`, seenAt: (age: string) => `위치 ${age}`,
    failed: (why: string) => `전달 실패: ${why}`, attempts: (n: number) => `시도 ${n}회`, drill: "훈련 요청", minutes: (n: number) => (n <= 0 ? "곧 도착" : `${n}분 뒤`),
  },
  responders: {
    head: "현장 대원에게", to: "받는 기관", all: "모두", text: "현장 대원에게 보낼 말", still: "현재 화면 보내기", camera: "보낼 화면의 카메라", sent: "보냈습니다.", none: "출동이 접수되면 대원에게 말과 화면을 보낼 수 있습니다.",
  },
  exerciseDispatch: { head: "훈련 출동", lead: "훈련 요청은 기관의 상황판에만 표시되고 실제 출동하지 않습니다.", to: (agency: string) => `${agency} 훈련 요청` },
  unmask: {
    show: "보기", title: "개인정보 보기", lead: "이유는 제공 기록에 남고, 1분 뒤 다시 가려집니다.", reason: "보는 이유",
    reasons: ["본인 확인 통화", "출동 기관에 인적사항 전달", "보호자 연락", "동일인 신고 확인"], other: "다른 이유", fields: "볼 정보", name: "이름", phone: "연락처", confirm: "보기", hideIn: (s: number) => `${s}초 뒤 가림`, hide: "가리기",
  },
};

const en: typeof ko = {
  talk: "Talk", call: "Call", classify: "Classify", handOver: "Hand over", takeOver: "Take over", close: "Close", reopen: "Reopen", more: "More",
  why: {
    lost: "Not connected: nothing can be sent now.", no_right: "Your account may not do this.", elsewhere: "Another center has this alert. You only look on.",
    pre: "A pre-alert: possible once it is active.", ended: "The incident is over.", not_taken: "Take it first.", taken: "A colleague has it already.",
    taken_by_me: "It is yours.", not_mine: "Only its owner or the shift leader may do this.", drill: "A drill never asks for real help.",
    not_ended: "Only a closed incident can be reopened.", asked_already: "A hand-over has been asked for; waiting for the answer.",
  },
  steps: {
    head: "Verify first", contact: "Contact", view: "Pictures", classify: "Classify",
    left: (s) => `${s} left`, late: (s) => `${s} over`, done: "done", doneLate: (s) => `done ${s} late`, idle: "when taken",
    said: (name, state) => `${name}: ${state}`,
  },
  next: { take: "The target times start when you take it.", contact: "Reach the person and find out what is happening.", view: "Look at the pictures of the place.", classify: "Classify the incident.", all: "Everything to verify first is done." },
  tabs: { label: "About the incident", record: "Record", talk: "Talk", info: "Details", unread: (n) => `${n} unread` },
  classified: { grave: "grave", ordinary: "ordinary" },
  observed: "Seen by an operator",
  exercise: "Exercise",
  exerciseBanner: "This is an exercise. It sounds, but nobody is really sent.",
  repeat: (n) => `${n} false alarm${n === 1 ? "" : "s"} in 90 days`,
  repeatHint: "Earlier false alarms only change the order. This one may be real.",
  reminder: (n) => `Nothing has moved — reminder ${n}`,
  remindAt: (at) => `Reminder at ${at}`,
  moreNotices: (n) => `${n} notices`,
  handover: {
    title: "Hand the incident over", lead: "You stay its owner until your colleague accepts. Without an answer it comes back.", to: "To", reason: "Reason", reasons: ["End of shift", "Busy with another incident", "Break"],
    none: "No other operator is on shift.", load: (load, incidents, cameras) => `${incidents} incident${incidents === 1 ? "" : "s"} · ${cameras} videos · load ${Math.round(load * 100)} %`,
    away: "signed out", over: "over the norm", send: "Ask to take it", waiting: (name) => `Waiting for ${name} to answer.`, takeBack: "Take the request back",
    bar: (by, who) => `${by} wants to hand over — ${who}`, accept: "Accept", decline: "Decline", declineReason: "Why not", busy: "I am busy with another incident", left: (s) => `${s} s left`,
    show: "Show it",
  },
  reasonSheet: {
    take_over: { title: "Take the incident over", lead: "You become its owner; the reason goes on record.", confirm: "Take over", reasons: ["The owner does not answer", "Shift leader's decision", "The owner's shift is over"] },
    release_claim: { title: "Let go of the incident", lead: "Nobody has it any more, and it rings at every seat.", confirm: "Let go", reasons: ["Another incident is more urgent", "I have to leave my seat", "Trouble with the equipment"] },
    reopen: { title: "Reopen the incident", lead: "The closed incident is opened again, and you are its owner.", confirm: "Reopen", reasons: ["The person called again", "It is not over", "Closed by mistake"] },
    reason: "Reason", other: "Another reason",
  },
  later: { title: "Remind me later", lead: "Until then you are not told that nothing has moved.", minutes: (n) => (n < 60 ? `${n} min` : `${n / 60} h`), button: "Remind later", confirm: "Set" },
  classifySheet: {
    title: "Classify the incident", lead: "If it was wrong, classify again. The earlier one stays on record.", type: "Type", grave: "Grave — life or limb in danger", ordinary: "Ordinary", weight: "Weight", confirm: "Classify",
    again: "Classify again",
  },
  contact: {
    title: "Contact with the person", lead: "How you reached the person, and what came of it.", how: "How", words: "What was said (optional)", confirm: "Put on record", verified: "Verified as real", verifiedHint: "What was verified (optional)",
    ways: { voice: "By telephone", chat: "By chat", none: "No answer" },
  },
  note: { correct: "Correct", correctHint: "Nothing can be deleted from the record. If a note was wrong, add a correcting line.", correction: (at) => `Correction (note of ${at}): ` },
  send: "Send", cancel: "Cancel", closeWord: "Close", choose: "Choose", loading: "Loading…",
  dispatch: {
    eta: (at, left) => `expected ${at} (${left})`, unit: (name) => `unit ${name}`, away: (m) => `${m} from the person`, seenAt: (age) => `position ${age}`,
    failed: (why) => `not delivered: ${why}`, attempts: (n) => `${n} tries`, drill: "exercise request", minutes: (n) => (n <= 0 ? "any moment" : `in ${n} min`),
  },
  responders: {
    head: "To the crew", to: "For which agency", all: "All", text: "Message to the crew", still: "Send a still", camera: "Camera of the still", sent: "Sent.", none: "Once help has accepted, you can send the crew words and stills.",
  },
  exerciseDispatch: { head: "Exercise dispatch", lead: "An exercise request appears on the agency's board only; nobody is really sent.", to: (agency) => `Exercise request to ${agency}` },
  unmask: {
    show: "Show", title: "Show personal data", lead: "The reason goes into the provision record; after a minute it is masked again.", reason: "Reason",
    reasons: ["Call to check who it is", "Details for the agency that comes", "To reach a guardian", "To see whether it is the same person"], other: "Another reason", fields: "What to show", name: "Name", phone: "Phone", confirm: "Show", hideIn: (s) => `masked in ${s} s`, hide: "Mask",
  },
};

export const w = texts(ko, en);
