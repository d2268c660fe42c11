import { texts } from "../lang";

/** Words of the registry's review page. */
const ko = {
  title: "안심 CCTV 관리", otherLanguage: "English", logout: "로그아웃", account: "내 계정", console: "관제 화면", loading: "불러오는 중…", retry: "다시 시도", more: "더 보기",
  tabs: { doubts: "확인할 행", imports: "가져오기 기록", cameras: "카메라 목록" } as Record<string, string>,
  metres: (m: number) => (m < 1000 ? `${m} m` : `${(m / 1000).toFixed(1)} km`),
  doubts: {
    lead: "가져온 파일에서 의심스러운 행입니다. 아무것도 저절로 옮기지 않습니다. 제안을 보고 받아들이거나 물리치세요. 언제든 되돌릴 수 있습니다.",
    all: "모든 이유", reason: "이유", state: { open: "확인할 것", accepted: "받아들임", rejected: "물리침" } as Record<string, string>, stateLabel: "상태",
    none: "확인할 행이 없습니다.", noneHint: "‘가져오기 기록’에서 파일을 올리면 의심스러운 행이 여기에 나타납니다.", noneDecided: "아직 처리한 행이 없습니다.",
    where: (file: string, line: number) => `${file} ${line}행`, written: "파일에 적힌 값", suggestion: "제안", noSuggestion: "제안 없음: 지도에서 위치를 찍어 주세요.",
    imported: "이미 들어와 있음 (오차를 크게 표시)", leaveOut: "넣지 않기", place: (lat: string, lon: string) => `위도 ${lat}, 경도 ${lon}`, moved: (m: string) => `적힌 곳에서 ${m}`,
    accept: "제안 받아들이기", acceptPlace: "찍은 위치로 받기", asItIs: "적힌 그대로 받기", reject: "물리치기", undo: "되돌리기",
    together: (n: number) => `이 이유의 제안 모두 받아들이기 (${n}건)`, togetherDone: (n: number, skipped: number) => `${n}건을 받아들였습니다.${skipped ? ` ${skipped}건은 남았습니다.` : ""}`,
    done: { accepted: "받아들였습니다.", rejected: "물리쳤습니다.", open: "되돌렸습니다." } as Record<string, string>,
    map: "적힌 위치와 제안한 위치 지도", mapOld: "적힌 위치", mapNew: "제안 위치", mapPick: "찍은 위치", mapHint: "지도를 누르면 그곳을 위치로 씁니다.", choose: "왼쪽에서 행을 고르세요.",
    address: "주소", list: "확인할 행 목록",
    latIn: "위도", lonIn: "경도",
  },
  imports: {
    lead: "최근에 가져온 기록입니다. 서버에서 ‘ansim import cctv 파일…’로 가져온 것도 여기에 남습니다.", none: "아직 가져온 파일이 없습니다.", noneHint: "위에서 파일을 올려 보세요.",
    head: ["때", "자료", "파일", "행", "들어온 행", "카메라", "거절", "의심"], newOnes: "새로", updated: "바뀜", moved: "옮김", retired: "없어짐", refusedHead: (n: number) => `거절한 행 ${n}`,
    line: (n: number) => `${n}행`, seeDoubts: "확인하러 가기",
  },
  cameras: {
    lead: "등록된 카메라와 화면 상태입니다.", health: "상태", all: "모든 상태", search: "이름·주소·관리기관 찾기", none: "조건에 맞는 카메라가 없습니다.", empty: "등록된 카메라가 없습니다.",
    head: ["카메라", "주소", "관리기관", "상태", "영상", "출처"], hasStream: "있음", noStream: "없음", since: (at: string) => `${at}부터`, never: "아직 보지 않음", ptz: "회전",
    states: { unknown: "모름", working: "정상", dark: "어두움", frozen: "멈춤", obstructed: "가려짐", down: "연결 끊김" } as Record<string, string>,
    sources: { manual: "직접 등록", import: "가져옴", onvif: "장비에서 찾음", seed: "견본" } as Record<string, string>, private_: "민간",
  },
  attribution: "행정경계: 국토지리정보원(NGII), 기준일 2023-09-15",
  notAllowed: "카메라 관리 권한이 없는 계정입니다.",
};

const en: typeof ko = {
  title: "Ansim CCTV registry", otherLanguage: "한국어", logout: "Log out", account: "My account", console: "Console", loading: "Loading…", retry: "Try again", more: "Show more",
  tabs: { doubts: "Rows to check", imports: "Imports", cameras: "Cameras" },
  metres: (m) => (m < 1000 ? `${m} m` : `${(m / 1000).toFixed(1)} km`),
  doubts: {
    lead: "Doubtful rows of imported files. Nothing is moved by itself: accept the suggestion or reject it. Each decision can be undone.",
    all: "All reasons", reason: "Reason", state: { open: "to check", accepted: "accepted", rejected: "rejected" }, stateLabel: "State",
    none: "There is no row to check.", noneHint: "Upload a file under “Imports”; doubtful rows appear here.", noneDecided: "Nothing has been decided yet.",
    where: (file, line) => `${file}, line ${line}`, written: "As written", suggestion: "Suggestion", noSuggestion: "No suggestion: choose the place on the map.",
    imported: "already imported (marked as inaccurate)", leaveOut: "leave it out", place: (lat, lon) => `lat ${lat}, lon ${lon}`, moved: (m) => `${m} from where it is written`,
    accept: "Accept the suggestion", acceptPlace: "Accept at the chosen place", asItIs: "Accept as written", reject: "Reject", undo: "Undo",
    together: (n) => `Accept all suggestions of this reason (${n})`, togetherDone: (n, skipped) => `${n} accepted.${skipped ? ` ${skipped} are left.` : ""}`,
    done: { accepted: "Accepted.", rejected: "Rejected.", open: "Undone." },
    map: "Map of the written and the suggested place", mapOld: "as written", mapNew: "suggested", mapPick: "chosen", mapHint: "Press the map to use that place.", choose: "Choose a row on the left.",
    address: "Address", list: "Rows to check",
    latIn: "Latitude", lonIn: "Longitude",
  },
  imports: {
    lead: "The last imports, also those made on the server by “ansim import cctv FILE…”.", none: "Nothing has been imported yet.", noneHint: "Upload a file above.",
    head: ["Time", "Data set", "File", "Rows", "Imported", "Cameras", "Refused", "Doubtful"], newOnes: "new", updated: "changed", moved: "moved", retired: "vanished", refusedHead: (n) => `${n} refused rows`,
    line: (n) => `line ${n}`, seeDoubts: "check them",
  },
  cameras: {
    lead: "The registered cameras and what their pictures are worth.", health: "Health", all: "All", search: "Name, address or office", none: "No camera fits.", empty: "No camera is registered.",
    head: ["Camera", "Address", "Office", "Health", "Stream", "Source"], hasStream: "yes", noStream: "none", since: (at) => `since ${at}`, never: "not looked at yet", ptz: "PTZ",
    states: { unknown: "unknown", working: "working", dark: "dark", frozen: "frozen", obstructed: "obstructed", down: "no connection" },
    sources: { manual: "by hand", import: "imported", onvif: "found by ONVIF", seed: "sample" }, private_: "private",
  },
  attribution: "Boundaries: NGII (Korea), as of 2023-09-15",
  notAllowed: "This account may not manage cameras.",
};

export const t = texts(ko, en);
