import { texts } from "../lang";
import type { Field } from "../scouts/offer";

/** What a municipality offers: the form of it. */
const ko = {
  head: "운영 시간", lead: "언제, 어디서, 몇 조가 함께 걷는지 정합니다. 뒤에 시작하는 것이 앞의 것을 대신합니다.", center: "센터",
  none: "아직 운영 시간이 없어 예약을 받지 않습니다. ‘새로 쓰기’로 시작하세요.", now: "지금", planned: "예정", past: "지난 것", from: (day: string) => `${day}부터`, until: (day: string) => `${day}까지`,
  newOne: "새로 쓰기", change: "고치기", drop: "없애기", dropped: "없앴습니다.", saved: "저장했습니다.", undo: "되돌리기", undone: "되돌렸습니다.",
  days: { mon: "월", tue: "화", wed: "수", thu: "목", fri: "금", sat: "토", sun: "일" }, hours: "요일별 시간", closed: "쉬는 날", add: "시간 추가", remove: "빼기", nextMorning: "다음 날", toAll: "모든 요일에 같게", spanFrom: (day: string) => `${day}요일 시작`, spanUntil: (day: string) => `${day}요일 끝`,
  startsOn: "시작하는 날", endsOn: "끝나는 날 (없으면 계속)", times: "예약", lead_min: "몇 분 전까지 예약 (분)", ahead_days: "며칠 앞까지 예약 (일)", slot_min: "예약 간격 (분)", trip_min: "동행에 걸리는 시간 (분)", return_min: "복귀에 걸리는 시간 (분)", pairs: "하룻밤 조의 수", pairsHint: "근무 조를 등록한 밤에는 등록한 조만큼 받습니다.",
  area: "지역", whole: "관할 전체", around: "만날 곳 둘레만", radius: "둘레 (m)", hubs: "만날 곳", hubsHint: "지도를 누르면 만날 곳이 더해집니다.", hubKo: (n: number) => `만날 곳 ${n} 이름`, hubEn: (n: number) => `만날 곳 ${n} 영어 이름`, noHubs: "만날 곳이 없습니다.", map: "만날 곳 지도", newHub: (n: number) => `만날 곳 ${n}`,
  blackout: "쉬는 밤", blackoutDay: "쉬는 날짜", noBlackout: "쉬는 밤이 없습니다.", addDay: "더하기",
  preview: "이대로라면", previewNone: "앞으로 받을 수 있는 예약이 없습니다.", previewWait: "붉게 표시된 곳을 고치면 예약할 수 있는 시각이 보입니다.", night: (day: string) => `${day} 밤`, tonight: "오늘 밤", who: (hubs: number, radius: number | null) => (radius === null ? `관할 전체에서 예약합니다. 만날 곳 ${hubs}곳을 보여 줍니다.` : `만날 곳 ${hubs}곳의 둘레 ${radius} m 안에서 예약합니다.`), left: (n: number) => (n === 0 ? "다 찼음" : `${n}조`), more: (n: number) => `그 밖의 밤 ${n}일`,
  save: "저장", cancel: "그만두기", checking: "확인하는 중…",
  wrong: {
    starts_on: "시작하는 날을 적으세요.", ends_on: "끝나는 날은 시작하는 날보다 앞일 수 없습니다.", hours: "시간을 모두 적고, 서로 겹치지 않게, 다음 날 06:00 전에 끝나게 하세요.", hubs: "만날 곳마다 이름을 적고, 둘레로 정하면 한 곳 이상 두세요.", blackout: "날짜를 확인하세요.", slot_min: "예약 간격을 고르세요.",
    lead_min: "", ahead_days: "", trip_min: "", return_min: "", pairs: "", radius_m: "",
  } as Record<Field, string>,
  between: (least: number, most: number) => `${least}에서 ${most} 사이의 수를 적으세요.`,
};
const en: typeof ko = {
  head: "Hours", lead: "When, where and how many pairs walk along. What begins later replaces what began before.", center: "Center",
  none: "No hours are written down, so nobody can book. Begin with “New”.", now: "Now", planned: "Planned", past: "Past", from: (day) => `from ${day}`, until: (day) => `until ${day}`,
  newOne: "New", change: "Change", drop: "Remove", dropped: "Removed.", saved: "Saved.", undo: "Undo", undone: "Undone.",
  days: { mon: "Mon", tue: "Tue", wed: "Wed", thu: "Thu", fri: "Fri", sat: "Sat", sun: "Sun" }, hours: "Hours by weekday", closed: "Closed", add: "Add hours", remove: "Remove", nextMorning: "next day", toAll: "The same every day", spanFrom: (day) => `${day} from`, spanUntil: (day) => `${day} until`,
  startsOn: "Begins on", endsOn: "Ends on (empty: goes on)", times: "Bookings", lead_min: "Book until … minutes before", ahead_days: "Book … days ahead", slot_min: "Minutes between appointments", trip_min: "Minutes of a walk", return_min: "Minutes of the way back", pairs: "Pairs in a night", pairsHint: "On nights with pairs on duty, their number counts.",
  area: "Area", whole: "The whole jurisdiction", around: "Around meeting places only", radius: "Radius (m)", hubs: "Meeting places", hubsHint: "Press on the map to add a meeting place.", hubKo: (n) => `Name of place ${n}`, hubEn: (n) => `English name of place ${n}`, noHubs: "No meeting places.", map: "Map of meeting places", newHub: (n) => `Meeting place ${n}`,
  blackout: "Nights off", blackoutDay: "Date of a night off", noBlackout: "No nights off.", addDay: "Add",
  preview: "With this", previewNone: "Nobody could book anything.", previewWait: "Mend what is marked, and the free times appear here.", night: (day) => `Night of ${day}`, tonight: "Tonight", who: (hubs, radius) => (radius === null ? `Booked from anywhere in the jurisdiction; ${hubs} meeting places are suggested.` : `Booked within ${radius} m of ${hubs} meeting places.`), left: (n) => (n === 0 ? "full" : `${n} ${n === 1 ? "pair" : "pairs"}`), more: (n) => `${n} more ${n === 1 ? "night" : "nights"}`,
  save: "Save", cancel: "Cancel", checking: "Checking…",
  wrong: {
    starts_on: "Say when it begins.", ends_on: "It can't end before it begins.", hours: "Fill in both times; they may not overlap, and end by 06:00 the next day.", hubs: "Each place needs a name; around places, there has to be at least one.", blackout: "Check the date.", slot_min: "Choose the minutes.",
    lead_min: "", ahead_days: "", trip_min: "", return_min: "", pairs: "", radius_m: "",
  },
  between: (least, most) => `A number from ${least} to ${most}.`,
};
export const o = texts(ko, en);
