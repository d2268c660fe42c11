import { texts } from "../lang";

/** Words of beginning and ending a shift. */
const ko = {
  head: "근무 시작 점검", headOn: "근무 중", loading: "불러오는 중…",
  lead: "근무를 시작하기 전에 이 자리가 신고를 알리고 보여 줄 수 있는지 확인합니다. 신고가 들어오면 점검을 닫고 바로 접수할 수 있습니다.",
  check: { sound: "소리", video: "영상", link: "연결", clock: "시각", screen: "화면", keys: "키보드" },
  state: { todo: "확인 전", running: "확인 중", ok: "정상", failed: "문제 있음", skipped: "건너뜀" },
  sound: {
    play: "소리 듣기", again: "다시 듣기", ask: "신고음이 들렸습니까?", yes: "들렸습니다", no: "안 들립니다",
    blocked: "브라우저가 소리를 막고 있습니다. 주소창 옆 사이트 설정에서 소리를 허용하세요.",
    not: "스피커 전원과 음량, 연결선을 확인한 뒤 다시 들어 보세요.",
  },
  video: {
    again: "다시 확인", playing: (fps: number, dropped: number) => `시험 영상 초당 ${fps}장 · 놓친 장면 ${dropped}`,
    noServer: "영상 서버가 응답하지 않습니다. 네트워크 담당자에게 알리세요.", slow: "시험 영상이 끊깁니다. 다른 프로그램을 닫고 다시 확인하세요.",
    notPlayed: "이 브라우저에서 시험 영상을 재생하지 못했습니다. Chrome 계열 브라우저를 사용하세요.", label: "시험 영상 (실제 CCTV 아님)", server: "영상 서버 응답",
  },
  link: {
    ok: (ms: number) => `서버까지 왕복 ${ms} ms`, slow: (ms: number) => `서버까지 왕복 ${ms} ms — 느립니다. 네트워크를 확인하세요.`,
    none: "서버가 응답하지 않습니다. 네트워크를 확인하세요.",
  },
  clock: {
    ok: (skew: string) => `서버와 ${skew}초 차이`, off: (skew: string) => `이 PC의 시계가 서버와 ${skew}초 다릅니다. 시각 동기화를 확인하세요. 화면의 시각은 서버 기준입니다.`,
    none: "서버 시각을 알 수 없습니다.",
  },
  screen: {
    size: (w: number, h: number) => `${w} × ${h}`, small: "1920 × 1080 이상을 권장합니다. 브라우저를 전체 화면으로 하세요 (F11).",
    monitors: (n: number) => `함께 켜진 화면 ${n}개`, none: "함께 켜진 화면 없음", open: "다른 화면 열기",
    wall: "CCTV", map: "지도", queue: "신고 목록",
  },
  keys: { ask: (key: string) => `접수 키 ${key} 를 눌러 보세요`, ok: (key: string) => `${key} 확인`, off: "단축키를 꺼 두었습니다. 마우스로 모두 할 수 있습니다.", list: "단축키 목록", skip: "키보드를 쓰지 않음" },
  note: "앞 근무자의 인계 내용", noNote: "앞 근무자가 남긴 말이 없습니다.",
  start: "근무 시작", startAnyway: "문제가 있는 채로 근무 시작", recheck: "점검 결과 다시 남기기", starting: "저장하는 중…",
  failedSaid: "문제가 있는 항목은 조장에게 보입니다.",
  started: (at: string) => `${at}부터 근무 중`, saved: "점검 결과를 남겼습니다.",
  toCheck: "점검", toEnd: "근무 종료", notYet: "아직 근무를 시작하지 않았습니다.",
  end: {
    lead: "맡은 사건은 모두 다른 근무자에게 넘겨야 근무를 끝낼 수 있습니다.", mine: (n: number) => `맡은 사건 ${n}건`, none: "맡은 사건이 없습니다.",
    to: "인계할 근무자", choose: "근무자를 고르세요", nobody: "근무 중인 다른 요원이 없습니다. 조장에게 알리세요.",
    load: (n: number, load: number) => `사건 ${n} · 부담 ${Math.round(load * 100)} %`, away: "로그아웃 상태",
    note: "다음 근무자에게 남길 말", notePlace: "예: 3번 CCTV 점검 중, 안심길 공사", send: "근무 종료", ending: "끝내는 중…",
    done: (n: number) => (n > 0 ? `사건 ${n}건을 인계하고 근무를 끝냈습니다.` : "근무를 끝냈습니다."), logout: "로그아웃", close: "닫기",
  },
};

const en: typeof ko = {
  head: "Check at the beginning of a shift", headOn: "On shift", loading: "Loading…",
  lead: "Before your shift: can this seat announce and show an alert? When one comes in, close this and take it at once.",
  check: { sound: "Sound", video: "Video", link: "Link", clock: "Clock", screen: "Screens", keys: "Keyboard" },
  state: { todo: "Not yet", running: "Checking", ok: "Good", failed: "Trouble", skipped: "Skipped" },
  sound: {
    play: "Play the sound", again: "Play again", ask: "Did you hear the alert tone?", yes: "I heard it", no: "I heard nothing",
    blocked: "The browser blocks sound. Allow it in the site's settings beside the address.",
    not: "Check the speakers' power, volume and cable, then play it again.",
  },
  video: {
    again: "Check again", playing: (fps, dropped) => `Test picture at ${fps} per second · ${dropped} dropped`,
    noServer: "The video server does not answer. Tell whoever runs the network.", slow: "The test picture stutters. Close other programs and check again.",
    notPlayed: "This browser did not play the test picture. Use a Chromium browser.", label: "Test picture (no real camera)", server: "Video server answers",
  },
  link: {
    ok: (ms) => `${ms} ms to the server and back`, slow: (ms) => `${ms} ms to the server and back: slow. Check the network.`,
    none: "The server does not answer. Check the network.",
  },
  clock: {
    ok: (skew) => `${skew} s from the server`, off: (skew) => `This PC's clock is ${skew} s off. Check its synchronisation. Times on the screen are the server's.`,
    none: "The server's time is not known.",
  },
  screen: {
    size: (w, h) => `${w} × ${h}`, small: "1920 × 1080 or more is recommended. Put the browser in full screen (F11).",
    monitors: (n) => `${n} monitor${n === 1 ? "" : "s"} open with this seat`, none: "No monitor open with this seat", open: "Open another screen",
    wall: "CCTV", map: "Map", queue: "Alerts",
  },
  keys: { ask: (key) => `Press the take key: ${key}`, ok: (key) => `${key} works`, off: "Keys are turned off. Everything works with the mouse.", list: "List of keys", skip: "I don't use the keyboard" },
  note: "Handed over by the last shift", noNote: "The last shift left no word.",
  start: "Begin the shift", startAnyway: "Begin in spite of the trouble", recheck: "Store this check", starting: "Storing…",
  failedSaid: "The shift leader sees what is in trouble.",
  started: (at) => `On shift since ${at}`, saved: "The check has been stored.",
  toCheck: "Check", toEnd: "End the shift", notYet: "Your shift has not begun.",
  end: {
    lead: "Every incident that you own goes to a colleague before the shift can end.", mine: (n) => `You own ${n} incident${n === 1 ? "" : "s"}`, none: "You own no incident.",
    to: "Goes to", choose: "Choose a colleague", nobody: "Nobody else is on shift. Tell the shift leader.",
    load: (n, load) => `${n} incidents · load ${Math.round(load * 100)} %`, away: "signed out",
    note: "Word for the next shift", notePlace: "E.g. camera 3 under repair, road works on Ansim-gil", send: "End the shift", ending: "Ending…",
    done: (n) => (n > 0 ? `${n} incident${n === 1 ? " was" : "s were"} handed over and the shift has ended.` : "The shift has ended."), logout: "Log out", close: "Close",
  },
};

export const sh = texts(ko, en);
