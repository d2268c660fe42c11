import { texts } from "../lang";

/** Words of the tiles and of the wall: what a picture is worth, pins, changes of camera. */
const ko = {
  delay: (s: string) => `지연 ${s}초`,
  long: "아직 영상이 오지 않습니다. 저절로 계속 다시 연결합니다.",
  noAnswer: "영상 요청에 답이 없습니다.",
  reconnect: "다시 연결",
  standIn: "작은 화면의 영상 — 주 영상 연결 중",
  standInFor: (why: string) => `작은 화면의 영상 — ${why}`,
  main: "주 영상", sub: "보조 영상",
  pin: "고정", pinned: "고정됨",
  pinTitle: (key: string) => `이 칸에 이 카메라를 고정 (${key})`, unpinTitle: (key: string) => `고정 풀기 (${key})`,
  changed: (from: string, to: string) => `바뀜: ${from} → ${to}`,
  spoken: (number: number, name: string) => `CCTV ${number}번 ${name}`,
  state: { connecting: "연결 중", live: "실시간", frozen: "영상 멈춤", down: "연결 끊김", ended: "제공 끝", refused: "볼 수 없음", waiting: "영상 없음" } as Record<string, string>,
  past: "지난 영상", pastLead: "지금 상황이 아닙니다", toLive: "실시간으로 돌아가기",
  stepBack: "이전 장면", stepOn: "다음 장면",
  sameMoment: "같은 시각, 다른 카메라", sameMomentOf: (name: string) => `같은 시각을 다른 카메라로: ${name}`,
  keysHint: "← → 5초 · , . 한 장면씩 · Space 재생/멈춤",
  ago: (s: string) => `${s} 전`, minutes: (m: number, s: number) => (m > 0 ? `${m}분 ${s}초` : `${s}초`),
};

const en: typeof ko = {
  delay: (s) => `delay ${s} s`,
  long: "No picture has come yet. It goes on trying by itself.",
  noAnswer: "The request for pictures has not been answered.",
  reconnect: "Connect again",
  standIn: "Picture of the small tile — main stream connecting",
  standInFor: (why) => `Picture of the small tile — ${why}`,
  main: "Main stream", sub: "Sub-stream",
  pin: "Pin", pinned: "pinned",
  pinTitle: (key) => `Keep this camera on this tile (${key})`, unpinTitle: (key) => `Let this tile change again (${key})`,
  changed: (from, to) => `Changed: ${from} → ${to}`,
  spoken: (number, name) => `CCTV ${number}, ${name}`,
  state: { connecting: "connecting", live: "live", frozen: "frozen", down: "no connection", ended: "release ended", refused: "can't be shown", waiting: "no picture" },
  past: "RECORDED", pastLead: "This is not what is happening now", toLive: "Back to live",
  stepBack: "One frame back", stepOn: "One frame on",
  sameMoment: "The same moment, another camera", sameMomentOf: (name) => `The same moment by another camera: ${name}`,
  keysHint: "← → 5 s · , . one frame · Space play/pause",
  ago: (s) => `${s} ago`, minutes: (m, s) => (m > 0 ? `${m} min ${s} s` : `${s} s`),
};

export const w = texts(ko, en);
