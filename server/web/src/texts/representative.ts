import { texts } from "../lang";

const ko = {
  title: "안심 법정대리인 동의", otherLanguage: "English",
  head: (name: string) => `${name} 님이 안심을 쓰는 데 동의해 주세요`,
  representative: "14세 미만은 법정대리인도 동의해야 보호자에게 위치를 보여 줄 수 있습니다(위치정보법 제25조). SOS는 동의하지 않아도 됩니다.",
  protector: "8세 이하는 보호의무자의 동의가 본인의 동의와 같습니다(위치정보법 제26조). SOS는 동의하지 않아도 됩니다.",
  consents: "동의 내용", version: (v: string) => `문안 ${v}`,
  agree: "내용을 읽었고, 이 사람의 법정대리인 또는 보호의무자로서 동의합니다.",
  code: "문자로 받은 인증번호 여섯 자리", codeWhy: "내 휴대전화로 온 번호입니다. 24시간 동안, 다섯 번까지 입력할 수 있습니다.",
  missing: { agree: "동의에 표시하세요.", code: "숫자 여섯 자리를 입력하세요." },
  left: (n: number) => (n > 0 ? `${n}번 더 입력할 수 있습니다.` : "다시 요청을 받아 주세요."),
  confirm: "동의합니다", busy: "확인하는 중…",
  record: "동의한 날짜와 방법, 문안을 기록합니다. 보호자로도 등록되며, 초대 주소에서 언제든 거둘 수 있습니다.",
  done: "동의했습니다", doneText: (at: string, name: string) => `${at} · ${name} 님의 보호자로도 등록되었습니다. 이 창을 닫아도 됩니다.`,
  noneHead: "없는 주소입니다", endedHead: "끝난 요청입니다", again: "부탁한 분에게 다시 요청을 받아 주세요.",
};

const en: typeof ko = {
  title: "Ansim consent of a representative", otherLanguage: "한국어",
  head: (name) => `Please agree that ${name} uses Ansim`,
  representative: "Under 14, the legal representative has to agree as well before guardians may see a place (Location Information Act, article 25). An SOS works without it.",
  protector: "Of 8 and under, the protector's consent stands for the child's (Location Information Act, article 26). An SOS works without it.",
  consents: "What you agree to", version: (v) => `Text ${v}`,
  agree: "I have read this and agree as this person's legal representative or protector.",
  code: "The six digits sent to you by text message", codeWhy: "They came to your own phone: good for 24 hours and five tries.",
  missing: { agree: "Tick that you agree.", code: "Enter six digits." },
  left: (n) => (n > 0 ? `${n} ${n === 1 ? "try" : "tries"} left.` : "Ask for a new request."),
  confirm: "I agree", busy: "Checking…",
  record: "The date, the way and the text of your consent are recorded. You become a guardian as well, and can withdraw at any time by your invitation.",
  done: "You have agreed", doneText: (at, name) => `${at} · you are a guardian of ${name} as well. You can close this page.`,
  noneHead: "No such page", endedHead: "This request has ended", again: "Ask for a new request.",
};

export const t = texts(ko, en);
