import { texts } from "../lang";

/** Words of the administration's frame and of its kit; each section has a file of its own. */
const ko = {
  title: "안심 관리", otherLanguage: "English", logout: "로그아웃", account: "내 계정", console: "관제 화면", agency: "기관 화면",
  menu: "메뉴", menuLabel: "관리 메뉴", skip: "본문으로 바로 가기", home: "한눈에 보기",
  loading: "불러오는 중…",
  forbiddenTitle: "이 화면을 볼 권한이 없습니다",
  forbidden: (role: string) => `지금 로그인한 역할(${role})에는 이 화면이 열려 있지 않습니다. 필요하면 관리자에게 역할을 확인해 달라고 하세요.`,
  nothingTitle: "이 역할이 관리할 것은 없습니다",
  noSectionTitle: "그런 화면이 없습니다", noSection: "주소를 잘못 적었거나 없어진 화면입니다. 왼쪽 메뉴에서 고르세요.",
  toHome: "한눈에 보기로", toDesk: "내 근무 화면으로",
  endedTitle: "접속이 끝났습니다", ended: "오래 쓰지 않았거나 다른 곳에서 이 접속을 끝냈습니다. 다시 로그인하면 이 화면으로 돌아옵니다.", again: "다시 로그인",
  endsSoon: (at: string) => `접속이 ${at}에 끝납니다. 그 전에 하던 일을 마치고 다시 로그인하세요.`,
  unreachable: "서버에 닿지 않습니다. 저절로 다시 시도합니다.",
  groups: { people: "사람과 권한", agencies: "기관과 협약", video: "영상", records: "기록과 보존", operation: "운영" },
  landing: {
    lead: "지금 살펴볼 일입니다. 숫자를 누르면 그 화면으로 갑니다.", none: "지금 살펴볼 일이 없습니다.", calm: "없음", failed: "불러오지 못함", refresh: "새로 고침",
    places: "모든 화면", asOf: (at: string) => `${at} 기준`, count: (n: number) => `${n}건`,
  },
  attention: {
    held: "잠긴 로그인", agreements: "30일 안에 끝나는 협약", misuse: "심사하지 않은 오남용 의심", breakglass: "심사할 비상 열람",
    chains: "봉인이 늦거나 맞지 않는 기록", holds: "30일 안에 끝나는 법적 보전",
    doubts: "확인할 카메라 행", discrepancies: "어긋난 기록", quarantine: "읽지 못한 메시지",
  },
  table: {
    filter: "찾기", more: (left: number) => `더 보기 (${left}개 남음)`, moreServer: "더 보기", csv: "CSV로 받기", none: "조건에 맞는 것이 없습니다.", clear: "조건 지우기",
    count: (n: number, all: number) => (n === all ? `${n}개` : `${all}개 가운데 ${n}개`), sortBy: (name: string) => `${name} 순으로`, copy: (what: string) => `${what} 복사`, copied: "복사함",
  },
  form: {
    save: "저장", cancel: "취소", busy: "처리하는 중…", required: "필수", optional: "선택", missing: "적어 주세요.", bad: "쓸 수 없는 값입니다. 다시 확인해 주세요.",
    allowed: (list: string) => `쓸 수 있는 값: ${list}`, choose: "고르세요", reason: "사유", reasonHelp: "기록에 남습니다.", tooShort: (n: number) => `${n}자 이상 적어 주세요.`,
  },
  told: { undo: "되돌리기", close: "알림 닫기", undone: "되돌렸습니다." },
  back: "목록으로",
};
const en: typeof ko = {
  title: "Ansim administration", otherLanguage: "한국어", logout: "Log out", account: "My account", console: "Console", agency: "Agency desk",
  menu: "Menu", menuLabel: "Administration menu", skip: "Skip to the content", home: "Overview",
  loading: "Loading…",
  forbiddenTitle: "You may not see this page",
  forbidden: (role) => `It is not open to your role (${role}). If you need it, ask an administrator about your role.`,
  nothingTitle: "There is nothing to administer for this role",
  noSectionTitle: "There is no such page", noSection: "The address is mistyped, or the page is gone. Choose one from the menu.",
  toHome: "To the overview", toDesk: "To my desk",
  endedTitle: "Your session has ended", ended: "It was not used for long, or was ended elsewhere. Log in again and you come back to this page.", again: "Log in again",
  endsSoon: (at) => `Your session ends at ${at}. Finish what you are doing and log in again.`,
  unreachable: "The server can't be reached. Trying again.",
  groups: { people: "People and rights", agencies: "Agencies and agreements", video: "Video", records: "Records and retention", operation: "Operation" },
  landing: {
    lead: "What needs attention now. Press a number to go there.", none: "Nothing needs attention now.", calm: "none", failed: "not loaded", refresh: "Refresh",
    places: "All pages", asOf: (at) => `as of ${at}`, count: (n) => String(n),
  },
  attention: {
    held: "Held logins", agreements: "Agreements that end within 30 days", misuse: "Misuse findings to review", breakglass: "Break-glass to review",
    chains: "Logs whose seal is late or wrong", holds: "Legal holds that end within 30 days",
    doubts: "Camera rows to check", discrepancies: "Records that disagree", quarantine: "Messages nobody could read",
  },
  table: {
    filter: "Find", more: (left) => `Show more (${left} left)`, moreServer: "Show more", csv: "Download CSV", none: "Nothing fits these conditions.", clear: "Clear",
    count: (n, all) => (n === all ? `${n}` : `${n} of ${all}`), sortBy: (name) => `Sort by ${name}`, copy: (what) => `Copy ${what}`, copied: "Copied",
  },
  form: {
    save: "Save", cancel: "Cancel", busy: "Working…", required: "required", optional: "optional", missing: "Please fill this in.", bad: "This value can't be used. Please check it.",
    allowed: (list) => `Possible values: ${list}`, choose: "Choose", reason: "Reason", reasonHelp: "It is kept on record.", tooShort: (n) => `Write ${n} characters or more.`,
  },
  told: { undo: "Undo", close: "Dismiss", undone: "Undone." },
  back: "Back to the list",
};
export const t = texts(ko, en);
export type Group = keyof typeof ko.groups;
export type AttentionId = keyof typeof ko.attention;
