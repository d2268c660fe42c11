import { texts } from "../lang";
import { withParticle } from "../particles";

/** Words of senders, policies, bus nodes and the record of changes. */
const ko = {
  senders: {
    title: "송신자", lead: "다른 회사의 앱, 전용 버튼, 문자 중계처럼 라우터에 신고를 보내는 곳입니다. 인증키가 없어도 신고는 받지만 확인되지 않음으로 표시됩니다.", create: "새 송신자", empty: "등록된 송신자가 없습니다.",
    head: { id: "ID", name: "이름", scopes: "권한", state: "상태", rate: "분당 한도", keys: "쓸 수 있는 인증키", day: "24시간 신고", contact: "연락처", since: "등록" },
    state: { active: "사용 중", suspended: "잠시 멈춤", revoked: "해지됨" } as Record<string, string>, allStates: "모든 상태", onlySandbox: "시험만",
    scopes: { alerts: "신고 (확인됨으로 표시)", positions: "위치 보내기", sms_gateway: "문자 중계 (SMS)", els: "긴급 위치 (ELS)", sandbox: "시험장 (센터에 가지 않음)", requests: "연계 기관의 요청", warnings: "재난 경보 (CAP)" } as Record<string, string>,
    newTitle: "새 송신자", newLead: "저장하면 인증키와 서명 비밀이 한 번만 보입니다.", id: "ID", idHelp: "영문 소문자, 숫자, 하이픈 2~40자. 나중에 바꿀 수 없습니다.", name: "이름", scopesLabel: "권한", scopesHelp: "시험장만 열어 두고 검사를 통과한 뒤 나머지를 여세요.", contact: "연락처", contactHelp: "장애가 났을 때 연락할 곳입니다.",
    rate: "분당 한도(건)", rateHelp: "넘으면 기다리게 할 뿐, 신고를 버리지 않습니다.", agency: "연계 기관", agencyHelp: "요청 권한에는 꼭 필요합니다. 센터에 등록된 기관 코드입니다.", certificate: "인증서 SHA-256", certificateHelp: "프록시가 상호 TLS를 확인할 때만. 16진수 64자.", make: "등록하고 인증키 받기",
    keyTitle: "인증키는 지금 한 번만 보입니다", keyLead: "안전한 방법으로 전한 뒤 이 창을 닫으세요. 다시 볼 수 없고, 잃어버리면 새 인증키를 만들어야 합니다.", key: "인증키", secret: "서명 비밀", copied: "복사", gave: "전했습니다", older: (at: string) => `지금까지의 인증키는 ${at}에 끝납니다.`,
    facts: "등록 내용", edit: "바꾸기", editLead: "바꾼 것은 2초 안에 모든 라우터에 적용됩니다.", save: "바꾸기", saved: "바꿨습니다.", note: "사유",
    rotate: "새 인증키 만들기", rotateTitle: (n: string) => `${n}의 새 인증키를 만들까요?`, rotateText: "새 인증키가 한 번 보입니다. 지금 쓰는 인증키는 이레 동안 함께 쓸 수 있고, 그보다 오래된 것은 바로 끝납니다.",
    suspend: "잠시 멈추기", resume: "다시 쓰기", suspendTitle: (n: string) => `${withParticle(n, "을/를")} 잠시 멈출까요?`, suspendText: "이 송신자의 신고는 계속 받지만 확인되지 않음으로 표시되고, 위치, 문자, 긴급 위치와 시험장은 거절합니다. 언제든 다시 쓸 수 있습니다.", suspended: "멈췄습니다.",
    resumeTitle: (n: string) => `${withParticle(n, "을/를")} 다시 쓸까요?`, resumeText: "등록된 인증키와 권한이 다시 쓰입니다.", resumed: "다시 씁니다.",
    revoke: "해지하기", revokeTitle: (n: string) => `${withParticle(n, "을/를")} 해지할까요?`, revokeText: "되돌릴 수 없습니다. 다시 쓰려면 새 ID로 등록해야 합니다. 이 송신자의 신고는 계속 받지만 확인되지 않음으로 표시됩니다.", revoked: "해지했습니다.", alerts: (n: number) => `${n}건`, changes: "이 송신자의 변경 기록", n: (n: number) => `${n}개`,
  },
  policies: {
    title: "배정 정책", lead: "경계와 상태만으로 정하지 않는 규칙입니다. 시작과 끝이 있고, 끝난 것도 기록에 남습니다.", create: "새 정책", empty: "정책이 없습니다. 경계와 센터 상태만으로 배정합니다.",
    head: { id: "이름", kind: "종류", what: "내용", from: "시작", until: "끝", state: "상태", by: "만든 사람" }, inForce: "시행 중", notYet: "시작 전", over: "끝남", open: "계속", everybody: "모든 센터",
    kinds: { runner_up: "차순위에 알림", metropolitan: "광역 센터가 대신", capability: "할 수 있는 센터로", overflow: "넘치면 이웃으로", pilot: "시범 운영" } as Record<string, string>,
    help: {
      runner_up: "오차 범위가 둘째 센터에 이만큼 걸치면 그 센터에도 알립니다.", metropolitan: "이 센터가 아래 지역을 대신 받습니다.", capability: "필요한 것을 갖추지 못했다고 알린 센터는 다른 센터에 넘깁니다.", overflow: "기다리는 사건이 많고 사람이 없으면 이웃 센터로 보냅니다.", pilot: "끝날 때까지 훈련 신고만 받습니다.",
    } as Record<string, string>,
    id: "정책 이름", idHelp: "짧은 영문 이름. 같은 이름으로 저장하면 바뀝니다. 예: pilot-anyang", kind: "종류", centers: "센터 코드", centersHelp: "쉼표로 나눕니다. 앞자리만 적으면 그 시도 전체입니다. 예: 41170, 11", probability: "확률(0~1)", center: "대신 받을 센터 코드", districts: "지역 코드", needs: "필요한 것", needsHelp: "예: 112, 119, cctv", queue: "기다리는 사건이 이보다 많으면", from: "시작 (한국 시각)", fromHelp: "비워 두면 지금.", until: "끝 (한국 시각)", untilHelp: "비워 두면 끝낼 때까지.", note: "사유", make: "정책 저장", made: "정책을 저장했습니다.",
    end: "지금 끝내기", endTitle: (n: string) => `정책 ${withParticle(n, "을/를")} 지금 끝낼까요?`, endText: "지금부터 이 정책 없이 배정합니다. 이미 배정한 신고는 그대로이고 기록도 남습니다.", ended: "정책을 끝냈습니다.", facts: "정책",
  },
  nodes: {
    title: "버스 노드", lead: "버스에서 서명할 수 있는 설치와 라우터입니다. 폐기한 노드가 서명한 것은 바로 믿지 않습니다.", empty: "등록된 노드가 없습니다.",
    head: { node: "노드", kind: "종류", key: "서명 키", from: "시작", until: "끝", state: "상태", by: "등록" }, state: { good: "믿음", revoked: "폐기됨", over: "끝난 서명 키" },
    revoke: "폐기", reinstate: "되살리기", revokeTitle: (n: string) => `${withParticle(n, "을/를")} 폐기할까요?`, revokeText: "지금부터 이 노드의 모든 서명 키가 서명한 것을 믿지 않습니다. 그 설치는 신고를 받지 못합니다. 서명 키가 새어 나갔을 때 쓰세요.", revoked: "폐기했습니다.", reinstateTitle: (n: string) => `${withParticle(n, "을/를")} 되살릴까요?`, reinstateText: "폐기 전의 서명 키를 다시 믿습니다.", reinstated: "되살렸습니다.", act: "할 일",
  },
  record: {
    title: "변경 기록", lead: "누가 언제 무엇을 바꿨는지, 앞과 뒤를 그대로 남깁니다. 한 줄이라도 고치거나 지우면 확인에서 드러납니다.", verify: "기록 확인하기", verifying: "확인하는 중…", good: (n: number, head: string) => `${n.toLocaleString("ko-KR")}건 모두 그대로입니다. 마지막 값 ${head.slice(0, 16)}…`, bad: (n: number) => `${n}번 기록이 맞지 않습니다. 누군가 고쳤거나 지웠습니다!`, keepHead: "마지막 값을 다른 곳에 적어 두면 끝부분이 잘린 것도 알 수 있습니다.",
    head: { no: "번호", at: "때", admin: "누가", action: "한 일", subject: "대상", detail: "앞과 뒤" }, filterAdmin: "누가", filterSubject: "대상", allActions: "모든 일", filterAction: "한 일", apply: "찾기", older: "더 오래된 것", empty: "기록이 없습니다.", before: "앞", after: "뒤", note: "사유", show: "자세히",
    areas: { center: "센터", boundary: "경계", sender: "송신자", policy: "정책", node: "노드", admin: "접속" } as Record<string, string>,
    actions: {
      "center:changed": "센터를 바꿈", "boundary:imported": "경계를 올림", "boundary:activated": "경계를 적용함", "boundary:rolled_back": "경계를 되돌림", "boundary:discarded": "초안을 지움", "sender:created": "송신자를 등록함", "sender:changed": "송신자를 바꿈", "sender:rotated": "인증키를 새로 만듦", "sender:revoked": "송신자를 해지함",
      "policy:put": "정책을 저장함", "policy:ended": "정책을 끝냄", "node:revoked": "노드를 폐기함", "node:reinstated": "노드를 되살림", "node:retired": "서명 키를 끝냄", "node:enrolled": "노드가 등록됨", "admin:signed_in": "들어옴", "admin:signed_out": "나감",
    } as Record<string, string>,
  },
};
const en: typeof ko = {
  senders: {
    title: "Senders", lead: "Who sends alerts to the router: other vendors' apps, buttons, SMS gateways. Without a key an alert is taken all the same, and flagged unverified.", create: "New sender", empty: "No sender is registered.",
    head: { id: "Id", name: "Name", scopes: "Scopes", state: "State", rate: "Per minute", keys: "Good keys", day: "Alerts in 24 h", contact: "Contact", since: "Registered" },
    state: { active: "active", suspended: "suspended", revoked: "revoked" }, allStates: "All states", onlySandbox: "sandbox only",
    scopes: { alerts: "alerts (not flagged)", positions: "positions", sms_gateway: "SMS gateway", els: "emergency locations (ELS)", sandbox: "sandbox (reaches no desk)", requests: "requests of a linked agency", warnings: "disaster warnings (CAP)" },
    newTitle: "New sender", newLead: "Key and signing secret are shown once, after saving.", id: "Id", idHelp: "2 to 40 of a-z, 0-9 and hyphen. It can't be changed later.", name: "Name", scopesLabel: "Scopes", scopesHelp: "Begin with the sandbox alone; open the rest when the checks pass.", contact: "Contact", contactHelp: "Whom to reach when something breaks.",
    rate: "Limit per minute", rateHelp: "More than that waits; no alert is dropped.", agency: "Linked agency", agencyHelp: "Needed for requests: the agency's id as its centers have it.", certificate: "Certificate SHA-256", certificateHelp: "Only where a proxy checks mutual TLS. 64 hex letters.", make: "Register and get a key",
    keyTitle: "The key is shown this once", keyLead: "Hand it over in a safe way, then close this window. It can't be shown again; if it is lost, make a new one.", key: "Key", secret: "Signing secret", copied: "Copy", gave: "Handed over", older: (at) => `The key until now ends at ${at}.`,
    facts: "Registration", edit: "Change", editLead: "A change reaches every router within two seconds.", save: "Change", saved: "Changed.", note: "Reason",
    rotate: "Make a new key", rotateTitle: (n) => `Make a new key for ${n}?`, rotateText: "The new key is shown once. The present key stays good for seven days beside it; older ones end at once.",
    suspend: "Suspend", resume: "Resume", suspendTitle: (n) => `Suspend ${n}?`, suspendText: "Its alerts are still taken, and flagged unverified; positions, texts, emergency locations and the sandbox are refused. It can be resumed at any time.", suspended: "Suspended.",
    resumeTitle: (n) => `Resume ${n}?`, resumeText: "Its keys and scopes count again.", resumed: "Resumed.",
    revoke: "Revoke", revokeTitle: (n) => `Revoke ${n}?`, revokeText: "This can't be taken back; a new id is needed to come again. Its alerts are still taken, and flagged unverified.", revoked: "Revoked.", alerts: (n) => String(n), changes: "Changes of this sender on record", n: (n) => String(n),
  },
  policies: {
    title: "Policies", lead: "Rules beside borders and states. They begin and end; those that are over stay on record.", create: "New policy", empty: "There is no policy: borders and states decide alone.",
    head: { id: "Name", kind: "Kind", what: "What", from: "From", until: "Until", state: "State", by: "Made by" }, inForce: "in force", notYet: "not begun", over: "over", open: "open", everybody: "all centers",
    kinds: { runner_up: "tell the runner-up", metropolitan: "metropolitan center instead", capability: "by capability", overflow: "overflow to neighbours", pilot: "pilot" },
    help: {
      runner_up: "The second center is told when the place lies in its area with at least this probability.", metropolitan: "This center answers for the districts below.", capability: "A center that said it has not what is needed yields to another.", overflow: "With many incidents waiting and nobody there, the next alert goes to a neighbour.", pilot: "Takes drills only, until the rule ends.",
    },
    id: "Name of the policy", idHelp: "A short name; saving the same name again replaces it. Such as pilot-anyang", kind: "Kind", centers: "Center codes", centersHelp: "Separated by commas. The beginning of a code means the whole province. Such as 41170, 11", probability: "Probability (0 to 1)", center: "Code of the center that takes over", districts: "Codes of the districts", needs: "What is needed", needsHelp: "Such as 112, 119, cctv", queue: "When more incidents wait than", from: "From (Korean time)", fromHelp: "Left empty: now.", until: "Until (Korean time)", untilHelp: "Left empty: until it is ended.", note: "Reason", make: "Save the policy", made: "The policy is saved.",
    end: "End it now", endTitle: (n) => `End the policy ${n} now?`, endText: "From now on alerts are assigned without it. Those it has assigned stay where they are, and so does the record.", ended: "The policy has ended.", facts: "Policy",
  },
  nodes: {
    title: "Bus nodes", lead: "Installations and routers that may sign on the bus. What a revoked node signs is not believed from then on.", empty: "No node is enrolled.",
    head: { node: "Node", kind: "Kind", key: "Key", from: "From", until: "Until", state: "State", by: "Enrolled by" }, state: { good: "believed", revoked: "revoked", over: "ended key" },
    revoke: "Revoke", reinstate: "Reinstate", revokeTitle: (n) => `Revoke ${n}?`, revokeText: "Nothing that any key of this node signs is believed from now on; that installation gets no alerts. For a key that has leaked.", revoked: "Revoked.", reinstateTitle: (n) => `Reinstate ${n}?`, reinstateText: "Its keys are believed again.", reinstated: "Reinstated.", act: "Do",
  },
  record: {
    title: "Record of changes", lead: "Who changed what and when, with before and after. An edited or deleted line shows when the record is verified.", verify: "Verify the record", verifying: "Verifying…", good: (n, head) => `All ${n.toLocaleString("en-GB")} events are as they were written. Head ${head.slice(0, 16)}…`, bad: (n) => `Event ${n} does not fit. Somebody edited or deleted it!`, keepHead: "Keep the head somewhere else: it also shows a record whose end was cut off.",
    head: { no: "No.", at: "At", admin: "Who", action: "Did", subject: "What", detail: "Before and after" }, filterAdmin: "Who", filterSubject: "What", allActions: "Everything", filterAction: "Did", apply: "Find", older: "Older ones", empty: "Nothing is on record.", before: "Before", after: "After", note: "Reason", show: "Details",
    areas: { center: "centers", boundary: "boundaries", sender: "senders", policy: "policies", node: "nodes", admin: "sessions" },
    actions: {
      "center:changed": "changed a center", "boundary:imported": "uploaded borders", "boundary:activated": "put borders in force", "boundary:rolled_back": "took borders back", "boundary:discarded": "discarded a draft", "sender:created": "registered a sender", "sender:changed": "changed a sender", "sender:rotated": "made a new key", "sender:revoked": "revoked a sender",
      "policy:put": "saved a policy", "policy:ended": "ended a policy", "node:revoked": "revoked a node", "node:reinstated": "reinstated a node", "node:retired": "ended a key", "node:enrolled": "a node enrolled", "admin:signed_in": "signed in", "admin:signed_out": "signed out",
    },
  },
};
export const t = texts(ko, en);
