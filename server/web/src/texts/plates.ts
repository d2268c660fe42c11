import { texts } from "../lang";

/** Reads of number plates that come near a wanted one, as an operator decides on them. */
const ko = {
  button: (n: number) => (n > 0 ? `비슷한 번호판 ${n}` : "비슷한 번호판"), title: "수배 차량과 비슷한 번호판", loading: "불러오는 중…", close: "닫기", again: "다시 시도",
  waiting: (n: number) => `수배 차량과 비슷한 번호판 ${n}건이 확인을 기다립니다.`, see: "확인하기", later: "나중에",
  read: "읽은 번호", wanted: "수배 번호", same: "모든 글자가 같지만 판독이 확실하지 않습니다.",
  differ: (wanted: string, read: string) => (read === "" ? `‘${wanted}’ 없음` : wanted === "" ? `‘${read}’ 더 있음` : read === "?" ? `‘${wanted}’ 자리를 읽지 못함` : `수배 ‘${wanted}’ → 읽음 ‘${read}’`),
  inTen: (n: number) => `10대 중 ${n}대꼴로 수배 차량`,
  because: {
    same: "글자가 모두 같습니다.", unsure: "판독기가 확신하지 못했습니다.", lost_region: "지역 이름을 읽지 못했습니다.", unread_sign: "읽지 못한 글자가 있습니다.", misread: "자주 잘못 읽는 글자가 다릅니다.",
  } as Record<string, string>,
  confidence: (percent: number) => `판독기 신뢰도 ${percent} %`, noConfidence: "판독기가 신뢰도를 알리지 않음",
  agency: "수배 기관", crime: "죄명", reason: "수배 이유", noReason: "적지 않음", ground: "법적 근거", wantedUntil: "수배 만료", camera: "카메라", noCamera: "없어진 카메라", readAt: "읽은 때",
  ago: (s: number) => (s < 60 ? `${s}초 전` : `${Math.floor(s / 60)}분 전`), toDecide: "판단까지", list: "확인을 기다리는 번호판", mapLabel: (name: string) => `${name} 카메라의 위치`,
  noPicture: "사건이 열리기 전에는 이 화면에 영상이 나오지 않습니다. 맞다고 확인하면 사건이 열리고 가까운 CCTV를 볼 수 있습니다.",
  hasPicture: "판독기가 사진을 보냈습니다. 사건이 열리기 전에는 누구도 볼 수 없습니다. 맞다고 확인하면 사건이 열리고 요청 옆에서 사진과 가까운 CCTV를 볼 수 있습니다. 아니라고 하면 사진은 지워집니다.",
  clockShort: "판독기 시계 오류",
  clock: (reader: string, off: string) => `판독기 ${reader}의 시계가 맞지 않습니다(${off}). 하루 넘게 느리면 수배 차량을 찾지 못합니다. 시계를 맞춰 주세요.`,
  off: (s: number) => { const n = Math.abs(s); const words = n < 3600 ? `${Math.round(n / 60)}분` : n < 172_800 ? `${Math.round(n / 3600)}시간` : `${Math.round(n / 86_400)}일`; return s < 0 ? `${words} 느림` : `${words} 빠름`; },
  whatHappens: (agency: string) => `맞다고 확인하면 ${agency}의 수배 차량 요청으로 사건이 열립니다. 판독 기록은 결정과 함께 지워집니다.`,
  accept: "수배 차량이 맞음", dismiss: "아님", sending: "보내는 중…", why: "아니라고 본 이유", back: "돌아가기", dismissNow: "아니라고 확인",
  reasons: { other_plate: "다른 번호임 (다른 차량)", elsewhere: "수배 차량이 다른 곳에 있음이 확인됨", cannot_tell: "이것만으로는 알 수 없음" } as Record<string, string>,
  noUndo: "읽은 번호는 바로 지워지며 되돌릴 수 없습니다. 이유는 기록에 남습니다.",
  decided: { accepted: "확인했습니다. 사건이 목록에 나타납니다.", gone: "그 사이 수배가 풀렸습니다.", dismissed: "아니라고 확인했습니다. 읽은 번호는 지워졌습니다." },
  none: "확인을 기다리는 번호판이 없습니다.", noneHint: "똑같이 읽힌 번호는 저절로 사건이 되고, 비슷한 것만 여기서 10분 동안 기다립니다.",
};
const en: typeof ko = {
  button: (n) => (n > 0 ? `Near plates ${n}` : "Near plates"), title: "Plates near a wanted one", loading: "Loading…", close: "Close", again: "Try again",
  waiting: (n) => `${n} ${n === 1 ? "plate" : "plates"} near a wanted one ${n === 1 ? "waits" : "wait"} for a decision.`, see: "Decide", later: "Later",
  read: "Read", wanted: "Wanted", same: "Every sign is the same, but the reading is not certain.",
  differ: (wanted, read) => (read === "" ? `‘${wanted}’ is missing` : wanted === "" ? `‘${read}’ is extra` : read === "?" ? `the place of ‘${wanted}’ could not be read` : `wanted ‘${wanted}’ → read ‘${read}’`),
  inTen: (n) => `${n} in 10 such reads are the wanted vehicle`,
  because: {
    same: "All signs are the same.", unsure: "The reader was not sure.", lost_region: "The region's name was not read.", unread_sign: "A sign could not be read.", misread: "A sign differs that is often misread.",
  },
  confidence: (percent) => `reader's confidence ${percent} %`, noConfidence: "the reader tells no confidence",
  agency: "Wanted by", crime: "Crime", reason: "Reason", noReason: "not given", ground: "Legal basis", wantedUntil: "Wanted until", camera: "Camera", noCamera: "camera is gone", readAt: "Read at",
  ago: (s) => (s < 60 ? `${s} s ago` : `${Math.floor(s / 60)} min ago`), toDecide: "To decide", list: "Plates that wait for a decision", mapLabel: (name) => `Where the camera ${name} stands`,
  noPicture: "No picture is shown here before there is an incident. When you confirm, an incident opens with the nearest cameras.",
  hasPicture: "The reader sent a picture. Nobody sees it before there is an incident: when you confirm, it is beside the request, with the nearest cameras; otherwise it is deleted.",
  clockShort: "reader's clock wrong",
  clock: (reader, off) => `The clock of reader ${reader} is wrong (${off}). More than a day slow, it finds no wanted vehicle. Set its clock.`,
  off: (s) => { const n = Math.abs(s); const words = n < 3600 ? `${Math.round(n / 60)} min` : n < 172_800 ? `${Math.round(n / 3600)} h` : `${Math.round(n / 86_400)} days`; return s < 0 ? `${words} slow` : `${words} fast`; },
  whatHappens: (agency) => `Confirming opens an incident: a wanted-vehicle request of ${agency}. The reading is deleted with your decision.`,
  accept: "It is the wanted vehicle", dismiss: "It is not", sending: "Sending…", why: "Why it is not", back: "Back", dismissNow: "Confirm that it is not",
  reasons: { other_plate: "Another number (another vehicle)", elsewhere: "The wanted vehicle is known to be elsewhere", cannot_tell: "Cannot be told from this" },
  noUndo: "What was read is deleted at once and can't be brought back. The reason stays on record.",
  decided: { accepted: "Confirmed. The incident comes to the queue.", gone: "It is no longer wanted.", dismissed: "Confirmed that it is not. What was read is deleted." },
  none: "No plate waits for a decision.", noneHint: "Exact reads become incidents by themselves; only near ones wait here, for ten minutes.",
};

export const p = texts(ko, en);
