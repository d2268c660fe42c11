import { texts } from "../lang";

/** Scouts who walk her home, on her own page. */
const ko = {
  head: "안심귀가 스카우트", lead: "2인 1조의 스카우트가 만날 곳에서 집 앞까지 함께 걷습니다.", none: "아직 예약한 적이 없습니다.", book: "스카우트 예약", past: (n: number) => `지난 예약 ${n}건`, cut: "연결 끊김: 마지막으로 받은 내용입니다.",
  state: { booked: "스카우트를 찾는 중", assigned: "스카우트가 옵니다", waiting: "스카우트가 기다립니다", accompanying: "함께 가는 중", home: "집에 도착", closed: "마침", cancelled: "취소함", called_off: "진행하지 못함", no_show: "만나지 못함" } as Record<string, string>,
  at: "시각", meet: "만날 곳", to: "목적지", note: "남긴 말", reason: "이유", pair: (name: string) => `스카우트 ${name}`, pairAt: (at: string) => `${at}에 있던 곳이 지도에 보입니다.`, noPlace: "스카우트의 위치는 30분 전부터 보입니다.", map: "스카우트의 위치",
  checkFirst: "만나면 서로의 코드를 확인하고 출발하세요.", read: "스카우트를 확인했습니다.", waitHer: "스카우트가 내 코드를 확인하면 출발합니다.", pairRead: "스카우트가 나를 확인했습니다.", wrong: (n: number) => `틀린 코드 ${n}번`, locked: "코드가 여러 번 틀렸습니다. 함께 가지 말고 상황실에 전화하세요.", late: "스카우트가 늦고 있습니다. 밝은 곳에서 기다려 주세요.", waitUntil: (at: string) => `${at}까지 기다립니다.`,
  home: "집에 도착했습니다", cancel: "예약 취소", cancelHead: "예약을 취소할까요?", cancelLead: "스카우트는 오지 않습니다. 다시 예약할 수 있습니다.", call: "상황실 전화",
  shown: "내 예약을 본 사람", shownTo: { operator: "상황실", pair: "배정된 스카우트" } as Record<string, string>,
  where: "어디서 만날까요?", whereHint: "지금 있는 곳, 지도, 또는 목록에서 고르세요.", here: "지금 있는 곳", hereFailed: "위치를 알 수 없습니다. 지도를 누르거나 목록에서 고르세요.", whereMap: "만날 곳 지도", hubs: "자주 만나는 곳", words: "만날 곳을 말로 (선택)", wordsHint: "예: 편의점 앞", when: "몇 시에 만날까요?", destination: "어디까지 갈까요?", destinationHint: "예: 안심로 12, 3동 앞", noteAsk: "알아볼 수 있게 한마디 (선택)", noteHint: "예: 회색 외투", yes: "예약하기", no: "그만두기",
  who: "상황실과 배정된 스카우트만 이 내용을 봅니다. 누가 언제 보았는지 여기 남습니다.",
};
const en: typeof ko = {
  head: "Scouts", lead: "Two scouts walk with you from where you meet to your door.", none: "You have not booked yet.", book: "Book scouts", past: (n) => `${n} earlier ${n === 1 ? "booking" : "bookings"}`, cut: "Connection lost: this is what came last.",
  state: { booked: "Looking for scouts", assigned: "Scouts are coming", waiting: "Scouts wait for you", accompanying: "Walking together", home: "You are home", closed: "Done", cancelled: "Cancelled", called_off: "Called off", no_show: "Did not meet" },
  at: "Time", meet: "Meeting place", to: "Destination", note: "Note", reason: "Reason", pair: (name) => `Scouts ${name}`, pairAt: (at) => `The map shows where they were at ${at}.`, noPlace: "Where they are is shown from 30 minutes before.", map: "Where the scouts are",
  checkFirst: "When you meet, check each other's code before you go.", read: "You have recognised the scouts.", waitHer: "Set off once they have checked your code.", pairRead: "The scouts have recognised you.", wrong: (n) => `${n} wrong ${n === 1 ? "code" : "codes"}`, locked: "Too many wrong codes. Don't go along: call the center.", late: "The scouts are late. Please wait where it is bright.", waitUntil: (at) => `They wait until ${at}.`,
  home: "I am home", cancel: "Cancel", cancelHead: "Cancel the booking?", cancelLead: "The scouts will not come. You can book again.", call: "Call the center",
  shown: "Who saw this booking", shownTo: { operator: "The center", pair: "The scouts who come" },
  where: "Where do you meet?", whereHint: "Where you are, on the map, or from the list.", here: "Where I am", hereFailed: "Your place is not known. Press on the map, or choose from the list.", whereMap: "Map of the meeting place", hubs: "Usual meeting places", words: "In words (optional)", wordsHint: "e.g. in front of the shop", when: "When do you meet?", destination: "Where to?", destinationHint: "e.g. Ansim-ro 12, building 3", noteAsk: "How they know you (optional)", noteHint: "e.g. grey coat", yes: "Book", no: "Cancel",
  who: "Only the center and the scouts who come see this. Who saw it when stands here.",
};
export const c = texts(ko, en);
