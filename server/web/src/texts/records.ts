import { texts } from "../lang";

/** Words of the log: provisions, events, seals, the signed file. */
const ko = {
  releases: {
    title: "제공기록", lead: "누가 언제 무슨 근거로 영상, 위치, 이름을 보았는지입니다. 보여 주기 전에 먼저 적히고, 지울 수 없습니다.",
    empty: "이 조건에 맞는 제공기록이 없습니다.", hint: "기간을 넓히거나 조건을 지워 보세요.",
    head: { at: "제공한 때", who: "누구에게", what: "무엇을", camera: "카메라", center: "관제센터", why: "법적 근거", length: "시간", marks: "표시" },
    guardian: "보호자", agent: "기관 담당자", operator: "관제 요원", open: "지금 열려 있음", drill: "훈련", glass: "비상 열람", atOnce: "1초 미만",
  },
  detail: {
    title: (what: string, who: string) => `${what} → ${who}`, facts: "제공 내용", who: "받은 사람", whose: "소속", agency: "기관", agreement: "협약", what: "종류", camera: "카메라", incident: "사건", reason: "사유", basis: "법적 근거", address: "접속 주소",
    from: "제공한 때", first: "첫 화면이 나간 때", to: "끝난 때", until: "끝나기로 한 때", lasted: "시간", ended: "끝난 이유", marks: "표시", glass: "비상 열람 심사로", center: "관제센터",
    missing: "이 기록을 찾지 못했습니다", missingText: "보존 기간이 지나 지워졌거나, 맡은 센터의 기록이 아닙니다.",
    allOfIncident: "이 사건의 모든 기록", releasesOfIncident: "이 사건의 제공기록", allOfViewer: "이 사람이 본 것", hold: "이 사건 보전하기", toRelease: "제공기록 보기", noReason: "따로 적지 않음 (직무 화면)",
    reasons: {
      closed: "사건 종료", incident_closed: "사건 종료", cancelled: "사건 취소", transferred: "사건 이관", viewer_left: "보는 사람이 닫음", shown_once: "한 번 보여 주고 끝남", delivered: "전달을 마침", expired: "시간이 다 됨", withdrawn: "거두어들임",
      no_agreement: "협약이 끝남", agency_done: "기관의 조치가 끝남", session: "접속이 끝남", session_ended: "접속이 끝남", replaced: "다른 카메라로 바뀜", given: "건네줌", failed: "만들지 못함", no_picture: "화면을 받지 못함", breakglass_over: "비상 열람이 끝남", too_slow: "보는 쪽 연결이 느림", unreachable: "카메라에 닿지 않음", upstream_away: "카메라에 닿지 않음", released_ended: "제공이 끝남",
    } as Record<string, string>,
  },
  events: {
    title: "사건기록", lead: "센터마다 한 줄씩 이어지는 기록입니다. 사람이 말하거나 적은 것과 이름, 번호, 위치는 가려져 있습니다.", ofIncident: "이 사건의 기록을 처음부터", empty: "이 조건에 맞는 기록이 없습니다.",
    head: { at: "때", what: "무엇이", who: "누가", center: "관제센터", incident: "사건", seq: "번호", detail: "내용" },
    purged: "내용은 보존 기간이 지나 지워짐", system: "자동", person: "본인", guardian: "보호자", operator: "관제 요원", agent: "기관 담당자", facts: "기록 내용", payload: "적힌 내용", noPayload: "적힌 내용이 없습니다.", tag: "종류", installation: "설치 전체",
    replay: "사건 다시 보기", replayLead: "기록을 한 줄씩 접어 그때그때의 상태를 다시 만들고, 사건의 지금 값과 맞는지 견줍니다. 서버에서:",
  },
  chain: {
    title: "사슬에서의 자리", seq: "번호", event: "기록 번호", hash: "해시", previous: "앞 줄의 해시", digest: "내용의 지문", sealed: "봉인", sealedUntil: (at: string) => `검증됨: ${at} 봉인까지`, waits: "아직 봉인 전 (한 시간마다 봉인)", broken: "봉인과 다름",
    ended: "끝낸 줄", old: "줄 번호가 적히기 전의 기록입니다.",
    head: "기록의 봉인 상태", lead: "기록은 줄마다 앞 줄의 해시를 품고, 한 시간마다 서명해 봉인합니다. 여기서는 마지막 봉인을 기록과 견줍니다. 모든 줄의 검사는 서버에서 ansim verify-log로 합니다.",
    cols: { center: "관제센터", state: "상태", until: "봉인한 때", lines: "모든 줄", since: "그 뒤의 줄", key: "서명 키" }, ok: "검증됨", late: "봉인이 늦음", never: "아직 봉인하지 않음", bad: "기록이 봉인과 다름",
    one: (at: string) => `${at}까지 검증됨`, badAll: "기록이 봉인과 다른 센터가 있습니다. 곧바로 설치 운영자와 감사 책임자에게 알리고 ansim verify-log로 어느 줄인지 확인하세요.", show: "센터별로 보기", installation: "설치 전체",
  },
  filters: {
    label: "조건", range: "기간", ranges: { "1": "최근 24시간", "7": "최근 7일", "30": "최근 30일", "90": "최근 90일", "183": "최근 반년", own: "직접 고르기" } as Record<string, string>, from: "부터 (한국 시각)", to: "까지 (한국 시각)",
    center: "관제센터", every: "모두", whole: "전체 기간", kind: "종류", agency: "받은 기관", camera: "카메라 번호", incident: "사건 번호", refused: "거절된 것만", more: "조건 더 보기", tag: "기록 종류", badId: "사건 번호는 복사한 그대로 넣어 주세요 (예: 0196f3a2-…).", apply: "찾기", clear: "조건 지우기",
    viewer: (name: string) => `이 사람만: ${name}`, ofIncident: (id: string) => `이 사건만: ${id}`, badRange: "‘부터’가 ‘까지’보다 앞서야 합니다.", remove: (what: string) => `${what} 조건 지우기`, someone: "고른 사람",
  },
  subjects: {
    incident: "사건 처리", alert: "신고", release: "제공", dispatch: "출동", talk: "대화", call: "통화", camera: "카메라", evidence: "증거", video: "기관의 영상 요청", responder: "현장 대원", guardian: "보호자", breakglass: "비상 열람", account: "계정", session: "접속", agreement: "협약", address: "접속 주소", policy: "보존 기간",
    hold: "법적 보전", purge: "삭제", key: "암호 키", search: "조회", export: "반출", flag: "기능 켜고 끄기", shift: "근무", scout: "스카우트", misuse: "오남용", device: "휴대전화", consent: "동의", backup: "백업",
  } as Record<string, string>,
  admin: {
    "account:activated": "계정을 다시 쓰게 함", "account:changed": "계정을 바꿈", "account:created": "계정을 만듦", "account:deactivated": "계정 사용을 중지함", "account:factor_added": "2단계 인증을 등록함", "account:factor_removed": "2단계 인증을 없앰", "account:held": "로그인이 잠김", "account:password_changed": "비밀번호를 바꿈",
    "account:recovery_renewed": "복구 코드를 새로 만듦", "account:recovery_used": "복구 코드로 들어옴", "account:released": "잠긴 로그인을 풂", "account:reset": "비밀번호를 다시 정하게 함", "address:changed": "접속 주소를 바꿈", "agreement:agency_added": "기관을 더함", "warning:received": "재난 경보를 받음", "warning:updated": "재난 경보가 바뀜", "warning:cancelled": "재난 경보가 끝남", "warning:hidden": "재난 경보를 지도에서 내림", "warning:shown": "재난 경보를 지도에 다시 올림", "plate:pushed": "수배 차량을 올림", "plate:removed": "수배 차량을 해제함", "plate:reader_set": "번호판 판독기를 등록함", "plate:confirmed": "비슷한 번호판을 맞다고 확인", "plate:dismissed": "비슷한 번호판을 아니라고 확인", "plate:quieted": "아니라고 한 번호판을 다시 알리지 않음", "plate:clock_wrong": "판독기의 시계가 맞지 않음", "plate:clock_right": "판독기의 시계가 다시 맞음", "agreement:line_set": "기관 연결을 정함", "agreement:firms_added": "소속 업체를 더함", "agreement:firm_changed": "소속 업체의 조건을 바꿈", "agreement:firm_suspended": "소속 업체를 정지함", "agreement:firm_resumed": "소속 업체의 정지를 풂", "agreement:created": "협약을 맺음", "consent:granted": "동의함", "consent:withdrawn": "동의를 거둠", "consent:suspended": "동의를 잠시 멈춤", "consent:resumed": "동의를 다시 시작함", "consent:ended": "동의가 끝남", "agreement:changed": "협약을 바꿈",
    "agreement:suspended": "협약을 정지함", "agreement:resumed": "협약을 다시 시작함", "agreement:ended": "협약을 끝냄", "camera:bound": "카메라에 장비를 이음", "camera:changed": "카메라 정보를 바꿈", "camera:discovery_begun": "카메라 찾기를 시작함", "camera:discovery_ended": "카메라 찾기가 끝남", "camera:doubt_accepted": "카메라 제안을 받아들임",
    "camera:doubt_rejected": "카메라 제안을 물리침", "camera:doubt_reopened": "카메라 판단을 되돌림", "camera:health": "카메라 상태가 바뀜", "camera:imported": "카메라 파일을 가져옴", "camera:retired": "카메라를 뺌", "facility:imported": "안전시설 파일을 공개함", "facility:removed": "안전시설 파일을 되돌림", "device:enrolled": "휴대전화를 등록함", "device:recovered": "휴대전화를 되찾음", "device:renewed": "휴대전화 등록을 새로 함", "device:revoked": "휴대전화 등록을 거둠",
    "flag:set": "기능을 켜거나 끔", "hold:ended": "법적 보전을 끝냄", "hold:placed": "법적 보전을 시작함", "key:created": "암호 키를 만듦", "key:destroyed": "암호 키를 파기함", "key:resealed": "다시 봉인함", "key:rewrapped": "키를 다시 쌈", "key:rotated": "암호 키를 바꿈", "misuse:found": "오남용 의심을 찾음", "misuse:reviewed": "오남용을 심사함",
    "policy:changed": "보존 기간을 바꿈", "purge:done": "보존 기간이 지난 것을 지움", "search:message_read": "읽지 못한 메시지를 읽음", "session:closed": "로그아웃함", "session:ended": "접속이 끝남", "session:extended": "접속을 늘림", "session:new_device": "새 기기로 들어옴", "session:opened": "로그인함",
    "scout:offered": "스카우트 운영 시간을 정함", "scout:not_offered": "스카우트 운영 시간을 없앰", "scout:booked": "스카우트를 예약함", "scout:assigned": "스카우트 조를 배정함", "scout:unassigned": "스카우트 배정을 거둠", "scout:shown": "예약한 사람과 만날 곳을 보여 줌", "scout:waiting": "스카우트가 만날 곳에 도착함", "scout:code_read": "확인 코드를 읽음", "scout:wrong_code": "틀린 확인 코드",
    "scout:accompanying": "함께 출발함", "scout:home": "집에 도착함", "scout:closed": "동행을 마침", "scout:cancelled": "예약을 취소함", "scout:called_off": "예약을 진행하지 못함", "scout:no_show": "예약한 사람이 오지 않음", "scout:pair_late": "예약에 아무도 가지 않음",
    "scout:on_duty": "스카우트 조를 등록함", "scout:opened": "스카우트가 근무를 시작함", "scout:new_link": "스카우트 링크를 새로 만듦", "scout:link_locked": "스카우트 링크가 잠김", "scout:safe": "스카우트가 무사하다고 알림", "scout:longer": "스카우트가 더 걸린다고 알림", "scout:overdue": "스카우트의 복귀 확인이 없음", "scout:overdue_leader": "스카우트의 복귀가 없어 책임자에게 알림", "scout:cared": "스카우트에게 연락함", "scout:off_duty": "스카우트가 근무를 마침", "scout:sos": "스카우트가 구조를 요청함",
    "shift:checked": "근무 전 점검을 함", "shift:ended": "근무를 끝냄", "shift:over_norm": "혼자 맡은 일이 많음", "shift:started": "근무를 시작함",
  } as Record<string, string>,
  export: {
    title: "기록 반출", lead: "한 센터의 기록을 서명한 파일로 내려받습니다. 반출한 사람과 사유도 제공기록에 남습니다.", center: "관제센터", from: "부터 (한국 시각)", to: "까지 (한국 시각)", format: "형식", formats: { csv: "CSV (엑셀에서 열기)", jsonl: "JSON Lines (프로그램으로 읽기)" },
    reason: "사유", reasonHelp: "예: 2026년 상반기 정기 감사. 기록에 남습니다.", send: "파일 만들기", making: (s: number) => `파일을 만들고 있습니다… ${s}초`, loading: (kb: string) => `내려받는 중… ${kb}`, wait: "큰 기간은 몇 분 걸릴 수 있습니다. 이 화면을 열어 두세요.",
    done: (name: string, kb: string) => `${name} (${kb})을 내려받았습니다.`, again: "다시 저장", digest: "파일의 SHA-256", badRange: "‘부터’가 ‘까지’보다 앞서야 하고, 3년을 넘을 수 없습니다.",
    inside: "파일 안에 든 것", insideList: ["events: 사건기록. 가려야 할 내용은 화면과 같이 가려져 있습니다.", "releases: 제공기록. 받은 사람, 카메라, 법적 근거, 시작과 끝.", "manifest.json: 두 파일의 SHA-256, 사슬의 처음과 끝 번호와 해시, 마지막 봉인, 반출한 사유.", "manifest.sig: manifest.json의 Ed25519 서명 (base64)."],
    check: "확인하는 방법", checkList: ["ZIP을 풀지 않은 채로 서버나 다른 컴퓨터에서 아래 명령을 실행합니다. 서명과 모든 파일의 SHA-256을 확인하고, 맞지 않으면 무엇이 다른지 말합니다.", "manifest.json의 key_id가 이 설치의 서명 키와 같은지, 따로 보관한 봉인(checkpoint)과 견줍니다."],
    keyIs: (key: string) => `이 설치의 지금 서명 키: ${key}`, mine: "지난 반출 기록 보기",
  },
};
const en: typeof ko = {
  releases: {
    title: "Provision log", lead: "Who saw a picture, a place or a name, when, and on what ground. It is written before anything is shown, and can't be deleted by hand.",
    empty: "No provision fits these conditions.", hint: "Widen the period, or clear the conditions.",
    head: { at: "Granted at", who: "To whom", what: "What", camera: "Camera", center: "Center", why: "Legal basis", length: "Length", marks: "Marks" },
    guardian: "guardian", agent: "agency staff", operator: "operator", open: "open now", drill: "drill", glass: "break-glass", atOnce: "under 1 s",
  },
  detail: {
    title: (what, who) => `${what} → ${who}`, facts: "What was shown", who: "To whom", whose: "Role", agency: "Agency", agreement: "Agreement", what: "Kind", camera: "Camera", incident: "Incident", reason: "Reason", basis: "Legal basis", address: "Address of the seat",
    from: "Granted at", first: "First picture left at", to: "Ended at", until: "Was to end at", lasted: "Length", ended: "Why it ended", marks: "Marks", glass: "To the break-glass review", center: "Center",
    missing: "This record was not found", missingText: "Its retention is over, or it is not of a center of yours.",
    allOfIncident: "All lines of this incident", releasesOfIncident: "Provisions of this incident", allOfViewer: "What this person saw", hold: "Hold this incident", toRelease: "To the provision", noReason: "none written (at work on the incident)",
    reasons: {
      closed: "incident closed", incident_closed: "incident closed", cancelled: "incident cancelled", transferred: "incident transferred", viewer_left: "closed by the viewer", shown_once: "shown once", delivered: "delivered", expired: "its time was over", withdrawn: "withdrawn",
      no_agreement: "agreement not in force", agency_done: "the agency was done", session: "session ended", session_ended: "session ended", replaced: "another camera instead", given: "handed over", failed: "could not be made", no_picture: "no picture arrived", breakglass_over: "break-glass over", too_slow: "the viewer's line was slow", unreachable: "camera not reached", upstream_away: "camera not reached", released_ended: "the provision ended",
    },
  },
  events: {
    title: "Event log", lead: "Every center's log, line by line. What people said or wrote, names, numbers and places are masked.", ofIncident: "This incident from its first line on", empty: "No line fits these conditions.",
    head: { at: "At", what: "What", who: "Who", center: "Center", incident: "Incident", seq: "Number", detail: "Detail" },
    purged: "its content is purged", system: "system", person: "the person", guardian: "guardian", operator: "operator", agent: "agency staff", facts: "The line", payload: "What is written", noPayload: "Nothing is written.", tag: "Kind", installation: "installation",
    replay: "See the incident again", replayLead: "Folds the log line by line into what was true after each, and compares the end with the incident's row. On the server:",
  },
  chain: {
    title: "Its place in the chain", seq: "Number", event: "Line id", hash: "Hash", previous: "Hash of the line before", digest: "Digest of the content", sealed: "Seal", sealedUntil: (at) => `verified: sealed ${at}`, waits: "not sealed yet (each hour)", broken: "differs from the seal",
    ended: "Line of the end", old: "This record is older than its line numbers.",
    head: "Seals of the log", lead: "Each line holds the hash of the one before, and each hour the log is signed. This compares the last seal with the log. Every line is checked on the server by ansim verify-log.",
    cols: { center: "Center", state: "State", until: "Sealed at", lines: "All lines", since: "Lines since", key: "Signing key" }, ok: "verified", late: "seal is late", never: "never sealed", bad: "the log differs from its seal",
    one: (at) => `verified up to ${at}`, badAll: "The log of a center differs from its seal. Tell whoever runs the installation and whoever audits it at once, and find the line with ansim verify-log.", show: "By center", installation: "installation",
  },
  filters: {
    label: "Conditions", range: "Period", ranges: { "1": "last 24 hours", "7": "last 7 days", "30": "last 30 days", "90": "last 90 days", "183": "last half-year", own: "choose" }, from: "From (Korean time)", to: "To (Korean time)",
    center: "Center", every: "All", whole: "all of it", kind: "Kind", agency: "Receiving agency", camera: "Camera id", incident: "Incident id", refused: "refused only", more: "More conditions", tag: "Kind of line", badId: "Paste the incident's id as it was copied (such as 0196f3a2-…).", apply: "Search", clear: "Clear conditions",
    viewer: (name) => `only ${name}`, ofIncident: (id) => `only incident ${id}`, badRange: "“From” must be before “to”.", remove: (what) => `Clear: ${what}`, someone: "the chosen person",
  },
  subjects: {
    incident: "work on incidents", alert: "alerts", release: "provisions", dispatch: "dispatch", talk: "talk", call: "calls", camera: "cameras", evidence: "evidence", video: "agencies' video requests", responder: "field responders", guardian: "guardians", breakglass: "break-glass", account: "accounts", session: "sessions", agreement: "agreements", address: "addresses", policy: "retention",
    hold: "legal holds", purge: "purges", key: "keys", search: "searches", export: "exports", flag: "functions on and off", shift: "shifts", scout: "scouts", misuse: "misuse", device: "phones", consent: "consent", backup: "backups",
  },
  admin: {
    "account:activated": "account in use again", "account:changed": "account changed", "account:created": "account made", "account:deactivated": "account deactivated", "account:factor_added": "second factor added", "account:factor_removed": "second factor removed", "account:held": "login held", "account:password_changed": "password changed",
    "account:recovery_renewed": "recovery codes renewed", "account:recovery_used": "logged in by a recovery code", "account:released": "held login released", "account:reset": "password reset", "address:changed": "addresses changed", "agreement:agency_added": "agency added", "warning:received": "disaster warning received", "warning:updated": "disaster warning updated", "warning:cancelled": "disaster warning called off", "warning:hidden": "disaster warning taken off the map", "warning:shown": "disaster warning drawn again", "plate:pushed": "wanted vehicle listed", "plate:removed": "wanted vehicle taken off", "plate:reader_set": "plate reader registered", "plate:confirmed": "near plate confirmed", "plate:dismissed": "near plate dismissed", "plate:quieted": "dismissed plate not shown again", "plate:clock_wrong": "reader's clock is wrong", "plate:clock_right": "reader's clock is right again", "agreement:line_set": "agency's line set", "agreement:firms_added": "firms added", "agreement:firm_changed": "firm's limits changed", "agreement:firm_suspended": "firm suspended", "agreement:firm_resumed": "firm resumed", "agreement:created": "agreement made", "consent:granted": "consent given", "consent:withdrawn": "consent withdrawn", "consent:suspended": "consent suspended", "consent:resumed": "consent in force again", "consent:ended": "consent over", "agreement:changed": "agreement changed",
    "agreement:suspended": "agreement suspended", "agreement:resumed": "agreement resumed", "agreement:ended": "agreement ended", "camera:bound": "camera bound to a device", "camera:changed": "camera changed", "camera:discovery_begun": "search for cameras begun", "camera:discovery_ended": "search for cameras over", "camera:doubt_accepted": "camera suggestion accepted",
    "camera:doubt_rejected": "camera suggestion rejected", "camera:doubt_reopened": "camera decision taken back", "camera:health": "camera health changed", "camera:imported": "camera file imported", "camera:retired": "camera retired", "facility:imported": "facilities made public", "facility:removed": "import of facilities taken back", "device:enrolled": "phone enrolled", "device:recovered": "phone recovered", "device:renewed": "phone renewed", "device:revoked": "phone revoked",
    "flag:set": "function switched", "hold:ended": "legal hold ended", "hold:placed": "legal hold placed", "key:created": "key made", "key:destroyed": "key destroyed", "key:resealed": "sealed anew", "key:rewrapped": "key wrapped anew", "key:rotated": "key rotated", "misuse:found": "misuse finding", "misuse:reviewed": "misuse reviewed",
    "policy:changed": "retention changed", "purge:done": "purge done", "search:message_read": "unreadable message read", "session:closed": "logged out", "session:ended": "session ended", "session:extended": "session extended", "session:new_device": "came in by a new device", "session:opened": "logged in",
    "scout:offered": "scouts' hours set", "scout:not_offered": "scouts' hours taken back", "scout:booked": "scouts booked", "scout:assigned": "pair of scouts assigned", "scout:unassigned": "pair of scouts taken back", "scout:shown": "who booked and the meeting place shown", "scout:waiting": "scouts at the meeting place", "scout:code_read": "code read", "scout:wrong_code": "wrong code",
    "scout:accompanying": "set off together", "scout:home": "brought home", "scout:closed": "walk with scouts done", "scout:cancelled": "booking cancelled", "scout:called_off": "booking called off", "scout:no_show": "who booked did not come", "scout:pair_late": "nobody came for a booking",
    "scout:on_duty": "pair of scouts put on duty", "scout:opened": "scouts began their duty", "scout:new_link": "new link for scouts", "scout:link_locked": "scouts' link locked", "scout:safe": "scouts said they are safe", "scout:longer": "scouts need longer", "scout:overdue": "scouts overdue", "scout:overdue_leader": "scouts overdue, leader told", "scout:cared": "scouts being called", "scout:off_duty": "scouts off duty", "scout:sos": "scouts called for help",
    "shift:checked": "shift check done", "shift:ended": "shift ended", "shift:over_norm": "one operator over the norm", "shift:started": "shift started",
  },
  export: {
    title: "Export of the log", lead: "The log of one center as a signed file. Who took it and why stands in the provision log.", center: "Center", from: "From (Korean time)", to: "To (Korean time)", format: "Format", formats: { csv: "CSV (for Excel)", jsonl: "JSON lines (for programs)" },
    reason: "Reason", reasonHelp: "Such as: regular audit, first half of 2026. It is kept on record.", send: "Make the file", making: (s) => `The file is being made… ${s} s`, loading: (kb) => `Downloading… ${kb}`, wait: "A long period may take minutes. Keep this page open.",
    done: (name, kb) => `Downloaded ${name} (${kb}).`, again: "Save again", digest: "SHA-256 of the file", badRange: "“From” must be before “to”, three years at most.",
    inside: "What is in the file", insideList: ["events: the event log, masked as on the page.", "releases: the provision log: to whom, camera, legal basis, from and to.", "manifest.json: SHA-256 of both, first and last number and hash of the chain, the last seal, the reason given.", "manifest.sig: the Ed25519 signature of manifest.json (base64)."],
    check: "How it is checked", checkList: ["Leave the ZIP as it is and run this on the server or on another machine. It checks the signature and every SHA-256, and says what does not fit.", "Compare key_id in manifest.json with this installation's signing key and with the seals (checkpoints) that you keep elsewhere."],
    keyIs: (key) => `This installation's signing key now: ${key}`, mine: "See earlier exports",
  },
};
export const t = texts(ko, en);
