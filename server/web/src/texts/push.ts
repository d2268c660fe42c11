import { texts } from "../lang";

const ko = {
  head: "이 휴대전화로 알림 받기",
  why: "화면을 닫아도 접수, 출동, 끝을 알려 드립니다. 알림에는 이름과 위치가 들어가지 않습니다.",
  turnOn: "알림 켜기", later: "나중에", busy: "잠시만요…",
  on: "이 휴대전화로 알림이 옵니다.", turnOff: "알림 끄기",
  denied: "이 브라우저에서 알림이 막혀 있습니다. 주소창의 자물쇠를 눌러 알림을 허용한 뒤 다시 여세요. 알림이 없어도 문자로 알려 드립니다.",
  failed: "이 브라우저에서는 알림을 켜지 못했습니다. 문자로 알려 드립니다.", again: "다시 시도",
  unsupported: "이 브라우저는 알림을 받지 못합니다. 문자로 알려 드립니다.",
  homeScreen: "아이폰은 이 화면을 홈 화면에 두어야 알림이 옵니다: 공유 버튼을 누르고 ‘홈 화면에 추가’를 고른 뒤, 홈 화면의 안심을 여세요.",
};

const en: typeof ko = {
  head: "Be notified on this phone",
  why: "You hear when it is taken, when help is sent and when it ends, also with this page closed. A notification holds no name and no place.",
  turnOn: "Turn on", later: "Later", busy: "One moment…",
  on: "Notifications come to this phone.", turnOff: "Turn off",
  denied: "Notifications are blocked in this browser. Press the lock beside the address, allow them, and open this page again. A text message comes all the same.",
  failed: "This browser could not turn notifications on. A text message comes all the same.", again: "Try again",
  unsupported: "This browser can't show notifications. A text message comes all the same.",
  homeScreen: "An iPhone notifies only from the home screen: press Share, choose Add to Home Screen, then open Ansim from there.",
};

export const t = texts(ko, en);
