import { texts } from "../lang";

/** An agency's request for pictures by its own case number. */
const ko = {
  button: (n: number) => (n > 0 ? `영상 열람 요청 (${n} 대기)` : "영상 열람 요청"), title: "사건번호로 영상 열람 요청",
  lead: "맡은 사건의 번호와 이유를 적어 관제센터에 요청합니다. 승인되면 출동 목록에 나타나고 영상을 볼 수 있습니다.",
  caseNo: "사건번호", lat: "위도", lon: "경도", radius: "범위", point: "이 지점", within: (m: string) => `반경 ${m} 구역`, until: "열람 기간", hours: (n: number) => `${n}시간`,
  reason: "요청 이유 (다섯 글자 이상)", send: "요청 보내기", sent: "요청을 보냈습니다. 관제센터의 답을 기다립니다.", own: "우리 기관의 요청", none: "보낸 요청이 없습니다.",
  answer: "관제센터의 답", withdraw: "거두기", finish: "열람 끝내기", approvedHint: "출동 목록에서 이 사건을 골라 영상을 보세요.",
};
const en: typeof ko = {
  button: (n) => (n > 0 ? `Ask for video (${n} waiting)` : "Ask for video"), title: "Ask for video by case number",
  lead: "Give your case number and the reason. When the control center approves, the case appears in your list with its video.",
  caseNo: "Case number", lat: "Latitude", lon: "Longitude", radius: "Where", point: "this place", within: (m) => `within ${m}`, until: "For", hours: (n) => `${n} h`,
  reason: "Reason (five letters or more)", send: "Send the request", sent: "Sent. The control center will answer.", own: "Requests of your agency", none: "No request has been sent.",
  answer: "The center's answer", withdraw: "Withdraw", finish: "Finish viewing", approvedHint: "Choose the case in your list to see the video.",
};

export const q = texts(ko, en);
