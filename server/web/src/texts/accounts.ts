import { texts } from "../lang";

/** Words of accounts, held logins, roles and registered addresses. */
const ko = {
  title: "계정", lead: "관제센터와 연계 기관에서 안심을 쓰는 사람입니다. 모든 변경은 기록에 남습니다.", create: "새 계정", empty: "계정이 없습니다.",
  head: { name: "이름", login: "아이디", role: "역할", place: "소속", state: "상태", factor: "2단계 인증", last: "마지막 로그인", networks: "접속 주소" },
  all: { roles: "모든 역할", places: "모든 소속", states: "모든 상태" },
  state: { active: "사용 중", inactive: "사용 중지", temporary: "임시 비밀번호", expired: "임시 비밀번호 기한 지남", held: "로그인 잠김" },
  factorOn: "등록함", factorOff: "없음", never: "아직 없음", noPlace: "없음",
  fields: {
    login: "아이디", loginHelp: "영문·숫자로 시작하고 점, 밑줄, 하이픈, @를 쓸 수 있습니다. 나중에 바꿀 수 없습니다.", name: "이름",
    role: "역할", desk: "상황실", deskHelp: "이 사람이 일하는 상황실입니다.", agency: "기관", agencyHelp: "협약이 있는 기관만 고를 수 있습니다.",
    networks: "접속할 수 있는 주소", networksHelp: "한 줄에 하나씩 적으세요. 예: 10.20.0.15 또는 10.20.0.0/24. 여기 없는 주소에서는 로그인할 수 없습니다.",
  },
  newTitle: "새 계정", newLead: "만들면 한 번만 쓸 수 있는 임시 비밀번호가 나옵니다. 그 자리에서만 보이니 본인에게 바로 전하세요.", make: "계정 만들기", loginBad: "영문이나 숫자로 시작하는 2~80자만 쓸 수 있습니다.",
  enrolment: {
    title: "첫 로그인 안내", lead: "이 내용은 지금 한 번만 보입니다. 인쇄하거나 적어서 본인에게 직접 전하세요.", password: "임시 비밀번호", link: "첫 로그인 주소", until: "기한",
    steps: ["위 주소를 열거나 로그인 화면에 아이디와 임시 비밀번호를 적습니다.", "나만 아는 새 비밀번호를 정합니다.", "2단계 인증이 필요한 역할이면 휴대전화의 인증 앱을 등록합니다."],
    print: "인쇄", done: "전했습니다. 닫기",
  },
  rights: {
    title: "이름과 역할", save: "바꾸기", confirmTitle: "권한을 바꿉니다", nothing: "바뀐 것이 없습니다.", line: (what: string, from: string, to: string) => `${what}: ${from} → ${to}`,
    happens: "바꾸는 즉시 이 사람의 모든 접속과 보고 있던 영상이 끝납니다. 다시 로그인하면 새 권한으로 들어옵니다.", changed: (name: string) => `${name} 계정을 바꾸었습니다.`,
  },
  active: {
    title: "사용 여부", on: "이 계정은 사용 중입니다.", off: "이 계정은 사용이 중지되어 로그인할 수 없습니다.", stop: "사용 중지", start: "다시 사용",
    stopTitle: (name: string) => `${name} 계정의 사용을 중지합니다`, stopHappens: "지금 열려 있는 접속과 영상이 1초 안에 끝나고, 다시 사용으로 바꿀 때까지 로그인할 수 없습니다. 지난 기록은 그대로 남습니다.",
    stopped: (name: string) => `${name} 계정의 사용을 중지했습니다.`, started: (name: string) => `${name} 계정을 다시 사용합니다.`,
  },
  reset: {
    title: "비밀번호와 2단계 인증", lead: "잊었거나 기기를 잃어버렸을 때 새로 시작하게 합니다.", password: "비밀번호 초기화", factor: "2단계 인증 초기화", both: "둘 다 초기화",
    confirmTitle: (name: string) => `${name}의 로그인 수단을 초기화합니다`, happens: "지금 열려 있는 접속이 모두 끝납니다.", happensPassword: "지금 비밀번호는 쓸 수 없게 되고, 72시간 동안 쓸 수 있는 임시 비밀번호가 나옵니다.",
    happensFactor: "인증 앱과 복구 코드가 지워집니다. 필요한 역할이면 다음 로그인 때 다시 등록합니다.", factorDone: "2단계 인증을 초기화했습니다.", own: "자기 계정은 ‘내 계정’에서 바꾸세요.",
  },
  sessions: {
    title: "지금 접속", none: "열려 있는 접속이 없습니다.", head: { address: "주소", method: "방법", began: "시작", seen: "마지막 사용", until: "끝나는 때" },
    end: "끝내기", endAll: "모두 끝내기", here: "이 자리", ended: (n: number) => `접속 ${n}개를 끝냈습니다.`, endTitle: "접속을 끝냅니다", endHappens: (n: number) => `접속 ${n}개가 1초 안에 끝납니다. 보고 있던 영상과 화면도 닫힙니다. 본인은 다시 로그인할 수 있습니다.`,
    methods: { password: "비밀번호", totp: "비밀번호와 2단계 인증", second: "비밀번호와 2단계 인증", recovery: "복구 코드", oidc: "시 통합 계정" } as Record<string, string>,
  },
  addresses: {
    title: "접속 주소", inherited: "기관 주소 (기관에 등록되어 함께 쓰는 주소)", save: "주소 바꾸기", changed: (ended: number) => `접속 주소를 바꾸었습니다.${ended ? ` 접속 ${ended}개가 끝났습니다.` : ""}`, none: "등록된 주소가 없습니다. 로그인할 수 없습니다.",
    agencyHelp: "이 기관의 모든 담당자가 이 주소에서 로그인할 수 있습니다. 한 줄에 하나씩 적으세요.",
    warnTitle: "이대로 바꾸면 문제가 생깁니다", what: { caller: "지금 앉아 계신 이 자리에서 쫓겨나고, 이 자리에서는 다시 로그인할 수 없습니다.", every_admin: "최근 한 달 동안 관리자가 쓴 어느 자리에서도 관리자가 들어올 수 없습니다. 서버에서 명령(ansim address)으로만 되돌릴 수 있습니다.", too_wide: "너무 넓은 주소입니다. 모르는 사람의 주소까지 열립니다." } as Record<string, string>,
    after: "바꾼 뒤의 주소", sessions: (n: number) => (n ? `지금 열려 있는 접속 ${n}개가 바로 끝납니다.` : "지금 끝나는 접속은 없습니다."), anyway: "그래도 바꾸기",
  },
  held: {
    title: "잠긴 로그인", lead: "비밀번호나 인증 번호를 여러 번 틀려 잠긴 로그인입니다. 본인인지 확인하고 풀어 주세요. 15분 안에 저절로 풀립니다.", empty: "최근 하루 동안 잠긴 로그인이 없습니다.",
    head: { who: "누구", reason: "이유", addresses: "시도한 주소", at: "잠긴 때", until: "풀리는 때", state: "상태", act: "할 일" },
    unknown: "없는 아이디", isHeld: "잠김", isOver: "풀림", reasons: { passwords: "비밀번호를 여러 번 틀림", second_factor: "인증 번호를 여러 번 틀림" } as Record<string, string>,
    release: "풀기", confirmTitle: (name: string) => `${name}의 로그인을 풉니다`, happens: "바로 다시 로그인할 수 있습니다. 전화나 얼굴로 본인인지 확인했습니까?", pass: "2단계 인증 대신 쓸 코드도 만들기", passHelp: "휴대전화를 잃어버린 사람에게만. 15분 동안 한 번 쓸 수 있습니다.",
    released: (name: string) => `${name}의 로그인을 풀었습니다.`, passTitle: "2단계 인증 대신 쓸 코드", passLead: "지금만 보입니다. 본인에게 불러 주세요. 15분 안에 한 번만 쓸 수 있습니다.", passNone: "이 사람은 2단계 인증을 쓰지 않아 코드가 필요 없습니다.", close: "닫기",
  },
  roles: { title: "역할과 권한", lead: "역할마다 할 수 있는 일입니다. 서버가 이 표대로 허락하고 거절합니다. 역할은 계정 화면에서 바꿉니다.", can: "할 수 있음", cannot: "할 수 없음", permission: "할 수 있는 일", yours: "내 역할" },
};
const en: typeof ko = {
  title: "Accounts", lead: "Everybody who uses Ansim at the center and at linked agencies. Each change is kept on record.", create: "New account", empty: "There is no account.",
  head: { name: "Name", login: "Login", role: "Role", place: "Works at", state: "State", factor: "Second factor", last: "Last login", networks: "Addresses" },
  all: { roles: "All roles", places: "All places", states: "All states" },
  state: { active: "active", inactive: "deactivated", temporary: "temporary password", expired: "temporary password expired", held: "login held" },
  factorOn: "set up", factorOff: "none", never: "never", noPlace: "none",
  fields: {
    login: "Login", loginHelp: "Begins with a letter or digit; dots, underscores, hyphens and @ may follow. It can't be changed later.", name: "Name",
    role: "Role", desk: "Desk", deskHelp: "The control room where this person works.", agency: "Agency", agencyHelp: "Only agencies that have an agreement.",
    networks: "Addresses to log in from", networksHelp: "One per line, such as 10.20.0.15 or 10.20.0.0/24. From anywhere else nobody can log in.",
  },
  newTitle: "New account", newLead: "You are given a temporary password that works once. It is shown here and never again: hand it to its owner at once.", make: "Create account", loginBad: "2 to 80 characters that begin with a letter or digit.",
  enrolment: {
    title: "How to log in for the first time", lead: "This is shown once. Print it or write it down, and hand it over in person.", password: "Temporary password", link: "First login at", until: "Valid until",
    steps: ["Open the address above, or type the login and the temporary password at the login page.", "Choose a new password that only you know.", "If your role needs a second factor, set up the authenticator app on your telephone."],
    print: "Print", done: "Handed over. Close",
  },
  rights: {
    title: "Name and role", save: "Change", confirmTitle: "You are changing somebody's rights", nothing: "Nothing has changed.", line: (what, from, to) => `${what}: ${from} → ${to}`,
    happens: "All sessions of this person, and pictures being watched, end at once. The new rights hold from the next login.", changed: (name) => `${name}'s account is changed.`,
  },
  active: {
    title: "In use", on: "This account is active.", off: "This account is deactivated and can't log in.", stop: "Deactivate", start: "Activate again",
    stopTitle: (name) => `Deactivate ${name}'s account`, stopHappens: "Open sessions and pictures end within a second, and nobody can log in until it is activated again. What is on record stays.",
    stopped: (name) => `${name}'s account is deactivated.`, started: (name) => `${name}'s account is active again.`,
  },
  reset: {
    title: "Password and second factor", lead: "A fresh start for who has forgotten or lost them.", password: "Reset password", factor: "Reset second factor", both: "Reset both",
    confirmTitle: (name) => `Reset how ${name} logs in`, happens: "All open sessions end.", happensPassword: "The present password stops working; a temporary one for 72 hours is made.",
    happensFactor: "The authenticator app and recovery codes are forgotten. Where the role needs one, it is set up at the next login.", factorDone: "The second factor is reset.", own: "Change your own account under “My account”.",
  },
  sessions: {
    title: "Open sessions", none: "No session is open.", head: { address: "Address", method: "How", began: "Began", seen: "Last used", until: "Ends" },
    end: "End", endAll: "End all", here: "this seat", ended: (n) => `Sessions ended: ${n}.`, endTitle: "End sessions", endHappens: (n) => `Sessions that end within a second: ${n}. Pages and pictures close; the person can log in again.`,
    methods: { password: "password", totp: "password and second factor", second: "password and second factor", recovery: "recovery code", oidc: "the city's account" },
  },
  addresses: {
    title: "Addresses", inherited: "From the agency (registered for all its staff)", save: "Change addresses", changed: (ended) => `The addresses are changed.${ended ? ` Sessions ended: ${ended}.` : ""}`, none: "No address is registered: nobody can log in.",
    agencyHelp: "All staff of this agency may log in from these. One per line.",
    warnTitle: "This change does harm", what: { caller: "You lose the seat you sit at, and can't log in from it again.", every_admin: "No administrator gets in from any seat used in the last month. Only a command on the server (ansim address) could undo it.", too_wide: "Far too wide: it lets in addresses of strangers." },
    after: "Addresses afterwards", sessions: (n) => (n ? `Open sessions that end at once: ${n}.` : "No open session ends."), anyway: "Change all the same",
  },
  held: {
    title: "Held logins", lead: "Logins held after too many wrong passwords or codes. Make sure who it is, then release. They release themselves within 15 minutes.", empty: "No login was held during the last day.",
    head: { who: "Who", reason: "Why", addresses: "Tried from", at: "Held at", until: "Until", state: "State", act: "To do" },
    unknown: "no such login", isHeld: "held", isOver: "released", reasons: { passwords: "too many wrong passwords", second_factor: "too many wrong codes" },
    release: "Release", confirmTitle: (name) => `Release ${name}'s login`, happens: "Logging in works again at once. Have you made sure, by voice or in person, who it is?", pass: "Also make a code that stands for the second factor", passHelp: "Only for a lost telephone. Works once, for 15 minutes.",
    released: (name) => `${name}'s login is released.`, passTitle: "Code in place of the second factor", passLead: "Shown now and never again. Read it to its owner. It works once, for 15 minutes.", passNone: "This person has no second factor: no code is needed.", close: "Close",
  },
  roles: { title: "Roles", lead: "What each role may do. The server allows and refuses by this table. A person's role is changed on the accounts page.", can: "may", cannot: "may not", permission: "What it lets one do", yours: "your role" },
};
export const t = texts(ko, en);
