import { texts } from "../lang";

/** Words of the reviews: misuse findings and break-glass. */
const ko = {
  misuse: {
    title: "오남용 심사", lead: "기록에서 찾은, 설명이 필요한 열람입니다. 의심일 뿐 판정이 아닙니다. 기록을 보고 정당한지 적어 주세요.", empty: "심사할 항목이 없습니다.", emptyHint: "매일 밤 기록을 살펴 새 항목이 있으면 여기에 나타납니다.",
    head: { rule: "무엇이", who: "누가", role: "역할", center: "관제센터", at: "언제", count: "근거", state: "상태" }, open: "심사 전", reviewed: "심사함", states: { open: "심사 전", reviewed: "심사한 것", all: "모두" }, stateLabel: "상태",
    evidence: "근거가 된 기록", evidenceLead: "이 사람이 한 열람과 그 결과입니다. 개인을 알아볼 수 있는 내용은 가려져 있습니다.", evidenceHead: { at: "때", tag: "무엇", incident: "사건", detail: "내용" }, tags: { "release:granted": "열람", "release:refused": "거절된 열람", "incident:unmasked": "신원 열람", "search:closed": "종료된 사건 찾기" } as Record<string, string>,
    kinds: { live: "실시간 영상", still: "정지 영상", recorded: "녹화 영상", capture: "본인 사진·소리", position: "위치", walk: "안심귀가 위치", identity: "이름·번호", profile: "본인이 적은 정보", search: "종료된 사건 찾기", export: "기록 반출", maintenance: "점검", evidence: "증거" } as Record<string, string>,
    toGlass: "비상 열람 심사로 가기", evidenceGone: (n: number) => `기록 ${n}건은 지금 읽을 수 있는 범위에 없습니다.`,
    about: "본인에 대한 항목입니다. 근거를 볼 수 없고, 다른 사람이 심사합니다.", found: "찾은 때", reviewedAt: "심사한 때",
  },
  review: { title: "심사", verdict: "판정", verdicts: { justified: "정당함", not_justified: "정당하지 않음" }, note: "설명", noteHelp: "무엇을 확인했고 왜 그렇게 판단했는지 적으세요. 봉인되어 보관됩니다.", save: "심사 마치기", confirm: "한 번 심사하면 바꿀 수 없습니다.", done: "심사를 마쳤습니다.", noteIs: "적은 설명" },
  glass: {
    title: "비상 열람 심사", lead: "두 사람이 함께 다른 센터의 사건을 30분 동안 연 기록입니다. 끝난 뒤 72시간 안에 요청한 사람도 승인한 사람도 아닌 제3자가 심사합니다.", empty: "비상 열람이 없습니다.",
    head: { who: "요청한 사람", center: "열어 본 관제센터", at: "요청한 때", state: "상태", due: "심사 기한", reason: "사유" }, states: { unreviewed: "심사할 것", asked: "승인 기다림", open: "열람 중", all: "모두" } as Record<string, string>, stateLabel: "보기",
    state: { asked: "승인 기다림", lapsed: "승인 없이 지남", declined: "거절됨", open: "열람 중", over: "끝남" }, toReview: "심사할 것", overdue: "심사 기한 지남", basis: "법적 근거", approved: "승인", ends: "끝나는 때", incident: "사건", none: "고르지 않음", desk: "상황실", renewal: "연장 요청",
    approve: "승인", decline: "거절", approveTitle: "비상 열람을 승인합니다", approveHappens: "승인하면 30분 동안 그 사건의 영상과 위치가 열립니다. 이름과 번호는 열리지 않습니다. 두 사람 모두 기록에 남습니다.", declineTitle: "비상 열람을 거절합니다", declineHappens: "아무것도 열리지 않습니다. 필요하면 다시 요청할 수 있습니다.", end: "지금 끝내기", endTitle: "비상 열람을 끝냅니다", endHappens: "보고 있던 영상과 위치가 1초 안에 닫힙니다.", decided: "처리했습니다.",
  },
};
const en: typeof ko = {
  misuse: {
    title: "Misuse review", lead: "Looks that need an explanation, found in the log. A question and never a verdict: see the lines and write whether it was justified.", empty: "There is nothing to review.", emptyHint: "The log is looked at every night; what is found appears here.",
    head: { rule: "What", who: "Who", role: "Role", center: "Center", at: "When", count: "Lines", state: "State" }, open: "to review", reviewed: "reviewed", states: { open: "To review", reviewed: "Reviewed", all: "All" }, stateLabel: "State",
    evidence: "Lines it rests on", evidenceLead: "What this person looked at. Whatever tells a person is masked.", evidenceHead: { at: "At", tag: "What", incident: "Incident", detail: "Detail" }, tags: { "release:granted": "look", "release:refused": "refused look", "incident:unmasked": "name opened", "search:closed": "search in closed incidents" },
    kinds: { live: "live video", still: "still picture", recorded: "recorded video", capture: "photos and sound from her phone", position: "place", walk: "walk home", identity: "name and number", profile: "what she wrote of herself", search: "search in closed incidents", export: "export of the log", maintenance: "maintenance", evidence: "evidence" },
    toGlass: "To the break-glass review", evidenceGone: (n) => `Lines that can't be read from here: ${n}.`,
    about: "This is about yourself. You can't see its lines, and somebody else reviews it.", found: "Found at", reviewedAt: "Reviewed at",
  },
  review: { title: "Review", verdict: "Verdict", verdicts: { justified: "justified", not_justified: "not justified" }, note: "Explanation", noteHelp: "What you looked at, and why you judge so. It is kept sealed.", save: "Finish review", confirm: "A review can't be changed afterwards.", done: "The review is finished.", noteIs: "Explanation given" },
  glass: {
    title: "Break-glass review", lead: "Two people opened an incident of another center for half an hour. Within 72 hours somebody who is neither of the two reviews it.", empty: "There is no break-glass.",
    head: { who: "Asked by", center: "Center opened", at: "Asked at", state: "State", due: "Review until", reason: "Reason" }, states: { unreviewed: "To review", asked: "Waiting for approval", open: "Open now", all: "All" }, stateLabel: "Show",
    state: { asked: "waiting for approval", lapsed: "lapsed", declined: "declined", open: "open now", over: "over" }, toReview: "to review", overdue: "review overdue", basis: "Legal basis", approved: "Approved", ends: "Ends", incident: "Incident", none: "not chosen", desk: "Desk", renewal: "renewal",
    approve: "Approve", decline: "Decline", approveTitle: "Approve break-glass", approveHappens: "For half an hour pictures and place of that incident are open, no name and no number. Both of you stand on record.", declineTitle: "Decline break-glass", declineHappens: "Nothing opens. It can be asked for again.", end: "End now", endTitle: "End break-glass", endHappens: "Pictures and place close within a second.", decided: "Done.",
  },
};
export const t = texts(ko, en);
