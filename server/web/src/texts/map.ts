import { texts } from "../lang";

/** Everything a map shows, in words. */
const ko = {
  label: "신고자와 CCTV 지도. 화살표 키로 움직이고 + 와 − 키로 확대·축소합니다.",
  follow: "다시 따라가기", fit: "전체 보기", cameras: "CCTV 목록", legend: "범례", close: "닫기",
  wordsLabel: "지도에 보이는 것을 글로",
  attribution: "행정경계: 국토지리정보원(NGII), 기준일 2023-09-15",
  ground: {
    loading: "지도를 불러오는 중…", streets: "", borders: "거리 지도 없음 · 행정경계만 표시",
    missing: "행정경계 지도 파일이 없습니다. 서버에서 make setup 을 실행하세요.",
    away: "거리 지도 서버가 응답하지 않습니다 · 행정경계만 표시",
  },
  walks: {
    button: "안심귀가", head: "공유된 안심귀가", eta: (time: string) => `${time} 도착 예정`, noEta: "도착 예정 모름",
    looks: { going: "이동 중", slow: "느림", stopped: "멈춤", aside: "경로 벗어남", late: "늦음", silent: "신호 없음" },
    about: "본인이 동의해 나눈 위치만 보입니다. 이름과 CCTV는 긴급 신고가 들어온 뒤에만 열립니다.",
  },
  place: "위치", address: "주소", asking: "주소를 찾는 중…", noAddress: "행정 주소 없음", lot: "지번",
  beside: (name: string, m: number) => `${m} m 옆 ${name}`,
  otherCenter: (name: string, m: number) => `관할 경계 ${m} m: ${name}`,
  noPosition: "위치를 받지 못했습니다.",
  accuracy: (m68: string, m95: string) => `오차 68 % ${m68}, 95 % ${m95}`,
  measured: (age: string, time: string) => `${age} 측정 (${time})`,
  staleMark: (age: string) => `${age} 위치`,
  lost: (time: string) => `위치 끊김 ${time}부터`,
  guessMark: (age: string) => `추정 (측정 아님) · ${age}`,
  guess: (wind: string, m: string) => `추정: ${wind}쪽으로 ${m}까지 이동했을 수 있음 (측정 아님)`,
  otherMark: (time: string) => `다른 신고 ${time}`, networkMark: (time: string) => `통신사 위치 ${time}`,
  network: (m: string, age: string) => `통신사 위치: 반경 ${m}, ${age}`,
  others: (n: number) => `이 사건의 다른 신고 위치 ${n}곳`,
  nearest: (name: string, wind: string, m: string) => `가장 가까운 CCTV ${name}: ${wind}쪽 ${m}`,
  unit: (name: string, wind: string, m: string) => `${name}: ${wind}쪽 ${m}`,
  eta: (min: number) => (min <= 0 ? "곧 도착" : `${min}분 뒤 도착`), unitAge: (age: string) => `${age} 위치`,
  list: { head: "화면 안의 CCTV", none: "화면 안에 CCTV가 없습니다.", zoom: "지도를 확대하면 CCTV가 보입니다.", more: (n: number) => `그 밖에 ${n}대. 지도를 확대하세요.`, faulty: "상태 이상" },
  camera: { open: "영상 열기", noIncident: "사건을 열어야 영상을 볼 수 있습니다.", asking: "영상 요청 중…", away: (wind: string, m: string) => `신고자에게서 ${wind}쪽 ${m}` },
  legendList: {
    caller: "붉은 마름모: 신고자. 안쪽 원 68 %, 바깥 점선 95 % 오차", stale: "속이 빈 마름모: 15초가 넘은 위치", guess: "보라색 점선 부채꼴: 추정, 측정 아님",
    network: "파란 빈 사각형: 통신사 위치", track: "붉은 선: 지난 10분, 점은 1분마다", chosen: "번호와 부채꼴: 열린 CCTV의 시야", dot: "작은 점: 다른 CCTV", unit: "오각형: 출동 중인 112·119", walk: "청록 점: 공유된 안심귀가. 고리 느림, 네모 멈춤, 별 경로 이탈, 세모 늦음, 점선 신호 없음", own: "굵은 선: 우리 관할",
  },
};

const en: typeof ko = {
  label: "Map of the caller and cameras. Arrow keys move it, + and − zoom.",
  follow: "Follow again", fit: "Fit all", cameras: "Camera list", legend: "Legend", close: "Close",
  wordsLabel: "What the map shows, in words",
  attribution: "Boundaries: NGII (Korea), as of 2023-09-15",
  ground: {
    loading: "Loading the map…", streets: "", borders: "No street map · boundaries only",
    missing: "The map of boundaries is missing. Run make setup on the server.",
    away: "The street map does not answer · boundaries only",
  },
  walks: {
    button: "Walks", head: "Shared walks home", eta: (time) => `arrives ${time}`, noEta: "arrival unknown",
    looks: { going: "On the way", slow: "Slow", stopped: "Stopped", aside: "Off the way", late: "Late", silent: "No signal" },
    about: "Only places that the walkers chose to share. Names and cameras open only with a call for help.",
  },
  place: "Place", address: "Address", asking: "Looking up the address…", noAddress: "no administrative address", lot: "lot",
  beside: (name, m) => `${name} ${m} m away`,
  otherCenter: (name, m) => `border ${m} m: ${name}`,
  noPosition: "No position has arrived.",
  accuracy: (m68, m95) => `accuracy 68 % ${m68}, 95 % ${m95}`,
  measured: (age, time) => `measured ${age} (${time})`,
  staleMark: (age) => `position ${age}`,
  lost: (time) => `Tracking lost since ${time}`,
  guessMark: (age) => `guess (not measured) · ${age}`,
  guess: (wind, m) => `Guess: may have moved up to ${m} ${wind} (not measured)`,
  otherMark: (time) => `other alert ${time}`, networkMark: (time) => `telco position ${time}`,
  network: (m, age) => `Telco position: radius ${m}, ${age}`,
  others: (n) => `${n} more alert position${n === 1 ? "" : "s"} in this incident`,
  nearest: (name, wind, m) => `Nearest camera ${name}: ${m} ${wind}`,
  unit: (name, wind, m) => `${name}: ${m} ${wind}`,
  eta: (min) => (min <= 0 ? "arriving" : `arrives in ${min} min`), unitAge: (age) => `position ${age}`,
  list: { head: "Cameras in view", none: "No camera in view.", zoom: "Zoom in to see cameras.", more: (n) => `${n} more. Zoom in.`, faulty: "faulty" },
  camera: { open: "Open video", noIncident: "Open an incident to see its video.", asking: "Requesting video…", away: (wind, m) => `${m} ${wind} of the caller` },
  legendList: {
    caller: "Red diamond: caller. Inner ring 68 %, outer dotted ring 95 %", stale: "Hollow diamond: position older than 15 s", guess: "Purple dashed cone: a guess, not measured",
    network: "Blue hollow square: telco position", track: "Red line: last 10 min, a dot each minute", chosen: "Number and wedge: view of an open camera", dot: "Small dot: other camera", unit: "Pentagon: 112 or 119 unit", walk: "Teal dot: a shared walk home. Ring slow, square stopped, star off the way, triangle late, dashed no signal", own: "Thick line: own jurisdiction",
  },
};

export const m = texts(ko, en);
