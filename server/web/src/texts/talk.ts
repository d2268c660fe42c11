import { texts } from "../lang";

/** Talking with the person: chat without a sound, coded questions, calls. */
const ko = {
  head: "본인과 대화", empty: "아직 주고받은 말이 없습니다.", emptyHint: "보낸 말은 소리와 진동 없이 휴대전화 화면에만 나타납니다.",
  input: "보낼 말", placeholder: "소리 없이 화면에만 나타납니다", send: "보내기", sending: "보내는 중…",
  me: "나", person: "본인", earlier: "앞 센터",
  heard: (at: string) => `화면에 표시됨 ${at}`, unheard: "보냄 · 아직 화면에 없음",
  language: (name: string) => `본인 언어: ${name}`,
  ask: "질문", phrases: "안내 문장", pickQuestion: "누르면 바로 보냅니다. 본인은 탭으로 대답합니다.", pickPhrase: "누르면 본인 언어로 바로 보냅니다.", back: "대화로 돌아가기",
  silent: "말할 수 없는 본인에게", next: "다음 질문", askIt: "묻기", waitingFor: "대답을 기다립니다", urgent: "위협이 가까이 있습니다. 전화하지 말고 출동을 요청하세요.", over: "물어볼 질문을 마쳤습니다.",
  taps: "한 번 = 네 · 두 번 = 아니요 · 길게 = 위험",
  findings: {
    emergency: "긴급 상황", pressed_by_mistake: "실수로 누름", safe: "안전함", attacker_near: "위협하는 사람이 가까움", weapon: "무기 있음", hurt: "다침", wants_ambulance: "구급차 필요",
    in_vehicle: "차 안", alone: "혼자", wants_police: "경찰 필요", danger: "지금 위험",
  } as Record<string, string>,
  answers: "대답", danger: "위험 신호",
  whyNot: {
    incident_closed: "끝난 사건입니다. 다시 열어야 대화할 수 있습니다.", not_owner: "신고를 맡은 센터만 대화할 수 있습니다.", not_live: "사전 신고입니다. 확정되면 대화할 수 있습니다.",
    not_acknowledged: "먼저 사건을 접수하세요.", already_taken: "다른 요원이 맡은 사건입니다. 읽기만 합니다.", phone_is_quiet: "본인 휴대전화 화면에 아무것도 보이지 않습니다. 필요하면 전화하거나 출동을 요청하세요.",
    too_many_lines: "1분에 20줄까지 보낼 수 있습니다.",
  } as Record<string, string>,
  wait: (s: number) => `${s}초 뒤 다시 보낼 수 있습니다.`,
  call: {
    start: "전화 걸기", ask: "우리 번호 보내기", askHint: "본인 화면에 센터 번호가 소리 없이 나타납니다.", asked: "센터 번호를 보냈습니다.",
    title: "본인에게 전화", lead: "휴대전화가 울립니다. 곁에 위협하는 사람이 있으면 위험할 수 있습니다.",
    silent_caller: "본인이 소리 나는 전화를 원하지 않는다고 미리 적어 두었습니다.", duress: "협박 비밀번호가 입력된 사건입니다. 전화벨이 위험할 수 있습니다.",
    confirmLoud: "위험을 알고도 전화합니다", confirm: "전화 걸기", number: "걸 번호", numberHint: "이 번호는 통화하는 동안만 보이고, 제공 기록에 남습니다.",
    state: { shown: "번호 표시 — 직접 거세요", dialling: "거는 중", ringing: "울리는 중", answered: "통화 중", ended: "통화 끝", failed: "연결 안 됨" } as Record<string, string>,
    answered: "통화했음", no_answer: "응답 없음", busy: "통화 중이었음", hangUp: "끊기", outcome: "통화 결과", reasonOf: { no_answer: "응답 없음", busy: "통화 중", error: "교환기 오류", normal: "" } as Record<string, string>,
    lasted: (s: string) => `${s} 통화`,
  },
  reload: "대화를 불러오지 못했습니다.", observed: "휴대전화로 들어온 신고가 아니어서 대화할 상대가 없습니다.",
};
const en: typeof ko = {
  head: "Talk with the person", empty: "Nothing has been said yet.", emptyHint: "What you send appears on the phone's screen only: no sound, no vibration.",
  input: "Message", placeholder: "Appears without a sound", send: "Send", sending: "Sending…",
  me: "Me", person: "The person", earlier: "Earlier center",
  heard: (at) => `on the screen ${at}`, unheard: "sent · not on the screen yet",
  language: (name) => `Their language: ${name}`,
  ask: "Questions", phrases: "Phrases", pickQuestion: "Press to send. The person answers by tapping.", pickPhrase: "Press to send in the person's language.", back: "Back to the talk",
  silent: "If the person can't speak", next: "Next question", askIt: "Ask", waitingFor: "Waiting for an answer", urgent: "A threat is near. Don't call; send help.", over: "There is nothing more to ask.",
  taps: "one tap = yes · two = no · hold = danger",
  findings: {
    emergency: "emergency", pressed_by_mistake: "pressed by mistake", safe: "safe", attacker_near: "attacker near", weapon: "weapon", hurt: "hurt", wants_ambulance: "needs an ambulance",
    in_vehicle: "in a vehicle", alone: "alone", wants_police: "needs police", danger: "danger now",
  },
  answers: "Answers", danger: "danger signal",
  whyNot: {
    incident_closed: "The incident is over; reopen it to talk.", not_owner: "Only the center that has the alert may talk.", not_live: "A pre-alert: talk once it is active.",
    not_acknowledged: "Take the incident first.", already_taken: "A colleague has this incident. You can only read.", phone_is_quiet: "The person's phone shows nothing any more. Call, or send help.",
    too_many_lines: "At most 20 lines a minute.",
  },
  wait: (s) => `You can send again in ${s} s.`,
  call: {
    start: "Call", ask: "Send our number", askHint: "The center's number appears on the person's screen, without a sound.", asked: "The center's number was sent.",
    title: "Call the person", lead: "The phone will ring. If somebody threatening is near, that can be dangerous.",
    silent_caller: "The person asked not to be called loudly.", duress: "The duress PIN was entered. A ringing phone can be dangerous.",
    confirmLoud: "I know the danger and call all the same", confirm: "Call", number: "Number", numberHint: "Shown during the call only; it is in the provision record.",
    state: { shown: "number shown — dial it yourself", dialling: "dialling", ringing: "ringing", answered: "talking", ended: "call over", failed: "no connection" },
    answered: "We talked", no_answer: "No answer", busy: "It was busy", hangUp: "Hang up", outcome: "What came of it", reasonOf: { no_answer: "no answer", busy: "busy", error: "exchange error", normal: "" },
    lasted: (s) => `talked ${s}`,
  },
  reload: "The talk could not be loaded.", observed: "No phone has raised this: there is nobody to talk to.",
};

export const k = texts(ko, en);
