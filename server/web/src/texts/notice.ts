import { texts } from "../lang";

interface Words { head: string; lead: string }

const ko = {
  title: "안심 귀가 알림", otherLanguage: "English",
  head: {
    walk_begun: (name: string) => `${name} 님이 귀가를 시작했습니다`,
    walk_arrived: (name: string) => `${name} 님이 도착했습니다`,
    walk_late: (name: string) => `${name} 님이 확인에 답하지 않습니다`,
    walk_raised: (name: string) => `${name} 님의 상황을 관제센터에 신고했습니다`,
  } as Record<string, (name: string) => string>,
  lead: {
    walk_begun: "도착하거나 무슨 일이 있으면 다시 알려 드립니다. 지금 할 일은 없습니다.",
    walk_arrived: "무사히 도착했다고 알려 왔습니다.",
    walk_late: "예정과 다르게 움직이거나 멈춰 있습니다. 전화해 보시고, 받지 않거나 위급하면 112에 신고하세요.",
    walk_raised: "끝까지 답이 없어 관제센터가 확인하고 있습니다. 새로 아는 것이 있으면 112에 알려 주세요.",
  } as Record<string, string>,
  sos: (name: string): Words => ({ head: `${name} 님의 SOS가 진행 중입니다`, lead: "본인에게 전화하지 마세요. 벨이 울리면 위험해질 수 있습니다." }),
  approach: (name: string): Words => ({ head: `${name} 님 가까이에 전자감독 대상자가 있습니다`, lead: "연락해서 사람이 있는 안전한 곳으로 가게 하고, 위급하면 112에 신고하세요. 대상자에게 다가가지 마세요." }),
  approachOver: (name: string): Words => ({ head: `${name} 님의 접근 경보가 끝났습니다`, lead: "가까이 있다는 소식이 더는 없습니다." }),
  bands: { within_300: "300 m 안", within_1000: "1 km 안", within_3000: "3 km 안", unknown: "거리는 아직 모릅니다" } as Record<string, string>,
  directions: {
    north: "북쪽", northeast: "북동쪽", east: "동쪽", southeast: "남동쪽", south: "남쪽", southwest: "남서쪽", west: "서쪽", northwest: "북서쪽",
  } as Record<string, string>,
  calmAgain: (name: string): Words => ({ head: `${name} 님은 다시 예정대로입니다`, lead: "확인에 답했거나 다시 예정대로 가고 있습니다. 지금 할 일은 없습니다." }),
  over: {
    arrived: (name: string): Words => ({ head: `${name} 님이 도착했습니다`, lead: "귀가가 끝났습니다. 위치는 더 보이지 않습니다." }),
    cancelled: (name: string): Words => ({ head: `${name} 님이 귀가를 끝냈습니다`, lead: "본인이 안심귀가를 마쳤습니다. 위치는 더 보이지 않습니다." }),
    gone: (name: string): Words => ({ head: `${name} 님의 귀가가 끝났습니다`, lead: "위치는 더 보이지 않습니다." }),
  } as Record<string, (name: string) => Words>,
  at: (time: string) => `${time} 알림`,
  happenedHead: "지금까지", happened: {
    walk_begun: "귀가를 시작함", walk_late: "확인에 답이 없음", walk_raised: "관제센터에 신고함", walk_arrived: "도착함",
    approach: "접근 경보", approach_over: "경보가 끝남",
  } as Record<string, string>,
  seen: "확인했습니다. 연락해 보겠습니다", seenBusy: "보내는 중…", seenDone: (time: string) => `${time}에 확인했다고 전했습니다`,
  seenWhy: "누르면 다시 전화로 알리지 않습니다. 본인에게는 확인했다고 보입니다.",
  sayHead: "112에 이렇게 말하세요",
  say: (name: string, since: string) => `“안심귀가 보호자입니다. ${name} 님이 ${since}부터 확인에 답하지 않고 연락이 되지 않습니다.”`,
  sayWhere: (where: string, at: string, isAbout: boolean) => `“${at}의 마지막 위치는 ${where}입니다.${isAbout ? " 약 500 m 범위입니다." : ""}”`,
  placeHead: "지금 위치", digits: "내 휴대전화 번호 뒤 네 자리", digitsLead: "보호자 본인인지 확인합니다.", show: "위치 보기", opening: "확인하는 중…",
  sosDigits: "진행 상황 보기", sosDigitsLead: "네 자리를 적으면 신고의 진행 상황 화면으로 갑니다.", sosOpen: "진행 상황 열기", turning: "SOS 진행 상황 화면으로 갑니다…",
  hidden: "평소에는 위치를 보여 드리지 않습니다. 확인에 답이 없으면 여기에서 볼 수 있습니다.",
  fourDigits: "숫자 네 자리를 입력하세요.", none: "아직 받은 위치가 없습니다.",
  coordinatesAre: (lat: string, lon: string) => `좌표 ${lat}, ${lon}`, stateHead: "상태", etaHead: "도착 예정", coordinates: "좌표",
  states: {
    on_track: "예정대로 가는 중", slow: "천천히 가는 중", stopped: "한곳에 머무는 중", off_route: "예정한 길에서 벗어남",
    no_signal: "휴대전화 신호 없음", arrived: "도착지에 있음", overdue: "예정 시간이 지남",
  } as Record<string, string>,
  fresh: (ago: string, about: string) => `${ago} 위치${about}`, last: (ago: string, about: string) => `마지막으로 알려진 위치 · ${ago}${about}`,
  about: " · 약 500 m 범위", coarse: "본인이 정한 대로 대략의 위치만 보입니다. SOS로 이어지면 센터가 확인한 뒤 더 정확해질 수 있습니다.",
  ago: (s: number) => (s < 60 ? `${Math.max(0, Math.round(s))}초 전` : `${Math.round(s / 60)}분 전`),
  connection: { live: "실시간으로 이어져 있습니다", polling: "5초마다 새로 받습니다", offline: "연결이 끊겼습니다. 아래는 마지막으로 받은 내용입니다" } as Record<string, string>,
  privacy: "위치를 보면 본인의 기록에 남습니다. 귀가가 끝나면 더 보이지 않습니다.",
  calls: "전화", call112: "112 신고", goneHead: "볼 수 없는 알림입니다", gone: "끝났거나 없는 주소입니다.",
};

const en: typeof ko = {
  title: "Ansim walk home", otherLanguage: "한국어",
  head: {
    walk_begun: (name) => `${name} has set out`,
    walk_arrived: (name) => `${name} has arrived`,
    walk_late: (name) => `${name} does not answer`,
    walk_raised: (name) => `The control center has been alerted about ${name}`,
  },
  lead: {
    walk_begun: "You hear from us when she arrives, or if something is wrong. There is nothing to do now.",
    walk_arrived: "She is where she was going.",
    walk_late: "She is not moving as planned. Call her; if she does not answer or it is urgent, call 112.",
    walk_raised: "She has not answered, and the control center is looking into it. If you learn something, tell 112.",
  },
  sos: (name) => ({ head: `An SOS of ${name} is going on`, lead: "Do not call her: a ringing phone can be dangerous." }),
  approach: (name) => ({ head: `A person under monitoring is near ${name}`, lead: "Reach her and have her go to a safe place with people; call 112 if it is urgent. Do not go near that person." }),
  approachOver: (name) => ({ head: `The warning for ${name} is over`, lead: "There is no more news of anybody near her." }),
  bands: { within_300: "within 300 m", within_1000: "within 1 km", within_3000: "within 3 km", unknown: "how far is not known yet" },
  directions: {
    north: "to her north", northeast: "to her northeast", east: "to her east", southeast: "to her southeast", south: "to her south", southwest: "to her southwest", west: "to her west", northwest: "to her northwest",
  },
  calmAgain: (name) => ({ head: `${name} is back on track`, lead: "She has answered, or is moving as planned again. There is nothing to do." }),
  over: {
    arrived: (name) => ({ head: `${name} has arrived`, lead: "The walk is over. Her place is not shown any more." }),
    cancelled: (name) => ({ head: `${name} has ended the walk`, lead: "She ended it herself. Her place is not shown any more." }),
    gone: (name) => ({ head: `The walk of ${name} is over`, lead: "Her place is not shown any more." }),
  },
  at: (time) => `Told at ${time}`,
  happenedHead: "So far", happened: {
    walk_begun: "set out", walk_late: "no answer", walk_raised: "control center alerted", walk_arrived: "arrived",
    approach: "warning of an approach", approach_over: "warning over",
  },
  seen: "Seen. I will reach out to her", seenBusy: "Sending…", seenDone: (time) => `Said so at ${time}`,
  seenWhy: "Then we do not telephone you about it. She can see that you have.",
  sayHead: "What to say to 112",
  say: (name, since) => `“I am a guardian of ${name} with Ansim. Since ${since} she does not answer, and I can't reach her.”`,
  sayWhere: (where, at, isAbout) => `“Her last known place, at ${at}: ${where}${isAbout ? ", within about 500 m" : ""}.”`,
  placeHead: "Where she is", digits: "Last four digits of your own number", digitsLead: "So that we know that it is you.", show: "Show the place", opening: "Checking…",
  sosDigits: "See how it goes", sosDigitsLead: "With your four digits you come to the page of the SOS.", sosOpen: "Open", turning: "Going to the page of the SOS…",
  hidden: "Her place is not shown as long as all is well. If she does not answer, you can see it here.",
  fourDigits: "Enter four digits.", none: "No place has come yet.",
  coordinatesAre: (lat, lon) => `coordinates ${lat}, ${lon}`, stateHead: "State", etaHead: "Expected", coordinates: "Coordinates",
  states: {
    on_track: "On her way as planned", slow: "Moving slowly", stopped: "Staying in one place", off_route: "Off the planned way",
    no_signal: "No signal from her phone", arrived: "Where she was going", overdue: "Later than planned",
  },
  fresh: (ago, about) => `Place of ${ago}${about}`, last: (ago, about) => `Last known place · ${ago}${about}`,
  about: " · within about 500 m", coarse: "Only about where, as she chose. If it becomes an SOS it may become exact once the center has confirmed.",
  ago: (s) => (s < 60 ? `${Math.max(0, Math.round(s))} s ago` : `${Math.round(s / 60)} min ago`),
  connection: { live: "Connected, as it happens", polling: "Asked anew every 5 seconds", offline: "No connection. Below is what came last" },
  privacy: "Looking is written to her own record. After the walk nothing is shown any more.",
  calls: "Calls", call112: "Call 112", goneHead: "Nothing to see here", gone: "It has ended, or there is no such page.",
};

export const t = texts(ko, en);
