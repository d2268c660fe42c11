import { texts } from "../lang";

/** Words of safe facilities that a city publishes. */
const ko = {
  title: "안전시설", lead: "파출소, 비상벨, 보안등, 안심지킴이집을 파일로 올리면 시민의 앱과 길 안내에 보입니다. 관제 카메라의 위치는 여기서 나가지 않습니다.",
  newTitle: "파일 올리기", file: "파일", fileHelp: "CSV, TSV, XLSX. 8 MB, 5만 줄까지. 위도와 경도 칸이 있어야 합니다.", choose: "파일을 골라 주세요.", pick: "파일 고르기", notChosen: "고른 파일 없음",
  source: "자료 이름", sourceHelp: "같은 이름으로 다시 올리면 앞의 것을 대신합니다.", kind: "시설 종류", byRow: "파일의 종류 칸대로",
  mend: "확실한 좌표 바로잡기", mendHelp: "위도와 경도가 바뀐 것, 도·분·초, 미터 좌표를 주소와 맞을 때만 고쳐 가져옵니다.", system: "미터 좌표계", systemAuto: "알아서 찾기", send: "미리 보기", nothing: "쓸 수 있는 줄이 없습니다. 아래 이유를 고쳐 다시 올려 주세요.",
  previewed: (n: string) => `${n}곳을 읽었습니다. 아직 공개되지 않았습니다. 아래에서 확인해 주세요.`,
  listTitle: "올린 파일", none: "아직 올린 파일이 없습니다.", head: { source: "자료", centers: "시·군·구와 시설 수", state: "상태", left: "빠진 줄", act: "할 일" },
  states: { preview: "공개 전", live: "공개 중", replaced: "바뀌기 전 것" }, count: (n: string) => `${n}곳`, before: (n: string) => `지금 공개된 ${n}곳을 대신합니다`, leftOut: (n: string) => `${n}줄`, line: (n: number) => `${n}번째 줄`, more: (n: string) => `그 밖에 ${n}줄`,
  show: "지도", hide: "지도 닫기", publish: "공개", publishTitle: "이 파일을 공개합니다", publishHappens: "곧바로 시민의 앱과 길 안내에 보입니다. 같은 자료의 앞 파일은 물러나며, 되돌리면 다시 나옵니다.", published: "공개했습니다.",
  remove: "되돌리기", discard: "버리기", removeTitle: "이 파일을 통째로 되돌립니다", removeHappens: "이 파일의 시설이 모두 사라지고, 이 파일이 대신했던 것이 다시 공개됩니다. 기록에 남습니다.", removed: "되돌렸습니다.",
  map: "시설 지도", drawn: (n: string, of: string) => (n === of ? `${n}곳` : `${of}곳 가운데 ${n}곳`), kinds: { police_box: "파출소·지구대", emergency_bell: "비상벨", light: "보안등", safe_store: "안심지킴이집", camera_sign: "CCTV 안내판", shelter: "아동안전지킴이집·대피소", other: "그 밖의 안전시설" } as Record<string, string>,
};
const en: typeof ko = {
  title: "Safe facilities", lead: "Upload police boxes, emergency bells, street lights and safe stores: people's apps and routes show them. Positions of the center's cameras never leave from here.",
  newTitle: "Upload a file", file: "File", fileHelp: "CSV, TSV, XLSX; up to 8 MB and 50,000 rows, with columns of latitude and longitude.", choose: "Choose a file.", pick: "Choose a file", notChosen: "no file chosen",
  source: "Name of the data", sourceHelp: "Another file of the same name replaces this one.", kind: "Kind", byRow: "as each row says",
  mend: "Mend places that are certain", mendHelp: "Exchanged axes, degrees-minutes-seconds and metres, only where the address agrees.", system: "System of metres", systemAuto: "find out", send: "Preview", nothing: "No row can be used. Mend what is told below and upload again.",
  previewed: (n) => `${n} places read. They are not public yet: look at them below.`,
  listTitle: "Files", none: "No file yet.", head: { source: "Data", centers: "Municipality and places", state: "State", left: "Left out", act: "To do" },
  states: { preview: "not public", live: "public", replaced: "the one before" }, count: (n) => n, before: (n) => `replaces ${n} that are public now`, leftOut: (n) => `${n} rows`, line: (n) => `line ${n}`, more: (n) => `${n} more`,
  show: "Map", hide: "Close map", publish: "Publish", publishTitle: "Make this file public", publishHappens: "People's apps and routes show it at once. The last file of the same data steps back, and returns when you take this one back.", published: "It is public.",
  remove: "Take back", discard: "Discard", removeTitle: "Take back the whole file", removeHappens: "All its places go, and what it replaced is public again. This is kept on record.", removed: "Taken back.",
  map: "Map of places", drawn: (n, of) => (n === of ? `${n} places` : `${n} of ${of} places`), kinds: { police_box: "Police box", emergency_bell: "Emergency bell", light: "Street light", safe_store: "Safe store", camera_sign: "CCTV sign", shelter: "Shelter", other: "Other safe place" },
};
export const t = texts(ko, en);
