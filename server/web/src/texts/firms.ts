import { texts } from "../lang";

/** An association's desk: its firms, their accounts and lines, how their requests went. */
const ko = {
  title: "소속 업체", lead: "업체는 우리 협약 안에서 요청합니다. 협약이 멈추면 모든 업체가 함께 멈춥니다. 여기서는 요청의 상태와 수만 보이고, 내용과 영상은 보이지 않습니다.",
  agreements: "업체에 적용되는 협약", noAgreement: "소속 업체까지 맡는 협약이 없습니다. 관제센터에 ‘소속 업체 포함’을 켜 달라고 하세요.", inForce: "효력 있음", notInForce: "효력 없음", until: (at: string) => `${at}까지`, noEnd: "종료일 없음",
  find: "업체 찾기", all: (n: number) => `업체 ${n}곳`, shown: (n: number, of: number) => `${of}곳 중 ${n}곳`, none: "등록된 업체가 없습니다.", noneHint: "CSV 파일을 올리거나 한 곳씩 등록하세요.", nothing: "찾는 업체가 없습니다.", more: (n: number) => `${n}곳 더 보기`,
  head: { firm: "업체", state: "상태", requests: "요청", rate: "오신고율", accounts: "계정", line: "회선", last: "마지막 요청" },
  state: { in_force: "이용 중", suspended: "정지됨", over: "기간 끝남" } as Record<string, string>, days: (n: number) => `최근 ${n}일`, requestsOf: (taken: number, decided: number, running: number) => `${taken}건 · 판단 ${decided} · 진행 ${running}`, noRate: "판단 없음", hasLine: "있음", noLine: "화면만", used: (n: number, used: number) => `${n} (로그인 ${used})`,
  file: "CSV로 등록", fileHelp: "열: agency_id, name_ko, name_en, triggers, centers, ends_at, login, person, networks, branches(| 로 나눔). 첫 두 열만 꼭 있으면 됩니다. 잘못된 줄만 빼고 등록됩니다.", choose: "파일 고르기", sending: "올리는 중…", inviting: (n: number, of: number) => `초대 ${n} / ${of}`,
  result: (made: number, known: number, refused: number) => `등록 ${made}곳, 이미 있음 ${known}곳, 받지 않은 줄 ${refused}줄`, refusedHead: "받지 않은 줄", line: "줄", field: "열", value: "값", why: "이유", notInvited: (n: number) => `계정 ${n}개는 초대하지 못했습니다. 업체를 열어 다시 초대하세요.`, saveLinks: (n: number) => `초대 링크 ${n}개 내려받기`, linksHint: "링크는 72시간 동안 한 번 쓸 수 있고, 다시 볼 수 없습니다.",
  branches: "지사 (비우면 무엇이든)", branchesHelp: "| 로 나눕니다. 예: 평촌 지사 | 안양 지사. 목록에 없는 지사의 요청도 받고, 관제센터에 그렇게 알립니다.",
  add: "업체 등록", id: "아이디", idHelp: "영문 소문자·숫자·-", nameKo: "이름 (한국어)", nameEn: "이름 (영어)", triggers: "요청 사유 (비우면 협약 전부)", centers: "관제센터 코드 (비우면 협약 전부)", ends: "이용 종료일", save: "저장", cancel: "닫기", added: "등록했습니다.",
  suspend: "정지", suspendTitle: (name: string) => `${name}을(를) 정지합니다`, suspendLead: "1초 안에 이 업체가 보던 영상이 꺼지고 새 요청을 올릴 수 없습니다. 언제든 풀 수 있습니다.", reason: "사유", resume: "정지 풀기", back: "목록으로",
  accounts: "계정", noAccounts: "계정이 없습니다.", invite: "담당자 초대", login: "아이디 (로그인)", person: "이름", networks: "접속할 주소", networksHelp: "쉼표나 빈칸으로 나눕니다. 예: 203.0.113.7", active: "이용 중", off: "계정 끄기", on: "계정 켜기", reset: "새 링크", link: "초대 링크", copy: "복사", copied: "복사했습니다", never: "로그인한 적 없음",
  system: "업체 시스템 회선", systemNone: "회선이 없습니다. 업체는 화면에서만 일합니다.", url: "업체 시스템의 주소 (https)", setLine: "회선 정하기", newKey: "새 열쇠 만들기", dropLine: "회선 끊기", key: "열쇠 (한 번만 보입니다)",
  requests: "최근 요청", noRequests: "올린 요청이 없습니다.", onlyStates: "상태만 보입니다. 내용·위치·영상은 업체와 관제센터만 봅니다.", failed: "불러오지 못했습니다.", retry: "다시", limits: "제한", all_: "협약 전부", what: "요청 사유", where: "관제센터", drill: "훈련",
  loading: "업체를 불러오는 중…", changeLimits: "제한 바꾸기", limitsLead: "비워 두면 우리 협약 그대로입니다. 협약보다 넓힐 수는 없습니다. 바꾸면 1초 안에 적용됩니다.", centersHelp: (code: string) => `5자리 코드를 빈칸으로 나눕니다. 예: ${code}`,
  offTitle: (name: string) => `${name} 계정을 끕니다`, offLead: "이 사람의 접속이 바로 끝나고 다시 로그인할 수 없습니다. 언제든 다시 켤 수 있습니다.",
  newKeyLead: "지금 열쇠는 바로 쓸 수 없게 됩니다. 새 열쇠를 업체 시스템에 넣을 때까지 그 시스템의 요청은 거절됩니다.", dropLead: "업체 시스템이 더는 요청을 올리지 못하고 상태도 받지 못합니다. 화면에서는 계속 일할 수 있습니다.",
  sum: (n: number, off: number) => (off > 0 ? `관제센터 ${n}곳 · 효력 없음 ${off}곳` : `관제센터 ${n}곳 모두 효력 있음`), showAll: "모두 보기",
};
const en: typeof ko = {
  title: "Firms", lead: "Firms ask by our agreement; when it rests, all of them rest. Only states and numbers of their requests are shown here, neither content nor pictures.",
  agreements: "Agreements that stand for firms", noAgreement: "No agreement of ours stands for firms. Ask the center to switch that on.", inForce: "in force", notInForce: "not in force", until: (at) => `until ${at}`, noEnd: "no end",
  find: "Find a firm", all: (n) => `${n} firms`, shown: (n, of) => `${n} of ${of} firms`, none: "No firm is registered.", noneHint: "Upload a CSV file, or add them one by one.", nothing: "No such firm.", more: (n) => `${n} more`,
  head: { firm: "Firm", state: "State", requests: "Requests", rate: "False rate", accounts: "Accounts", line: "Line", last: "Last request" },
  state: { in_force: "in use", suspended: "suspended", over: "over" }, days: (n) => `last ${n} days`, requestsOf: (taken, decided, running) => `${taken} · ${decided} decided · ${running} running`, noRate: "none decided", hasLine: "yes", noLine: "desk only", used: (n, used) => `${n} (${used} logged in)`,
  file: "Register from CSV", fileHelp: "Columns: agency_id, name_ko, name_en, triggers, centers, ends_at, login, person, networks, branches (parted by |). Only the first two are needed. Wrong rows are left out, good ones are kept.", choose: "Choose a file", sending: "Uploading…", inviting: (n, of) => `Invited ${n} of ${of}`,
  result: (made, known, refused) => `${made} registered, ${known} known already, ${refused} rows refused`, refusedHead: "Refused rows", line: "Line", field: "Column", value: "Value", why: "Why", notInvited: (n) => `${n} accounts could not be invited; open the firm and invite again.`, saveLinks: (n) => `Download ${n} invitation links`, linksHint: "A link is good once, for 72 hours, and is not shown again.",
  branches: "Branches (empty: any)", branchesHelp: "Parted by |, such as Pyeongchon | Anyang. A request of another branch is taken too; the center is told that it is not on the list.",
  add: "Add a firm", id: "Id", idHelp: "small letters, digits, hyphens", nameKo: "Name (Korean)", nameEn: "Name (English)", triggers: "Occasions (empty: all of the agreement)", centers: "Center codes (empty: all of the agreement)", ends: "Ends on", save: "Save", cancel: "Close", added: "Added.",
  suspend: "Suspend", suspendTitle: (name) => `Suspend ${name}`, suspendLead: "Within a second its pictures go dark, and it can raise nothing. You can resume it at any time.", reason: "Reason", resume: "Resume", back: "Back to the list",
  accounts: "Accounts", noAccounts: "No accounts.", invite: "Invite somebody", login: "Login", person: "Name", networks: "Addresses of the seats", networksHelp: "Separated by commas or blanks, such as 203.0.113.7", active: "active", off: "Switch off", on: "Switch on", reset: "New link", link: "Invitation link", copy: "Copy", copied: "Copied", never: "never logged in",
  system: "The firm's own system", systemNone: "No line: the firm works at its desk only.", url: "Address of its system (https)", setLine: "Set the line", newKey: "New key", dropLine: "Cut the line", key: "Key (shown once)",
  requests: "Recent requests", noRequests: "No requests.", onlyStates: "States only. Content, places and pictures are for the firm and the center.", failed: "This could not be loaded.", retry: "Again", limits: "Limits", all_: "all of the agreement", what: "occasions", where: "centers", drill: "drill",
  loading: "Loading the firms…", changeLimits: "Change limits", limitsLead: "Empty means: as our agreement says. Nothing can be wider than that. It holds within a second.", centersHelp: (code) => `Codes of five digits, parted by blanks, such as ${code}`,
  offTitle: (name) => `Switch off ${name}`, offLead: "This person is logged out at once and can't log in. You can switch it on again at any time.",
  newKeyLead: "The present key is good no more at once. Until the firm's system has the new one, its requests are refused.", dropLead: "The firm's system can raise nothing and hears nothing any more. Its desk goes on working.",
  sum: (n, off) => (off > 0 ? `${n} centers · ${off} not in force` : `${n} centers, all in force`), showAll: "Show all",
};
export const fi = texts(ko, en);
