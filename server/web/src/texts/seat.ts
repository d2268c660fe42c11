import type { KeyId } from "../console/keys";
import { texts } from "../lang";

/** Words of the seat: monitors, sound, link, session, keys. */
const ko = {
  keys: {
    head: "단축키", close: "닫기", change: "바꾸기", cancel: "그만두기", reset: "처음 설정으로", on: "단축키 사용",
    press: "새 키를 누르세요", noSuchKey: "쓸 수 없는 키입니다. 다른 키를 누르세요",
    note: "글을 입력하는 동안과 창이 열려 있는 동안에는 단축키가 멈춥니다. 이미 쓰는 키를 고르면 두 키가 서로 바뀝니다. 설정은 이 PC에만 남습니다.",
    list: {
      take: "접수", next: "다음 신고", previous: "이전 신고", camera1: "1번 CCTV 크게 보기", camera2: "2번 CCTV 크게 보기",
      camera3: "3번 CCTV 크게 보기", camera4: "4번 CCTV 크게 보기", camera5: "5번 CCTV 크게 보기", pin1: "1번 칸 고정", pin2: "2번 칸 고정", pin3: "3번 칸 고정",
      pin4: "4번 칸 고정", pin5: "5번 칸 고정", lookBack: "되감기 (크게 본 CCTV, 없으면 1번)", dispatch112: "112 출동 요청",
      dispatch119: "119 출동 요청", request: "기관 요청의 판단으로 (Enter로 승인)", plates: "비슷한 번호판 확인", observed: "관제 발견 — 사건 열기", search: "종료된 사건 찾기", follow: "신고자 따라가기",
      fit: "지도 전체 보기", mute: "이 자리 소리 1분 끄기", help: "이 목록",
    } as Record<KeyId, string>,
    fixed: [["Enter", "신고 열기"], ["Esc", "닫기"]],
  },
  sound: {
    off: "소리 꺼짐 — 눌러서 켜기", mute: "1분 끄기", muted: (s: number) => `소리 끔 ${s}초`, unmute: "소리 다시 켜기",
    onlySeat: "지금 소리를 들을 수 있는 자리가 여기뿐이라 끌 수 없습니다.",
    step: ["", "15초가 지나 더 크게 울립니다", "30초가 지나 가장 크게 울립니다"],
  },
  link: { live: "실시간", late: "지연", lost: "끊김", connecting: "연결 중" },
  linkLost: (at: string) => `서버 연결이 끊겼습니다. 아래는 ${at} 기준 화면입니다.`,
  linkLostHint: "지금은 아무것도 보낼 수 없습니다. 다시 연결되면 이어서 보여 드립니다.",
  retrying: "다시 연결하는 중…",
  asOf: (at: string) => `${at} 기준`,
  session: {
    ends: (at: string, left: string) => `로그인이 ${at}에 끝납니다 (${left} 남음)`, extend: "15분 연장", extending: "연장하는 중…",
    extendedByItself: "맡은 사건이 있어 저절로 연장됩니다", minutes: (n: number) => (n < 1 ? "1분 미만" : `${n}분`),
  },
  newDevice: (at: string, address: string) => `${at} 다른 기기(${address})에서 이 계정으로 로그인했습니다. 본인이 아니면 계정에서 그 로그인을 끝내세요.`,
  newDeviceSeen: "본인입니다", account: "계정 보기",
  breakglass: { see: "비상 열람 보기", dismiss: "접기", by: (name: string) => `요청 ${name}` },
  lostSeat: (name: string, at: string) => `${name} 님 자리의 연결이 ${at}에 끊겼습니다`,
  lostSeats: (n: number) => `외 ${n}자리`,
  onlySeat: "이 자리만 켜져 있습니다",
  silentSeats: (names: string) => `소리가 꺼진 자리: ${names}`,
  failedCheck: (name: string, what: string) => `${name} 님 점검 실패: ${what}`,
  seats: (n: number) => `관제석 ${n}`,
  seatsTitle: (hearing: number) => `다른 관제석 중 소리를 들을 수 있는 곳 ${hearing}`,
  shiftButton: { off: "근무 시작", on: "근무 중" },
  dismiss: "닫기", scouts: "스카우트 화면",
  monitor: {
    title: { wall: "CCTV 화면", map: "지도 화면", queue: "신고 목록 화면" },
    follows: (name: string, same: boolean) => `이 화면은 ${name} 님의 자리를 따라갑니다${same ? "" : " (다른 PC)"}`,
    alone: "따라갈 관제석이 없습니다",
    aloneHint: "이 계정으로 관제 화면을 열면 그 자리에서 고른 사건이 여기에 나타납니다.",
    aloneQueue: "관제 화면이 닫혀 있어 여기서 고른 사건이 열리지 않습니다. 접수는 여기서도 됩니다.",
    openConsole: "관제 화면 열기",
    looking: "관제석을 찾는 중…",
    nothing: "관제석에서 연 사건이 없습니다",
    nothingHint: "관제석에서 신고를 열면 여기에 바로 나타납니다.",
    ended: "로그인이 끝났습니다. 이 화면에는 더 보이지 않습니다.", login: "다시 로그인",
    drill: "훈련 상황입니다",
    forbidden: "이 화면을 볼 권한이 없습니다",
  },
};

const en: typeof ko = {
  keys: {
    head: "Keys", close: "Close", change: "Change", cancel: "Cancel", reset: "Back to the first set", on: "Use keys",
    press: "Press the new key", noSuchKey: "That key can't be used: press another",
    note: "Keys rest while you type in a field and while a sheet is open. Choosing a key that is in use swaps the two. What you set stays on this PC only.",
    list: {
      take: "Take", next: "Next alert", previous: "Previous alert", camera1: "Enlarge camera 1", camera2: "Enlarge camera 2",
      camera3: "Enlarge camera 3", camera4: "Enlarge camera 4", camera5: "Enlarge camera 5", pin1: "Pin tile 1", pin2: "Pin tile 2", pin3: "Pin tile 3",
      pin4: "Pin tile 4", pin5: "Pin tile 5", lookBack: "Look back (the enlarged camera, else 1)", dispatch112: "Dispatch 112",
      dispatch119: "Dispatch 119", request: "To the agency's request (Enter accepts)", plates: "Near misses of wanted plates", observed: "Open an incident from what you see", search: "Look for closed incidents", follow: "Follow the caller",
      fit: "Fit the map", mute: "Mute this seat for 1 min", help: "This list",
    },
    fixed: [["Enter", "Open an alert"], ["Esc", "Close"]],
  },
  sound: {
    off: "Sound is off — press to turn on", mute: "Mute 1 min", muted: (n) => `Muted ${n} s`, unmute: "Unmute",
    onlySeat: "This is the only seat that would hear an alert now, so it can't be muted.",
    step: ["", "15 s have passed: it rings louder", "30 s have passed: it rings at its loudest"],
  },
  link: { live: "Live", late: "Delayed", lost: "Lost", connecting: "Connecting" },
  linkLost: (at) => `Connection to the server lost. Below is the screen as of ${at}.`,
  linkLostHint: "Nothing can be sent now. It goes on from here when the connection is back.",
  retrying: "Reconnecting…",
  asOf: (at) => `as of ${at}`,
  session: {
    ends: (at, left) => `Your session ends at ${at} (${left} left)`, extend: "15 minutes more", extending: "Adding time…",
    extendedByItself: "you own an incident, so it is extended by itself", minutes: (n) => (n < 1 ? "under 1 min" : `${n} min`),
  },
  newDevice: (at, address) => `${at}: another device (${address}) signed in with this account. If it was not you, end that session in your account.`,
  newDeviceSeen: "It was me", account: "My account",
  breakglass: { see: "See break-glass", dismiss: "Dismiss", by: (name) => `asked by ${name}` },
  lostSeat: (name, at) => `The seat of ${name} lost its connection at ${at}`,
  lostSeats: (n) => `and ${n} more`,
  onlySeat: "No other seat is open",
  silentSeats: (names) => `Seats without sound: ${names}`,
  failedCheck: (name, what) => `Check failed at the seat of ${name}: ${what}`,
  seats: (n) => `Seats ${n}`,
  seatsTitle: (n) => `Other seats that would hear an alert: ${n}`,
  shiftButton: { off: "Begin shift", on: "On shift" },
  dismiss: "Dismiss", scouts: "Scouts' page",
  monitor: {
    title: { wall: "CCTV monitor", map: "Map monitor", queue: "Alert list monitor" },
    follows: (name, same) => `This screen follows the seat of ${name}${same ? "" : " (another PC)"}`,
    alone: "There is no seat to follow",
    aloneHint: "Open the console with this account: the incident chosen there appears here.",
    aloneQueue: "The console is closed, so choosing here opens nothing. Taking an alert works here too.",
    openConsole: "Open the console",
    looking: "Looking for your seat…",
    nothing: "No incident is open at the seat",
    nothingHint: "Open an alert at the console and it appears here at once.",
    ended: "Your session has ended. This screen shows nothing more.", login: "Log in again",
    drill: "This is a drill",
    forbidden: "Your account may not see this screen",
  },
};

/** As the server says it when it happens (server/breakglass/banner.py). */
export const OPEN_WALL = ["다른 상황실이 이 센터의 사건을 비상 열람합니다", "Another desk has opened an incident of yours"] as const;

export const s = texts(ko, en);
