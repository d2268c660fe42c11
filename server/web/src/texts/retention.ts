import { texts } from "../lang";
import { withParticle } from "../particles";

/** Words of retention policies, of what goes when, of proofs, and of legal holds. */
const ko = {
  title: "보존 기간", lead: "종류마다 얼마 동안 보관하고 언제 지우는지 정합니다. 바꾸기 전에 무엇이 지워지는지 먼저 보여 줍니다.",
  tabs: { policies: "종류별 기간", preview: "지워질 것", proofs: "지운 증명" } as Record<string, string>,
  head: { what: "무엇을", from: "언제부터 셈", days: "보존 기간", limits: "정할 수 있는 범위", own: "센터별 기간", cleaned: "마지막 정리", act: "할 일" },
  days: (n: number) => (n === 0 ? "곧바로" : `${n.toLocaleString("ko")}일`), limits: (least: number, most: number) => `${least.toLocaleString("ko")}~${most.toLocaleString("ko")}일`, fixed: "법으로 정해짐", why: "근거", noOwn: "없음", ownLine: (center: string, days: string) => `${center} ${days}`, never: "아직 없음", change: "바꾸기",
  backup: (n: number) => `백업에 남은 것은 그 뒤 ${n}일 안에 백업과 함께 사라집니다.`,
  changing: (what: string) => `${what} 보존 기간 바꾸기`, center: "어디에", everywhere: "도시 전체 (기본값)", newDays: "보존 기간 (일)", daysHelp: (limits: string) => `정할 수 있는 범위: ${limits}`, follow: "센터의 기간을 없애고 기본값을 따름", look: "무엇이 지워지는지 보기", badDays: (limits: string) => `${limits} 안에서 적어 주세요.`,
  confirmTitle: "확인하고 바꿉니다", confirm: "바꾸기", fromTo: (before: string, after: string) => `${before}에서 ${withParticle(after, "으로/로")} 바뀝니다.`,
  willGo: (n: number, on: string) => `${n.toLocaleString("ko")}건이 ${on}에 지워집니다.`, wouldAnyway: (n: number) => `바꾸지 않아도 ${n.toLocaleString("ko")}건은 그때 지워질 것입니다.`, nothing: (on: string) => `다음 정리(${on})에 지워질 것이 없습니다.`, noWayBack: "지운 뒤에는 되돌릴 수 없습니다. 법적 보전 중인 것은 지우지 않습니다.", longer: "기간이 늘어 더 오래 보관합니다. 꼭 필요한 이유가 있는지 확인하세요.",
  changed: "보존 기간을 바꾸었습니다.", elsewhere: "그 사이 다른 사람이 바꾸었습니다. 새로 계산한 것을 확인하세요.", back: "고치기",
  preview: {
    lead: "앞으로 31일 동안 날마다 지워질 건수입니다. 보존 기간이 그대로이고 법적 보전이 더해지지 않을 때입니다.", kind: "종류", all: "모든 종류", chart: "날마다 지워질 건수", day: "날짜", items: "건수", sentence: "무엇이", table: "종류별로", next: "다음 정리에", held: "보전으로 남음", in31: "31일 동안", due: (what: { ko: string; en: string }, n: number) => ({ ko: `다음 정리에 ${what.ko} ${n.toLocaleString("ko")}건이 삭제됩니다.`, en: `the next run will delete ${n.toLocaleString("en")} of ${what.en}.` }), none: "앞으로 31일 동안 지워질 것이 없습니다.", asOf: (at: string) => `${at} 기준`,
  },
  proofs: {
    lead: "지울 때마다 남는 증명입니다. 무엇을 몇 건 지웠는지와 그 지문이 센터의 기록에 함께 들어 있습니다. 사람에 대한 내용은 없습니다.", head: { at: "지운 때", kind: "종류", center: "관제센터", deleted: "지운 건수", held: "보전으로 남음", before: "이때보다 오래된 것", oldest: "남은 것 가운데 가장 오래된 것", intact: "증명" }, intact: "그대로임", altered: "바뀌었음", empty: "아직 지운 것이 없습니다.", hint: "정리는 날마다 04:23에, 위치는 한 시간마다 합니다.", city: "도시 전체",
    since: "기간", ranges: { "7": "최근 7일", "31": "최근 31일", "92": "최근 석 달", "366": "최근 1년" } as Record<string, string>, bad: (n: number) => `증명 ${n}건이 처음 적은 것과 다릅니다. 설치 운영자와 감사 책임자에게 알리세요.`,
  },
  holds: {
    title: "법적 보전", lead: "수사나 재판에 필요한 사건을 정한 날까지 지우지 않게 합니다. 시작과 끝은 사유와 함께 기록에 남습니다.", new: "보전 시작", empty: "지금 보전 중인 것이 없습니다.", emptyEnded: "끝난 보전이 없습니다.", hint: "수사기관의 요청이 오면 사건 번호로 시작하세요.",
    head: { subject: "대상", center: "관제센터", basis: "법적 근거", placed: "시작", until: "끝", reason: "사유", left: "남은 날", act: "할 일" }, incident: "사건", person: "한 사람의 모든 사건", show: "보기", states: { now: "보전 중", ended: "끝난 것" } as Record<string, string>,
    held: (n: number) => `지금 사건 ${n}건이 보전되고 있습니다.`, soon: "곧 끝남", inDays: (n: number) => `${n}일`, keeps: "보전 때문에 남아 있는 것", keepsLead: "보존 기간이 지났지만 보전이 끝날 때까지 지우지 않는 것입니다.", keepsNone: "보존 기간이 지난 것 가운데 보전으로 남은 것은 아직 없습니다.", keepsHead: { what: "종류", n: "건수" },
    newTitle: "보전을 시작합니다", subjectIs: "무엇을", byIncident: "사건 하나", byPerson: "한 사람의 모든 사건", incidentId: "사건 번호", incidentHelp: "기록이나 관제 화면에서 복사한 번호입니다. 이름이나 전화번호를 넣지 마세요.", personRef: "사람 참조 번호", personHelp: "신고에 붙은 참조 번호입니다. 이름이나 전화번호를 넣지 마세요.", basis: "법적 근거", until: "언제까지 (한국 시각)", untilHelp: "5년까지 정할 수 있습니다. 더 필요하면 끝나기 전에 다시 시작합니다.", reason: "사유", reasonHelp: "예: 안양만안경찰서 수사협조 요청 2026-118. 5자 이상. 봉인되어 보관됩니다.", send: "보전 시작", badId: "번호를 복사한 그대로 넣어 주세요.",
    placed: (n: number) => `보전을 시작했습니다. 지금 사건 ${n}건이 보전되고 있습니다.`, end: "끝내기", endTitle: "보전을 끝냅니다", endHappens: "다른 보전이 없으면, 보존 기간이 이미 지난 것은 다음 정리 때 지워지고 되돌릴 수 없습니다.", ended: "보전을 끝냈습니다.", log: "사건의 기록",
  },
};
const en: typeof ko = {
  title: "Retention", lead: "How long each kind is kept, and when it goes. Before a change you are shown what it deletes.",
  tabs: { policies: "Periods", preview: "What will go", proofs: "Proofs" },
  head: { what: "What", from: "Counted from", days: "Kept for", limits: "What may be set", own: "Centers of their own", cleaned: "Last cleaned", act: "Action" },
  days: (n) => (n === 0 ? "at once" : n === 1 ? "1 day" : `${n.toLocaleString("en")} days`), limits: (least, most) => `${least.toLocaleString("en")} to ${most.toLocaleString("en")} days`, fixed: "fixed by law", why: "Ground", noOwn: "none", ownLine: (center, days) => `${center} ${days}`, never: "never", change: "Change",
  backup: (n) => `What backups hold goes with the backups, within ${n} days after that.`,
  changing: (what) => `Change the retention of ${what}`, center: "Where", everywhere: "The whole city (default)", newDays: "Days to keep", daysHelp: (limits) => `What may be set: ${limits}`, follow: "Drop the center's own period and follow the default", look: "See what would go", badDays: (limits) => `Give a number of ${limits}.`,
  confirmTitle: "Look, and change", confirm: "Change", fromTo: (before, after) => `${before} become ${after}.`,
  willGo: (n, on) => `This will delete ${n.toLocaleString("en")} items on ${on}.`, wouldAnyway: (n) => `Without the change ${n.toLocaleString("en")} would go then.`, nothing: (on) => `The next run (${on}) would delete nothing.`, noWayBack: "There is no way back after that. What a legal hold keeps is not deleted.", longer: "It is kept for longer. Make sure that there is a need for it.",
  changed: "The retention was changed.", elsewhere: "Somebody else has changed it meanwhile. Look at the new numbers.", back: "Edit",
  preview: {
    lead: "Items that go on each of the coming 31 days, if no period changes and no hold is added.", kind: "Kind", all: "all kinds", chart: "Items that go each day", day: "Day", items: "Items", sentence: "What", table: "By kind", next: "With the next run", held: "Kept by holds", in31: "In 31 days", due: (what, n) => ({ ko: `다음 정리에 ${what.ko} ${n}건이 삭제됩니다.`, en: `the next run will delete ${n.toLocaleString("en")} of ${what.en}.` }), none: "Nothing goes within 31 days.", asOf: (at) => `as of ${at}`,
  },
  proofs: {
    lead: "Each deletion leaves a proof: what and how many, with its digest in the center's log. It holds nothing about anybody.", head: { at: "Deleted at", kind: "Kind", center: "Center", deleted: "Deleted", held: "Kept by holds", before: "Older than", oldest: "Oldest that stayed", intact: "Proof" }, intact: "intact", altered: "altered", empty: "Nothing has been deleted yet.", hint: "The purge runs at 04:23 every day, for positions each hour.", city: "the city",
    since: "Period", ranges: { "7": "last 7 days", "31": "last 31 days", "92": "last three months", "366": "last year" }, bad: (n) => `${n} proofs differ from what was written. Tell whoever runs the installation and whoever audits it.`,
  },
  holds: {
    title: "Legal holds", lead: "Keeps an incident that an investigation or a court needs from being deleted, until a day. Beginning and end stand in the log with their reasons.", new: "Place a hold", empty: "Nothing is held now.", emptyEnded: "No hold has ended.", hint: "When an investigating authority asks, begin with the incident's id.",
    head: { subject: "Subject", center: "Center", basis: "Legal basis", placed: "Since", until: "Until", reason: "Reason", left: "Days left", act: "Action" }, incident: "incident", person: "all incidents of a person", show: "Show", states: { now: "in force", ended: "ended" },
    held: (n) => `Incidents held now: ${n}.`, soon: "ends soon", inDays: (n) => `${n}`, keeps: "What stays because of holds", keepsLead: "Its retention is over, and it is kept until the hold ends.", keepsNone: "Nothing whose retention is over is held yet.", keepsHead: { what: "Kind", n: "Items" },
    newTitle: "Place a legal hold", subjectIs: "What", byIncident: "one incident", byPerson: "all incidents of a person", incidentId: "Incident id", incidentHelp: "As copied from the log or the console. No names, no phone numbers.", personRef: "Person reference", personHelp: "The reference that comes with the alerts. No names, no phone numbers.", basis: "Legal basis", until: "Until (Korean time)", untilHelp: "Five years at most; place it again before it ends if it is still needed.", reason: "Reason", reasonHelp: "Such as: request of Manan police, 2026-118. Five characters or more. It is kept sealed.", send: "Place the hold", badId: "Paste the id as it was copied.",
    placed: (n) => `The hold is in force. Incidents held now: ${n}.`, end: "End", endTitle: "End this hold", endHappens: "Where no other hold keeps it, what is past its retention goes with the next run, and there is no way back.", ended: "The hold has ended.", log: "The incident's log",
  },
};
export const t = texts(ko, en);
