import { texts } from "../lang";

/** Places that somebody else gives for an incident. */
const ko = {
  head: "다른 곳이 알려 준 위치", none: "아직 없습니다. 통신사·가족·본인이 말한 위치를 적으면 지도에 따로 보입니다.", add: "위치 적기",
  kinds: { telco: "통신사", car: "차량", family: "가족", device: "전용 단말", caller_said: "본인이 말함" },
  radius: (m: string) => `반경 ${m}`, away: (wind: string, m: string) => `신고자에게서 ${wind}쪽 ${m}`,
  at: (time: string) => `${time} 기준`, now: "방금", minutes: (n: number) => `${n}분 전`, by: (name: string) => `${name} 적음`, places: (n: number) => `위치 ${n}개`,
  look: "여기 CCTV 보기", withdraw: "거두기", withdrawn: "위치를 거두었습니다.", undo: "되살리기", failed: "위치를 불러오지 못했습니다.", retry: "다시 시도",
  form: {
    kind: "누가 알려 주었나요", place: "좌표 (위도, 경도)", placeHint: "예: 37.39430, 126.95680", badPlace: "위도와 경도를 쉼표로 나누어 적으세요. 예: 37.39430, 126.95680",
    pick: "지도에서 고르기", picking: "지도를 누르세요", radius: "반경 (m)", badRadius: "1에서 50000 사이로 적으세요.",
    minutes: "몇 분 전 위치인가요", badMinutes: "0에서 1440 사이로 적으세요.", label: "이름 (선택)", labelHint: "예: KT 안양역 기지국", reference: "회신 번호 (선택)",
    save: "지도에 올리기", cancel: "취소", apart: "신고자의 위치와 CCTV 선택은 바뀌지 않습니다.",
  },
  draft: "적는 중", nearHere: (name: string) => `${name} 주변 CCTV`, legend: "자홍 빈 육각형과 고리: 다른 곳이 알려 준 위치와 반경",
};

const en: typeof ko = {
  head: "Places from other sources", none: "None yet. What a telco, her family or she herself says of the place is drawn apart on the map.", add: "Enter a place",
  kinds: { telco: "Telco", car: "Car", family: "Family", device: "Device", caller_said: "Caller said" },
  radius: (m) => `radius ${m}`, away: (wind, m) => `${m} ${wind} of the caller`,
  at: (time) => `as of ${time}`, now: "just now", minutes: (n) => `${n} min ago`, by: (name) => `entered by ${name}`, places: (n) => `${n} places`,
  look: "Cameras here", withdraw: "Withdraw", withdrawn: "The place was withdrawn.", undo: "Restore", failed: "The places could not be loaded.", retry: "Try again",
  form: {
    kind: "Who gave it", place: "Coordinates (lat, lon)", placeHint: "e.g. 37.39430, 126.95680", badPlace: "Latitude and longitude with a comma between, e.g. 37.39430, 126.95680",
    pick: "Pick on the map", picking: "Press the map", radius: "Radius (m)", badRadius: "A number from 1 to 50000.",
    minutes: "How many minutes old", badMinutes: "A number from 0 to 1440.", label: "Name (optional)", labelHint: "e.g. KT mast at Anyang station", reference: "Answer number (optional)",
    save: "Put on the map", cancel: "Cancel", apart: "The caller's own place and the choice of cameras do not change.",
  },
  draft: "being entered", nearHere: (name) => `Cameras near: ${name}`, legend: "Magenta hollow hexagon and ring: a place from another source, and its radius",
};

export type SourceKind = keyof typeof ko.kinds;
export const so = texts(ko, en);
