import { texts } from "../lang";

/** A camera of its own that an agency lends to its request, at its desk. */
const ko = {
  head: "우리 카메라 빌려주기", lead: "이 요청이 이어지는 동안만 관제센터가 봅니다. 언제든 바로 거둘 수 있습니다.", none: "빌려준 카메라가 없습니다.", lend: "카메라 빌려주기", loading: "불러오는 중…", failed: "불러오지 못했습니다.", again: "다시",
  notAgreed: "협약에 카메라 대역이 없어 빌려줄 수 없습니다. 필요하면 관제센터에 말하세요.",
  name: "카메라 이름", url: "주소", urlHelp: (networks: string) => `rtsp://주소:포트/경로. 협약된 대역: ${networks}`, user: "카메라 아이디 (선택)", password: "카메라 비밀번호 (선택)",
  by: "누가 동의했습니까", byHelp: "이름이나 직책. 관제센터에 보입니다.", minutes: "몇 분 동안 (비우면 요청이 끝날 때까지)", forDispatched: "출동한 112·119에도 보입니다",
  send: "동의하고 빌려주기", cancel: "닫기", until: (at: string) => `${at}까지`, ended: "끝남", withdraw: "거두기", withdrawTitle: (name: string) => `${name}을(를) 거둡니다`, withdrawLead: "이 카메라의 영상이 바로 꺼지고 주소가 지워집니다.",
};
const en: typeof ko = {
  head: "Lend our camera", lead: "The center sees it only while this request goes on. You can take it back at once at any time.", none: "No camera is lent.", lend: "Lend a camera", loading: "Loading…", failed: "This could not be loaded.", again: "Again",
  notAgreed: "The agreement names no network of cameras, so none can be lent. Ask the center if you need it.",
  name: "Name of the camera", url: "Address", urlHelp: (networks) => `rtsp://address:port/path. Agreed networks: ${networks}`, user: "Camera's user (optional)", password: "Camera's password (optional)",
  by: "Who consents", byHelp: "A name or an office; the center sees it.", minutes: "For how many minutes (empty: until the request ends)", forDispatched: "Also for 112 and 119 who are sent there",
  send: "Consent and lend", cancel: "Close", until: (at) => `until ${at}`, ended: "over", withdraw: "Take back", withdrawTitle: (name) => `Take back ${name}`, withdrawLead: "Its pictures go dark at once, and its address is deleted.",
};
export const le = texts(ko, en);
