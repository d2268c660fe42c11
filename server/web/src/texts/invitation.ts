import { texts } from "../lang";

const ko = {
  title: "안심 보호자 초대", otherLanguage: "English",
  head: (name: string) => `${name} 님이 보호자가 되어 달라고 부탁했습니다`,
  lead: (at: string) => `${at}에 지정했습니다. 앱을 설치하지 않아도 됩니다.`,
  getHead: "보호자가 되면", getTold: "이분이 SOS를 누르면 알림과 문자를 받습니다.",
  getPlace: "그동안만 위치를 봅니다. 관제센터가 접수하기 전에는 대략의 위치만 보입니다.",
  getSteps: "신고, 접수, 출동, 끝을 보고 112와 관제센터에 바로 전화합니다.",
  notHead: "하지 않는 것", notAlways: "평소 위치는 볼 수 없습니다.", notVideo: "CCTV 영상은 볼 수 없습니다.",
  notCall: "이분에게 전화하지 않습니다. 벨이 울리면 위험해질 수 있습니다.",
  consentHead: "동의 내용 읽기", version: (v: string) => `문안 ${v}`,
  accept: "동의하고 수락", busy: "보내는 중…", decline: "거절", keep: "돌아가기",
  declineSure: "거절하면 내 이름과 번호를 곧바로 지우고, 이분에게 문자로 알립니다.",
  record: "수락한 날짜와 방법, 동의 문안을 기록합니다(위치정보법 제19조).",
  isGuardian: (name: string) => `${name} 님의 보호자입니다`, since: (at: string) => `${at}에 수락했습니다.`,
  toldHead: "받은 연락", toldNone: "아직 없습니다. SOS가 있으면 여기에 남습니다.",
  opened: (at: string) => `${at}에 열어 봄`, texted: "문자로 알림", pushed: "알림을 보냄", waiting: "알리는 중",
  withdraw: "보호자 그만두기", withdrawSure: "그만두면 내 이름과 번호, 알림 주소를 곧바로 지우고, 열려 있는 화면도 닫힙니다. 이분에게 문자로 알립니다.",
  withdrawRepresentative: "그만두면 내 이름과 번호를 곧바로 지웁니다. 미성년자의 법정대리인 동의도 끝나, 다시 동의할 때까지 보호자 공유가 멈춥니다.",
  declined: "거절했습니다", withdrawn: "보호자를 그만두었습니다", leftText: "내 이름과 번호를 지웠습니다. 이 창을 닫아도 됩니다.",
  goneHead: "끝난 초대입니다", gone: "초대가 없거나 이미 끝났습니다. 필요하면 부탁한 분에게 새 초대를 받으세요.",
  keepPage: "이 주소로 언제든 그만두거나 알림을 바꿀 수 있습니다. 즐겨찾기에 두세요.",
};

const en: typeof ko = {
  title: "Ansim guardian invitation", otherLanguage: "한국어",
  head: (name) => `${name} asks you to be a guardian`,
  lead: (at) => `Named on ${at}. You need no app.`,
  getHead: "As a guardian", getTold: "You get a notification and a text message when this person raises an SOS.",
  getPlace: "Only then you see where. Until the control center has taken it, only about where.",
  getSteps: "You see when it is raised, taken, helped and over, and can call 112 and the center at once.",
  notHead: "What it is not", notAlways: "You can't see where this person is at other times.", notVideo: "You can't see any CCTV.",
  notCall: "You do not call this person: a ringing phone can be dangerous.",
  consentHead: "Read what you agree to", version: (v) => `Text ${v}`,
  accept: "Agree and accept", busy: "Sending…", decline: "Decline", keep: "Go back",
  declineSure: "Your name and number are deleted at once, and this person is told by text message.",
  record: "The date, the way and the text of your consent are recorded (Location Information Act, article 19).",
  isGuardian: (name) => `You are a guardian of ${name}`, since: (at) => `Accepted on ${at}.`,
  toldHead: "What you were told", toldNone: "Nothing yet. An SOS will be listed here.",
  opened: (at) => `opened ${at}`, texted: "told by text message", pushed: "notified", waiting: "being told",
  withdraw: "Stop being a guardian", withdrawSure: "Your name, number and push address are deleted at once, and open pages close. This person is told by text message.",
  withdrawRepresentative: "Your name and number are deleted at once. Your consent as the minor's representative ends too: sharing with guardians stops until somebody agrees again.",
  declined: "You have declined", withdrawn: "You are no guardian any more", leftText: "Your name and number are deleted. You can close this page.",
  goneHead: "This invitation has ended", gone: "There is no such invitation, or it has ended. Ask for a new one if you need it.",
  keepPage: "With this address you can stop or change notifications at any time. Keep it.",
};

export const t = texts(ko, en);
