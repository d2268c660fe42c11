import { texts } from "../lang";

/** Booking for who telephones. */
const ko = {
  open: "전화로 예약 받기", head: "전화로 예약 받기", lead: "앱이 없는 분의 예약입니다. 접수와 배정을 문자로 알리고, 확인 코드도 문자로 갑니다.", name: "부를 이름", phone: "휴대전화 번호",
  meet: "만날 곳", meetHint: "목록에서 고르거나 지도를 누르세요.", map: "만날 곳 지도", words: "만날 곳을 말로", wordsHint: "예: 편의점 앞", at: "시각", placeFirst: "만날 곳을 먼저 고르세요", destination: "목적지", note: "덧붙일 말 (옷차림 등)", book: "예약하기",
};
const en: typeof ko = {
  open: "Book by telephone", head: "Book by telephone", lead: "For who has no app. She is texted when it is booked and assigned, with the codes to know each other by.", name: "Name to call her by", phone: "Mobile number",
  meet: "Meeting place", meetHint: "Choose from the list, or press on the map.", map: "Map of meeting places", words: "The place in words", wordsHint: "e.g. in front of the shop", at: "Time", placeFirst: "Choose the place first", destination: "Destination", note: "More words (clothes, …)", book: "Book",
};
export const p = texts(ko, en);
