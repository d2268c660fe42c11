import { texts } from "../lang";

/** How she and the scouts make sure of each other. */
const ko = {
  ours: "내 확인 코드", qr: "확인 코드의 QR", theirs: "상대방 확인 코드", check: "확인", sixDigits: "숫자 여섯 자리를 입력하세요.",
  show: "이 코드를 보여 주세요. 30초마다 바뀝니다.", type: "상대방 화면의 여섯 자리를 입력하세요.",
  showText: "예약자가 받은 문자의 스카우트 코드와 같은지 함께 확인하세요.", typeText: "예약자에게 문자에 있는 ‘내 코드’를 물어 입력하세요.",
  scan: "QR 읽기", scanLead: "상대방 화면의 QR을 비춰 주세요.", scanView: "카메라 화면", noCamera: "카메라를 쓸 수 없습니다. 여섯 자리를 입력하세요.", close: "닫기",
};
const en: typeof ko = {
  ours: "My code", qr: "QR of the code", theirs: "Their code", check: "Check", sixDigits: "Enter six digits.",
  show: "Show this code. It changes every 30 seconds.", type: "Enter the six digits on their screen.",
  showText: "Compare it together with the scouts' code in her text.", typeText: "Ask for “my code” in her text, and enter it.",
  scan: "Read the QR", scanLead: "Point it at the QR on their screen.", scanView: "Camera", noCamera: "The camera can't be used. Enter the six digits.", close: "Close",
};
export const m = texts(ko, en);
