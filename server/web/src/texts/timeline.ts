import { texts } from "../lang";

/** What a timeline line needs to be a sentence; every part may be missing. */
export interface LineFacts {
  actor: string; agency: string; camera: string; what: "picture" | "position"; text: string; reason: string; receiptNo: string; center: string; level: number;
  /** Which press of the person this is, 0 for the first; `kind` of a link. */
  again: number; kind: string;
  /** Of a camera that is moved: `taken`, `released`. */
  step: string;
}
type Sentences = Record<string, (f: LineFacts) => string>;

const tail = (text: string) => (text ? `: ${text}` : "");

const ko: Sentences = {
  "alert:received": (f) => (f.again > 1 ? `본인이 다시 신고했습니다 (${f.again}번째)` : "신고가 들어왔습니다"),
  "alert:activated": () => "신고가 확정되었습니다",
  "alert:position_lost": () => "위치가 끊겼습니다",
  "alert:cancelled": () => "본인이 안전하다고 알렸습니다",
  "alert:duress": () => "협박 비밀번호가 입력되었습니다",
  "alert:handed_over": (f) => `본인이 이동해 옆 센터로 넘깁니다${tail(f.center)}`,
  "alert:taken_over": () => "이 센터가 신고를 맡았습니다",
  "alert:superseded": (f) => `다른 센터로 넘어갔습니다${tail(f.center)}`,
  "incident:acknowledged": (f) => `${f.actor} 님이 접수했습니다`,
  "incident:escalated": (f) => (f.level > 1 ? "미접수로 112 상황실에 통보했습니다" : "미접수로 조장을 호출했습니다"),
  "incident:closed": (f) => `${f.actor} 님이 종료했습니다${tail(f.reason)}`,
  "incident:reopened": (f) => `${f.actor} 님이 다시 열었습니다${tail(f.reason)}`,
  "incident:cancelled": () => "사전 신고가 취소되었습니다",
  "incident:linked": (f) => `함께 볼 신고가 있습니다${tail(f.kind)}`,
  "incident:unlinked": (f) => `${f.actor} 님이 연결을 풀었습니다`,
  "incident:merged": (f) => `${f.actor} 님이 두 사건을 합쳤습니다`,
  "incident:split": (f) => `${f.actor} 님이 신고 하나를 떼어냈습니다`,
  "incident:noted": (f) => `${f.actor}${tail(f.text)}`,
  "incident:verified": (f) => `${f.actor} 님이 실제 상황으로 확인했습니다`,
  "camera:chosen": (f) => `가까운 CCTV를 골랐습니다${tail(f.camera)}`,
  "camera:warmed": (f) => `CCTV를 준비했습니다${tail(f.camera)}`,
  "camera:moved": (f) => (f.step === "taken" ? `${f.actor} 님이 카메라를 움직입니다${tail(f.camera)}` : `카메라 조작이 끝났습니다${tail(f.camera)}`),
  "camera:ptz_refused": (f) => `${f.actor} 님의 카메라 조작을 거절했습니다${tail(f.camera)}`,
  "sighting:marked": (f) => `${f.actor} 님이 목격을 남겼습니다`,
  "sighting:struck": (f) => `${f.actor} 님이 목격을 되돌렸습니다`,
  "analyser:found": (f) => `지능형 CCTV가 알렸습니다${tail(f.kind)}${tail(f.camera)}`,
  "recording:fetch_asked": (f) => `${f.actor} 님이 카메라 자체 녹화를 가져오게 했습니다`,
  "recording:fetched": () => "카메라 자체 녹화를 가져왔습니다",
  "recording:fetch_failed": () => "카메라 자체 녹화를 가져오지 못했습니다",
  "evidence:ordered": (f) => `${f.actor} 님이 증거 꾸러미를 만들게 했습니다`,
  "evidence:ready": () => "증거 꾸러미가 준비되었습니다",
  "evidence:failed": () => "증거 꾸러미를 만들지 못했습니다",
  "evidence:fetched": (f) => `${f.actor} 님이 증거 꾸러미를 내려받았습니다`,
  "evidence:ended": () => "증거 꾸러미 제공이 끝났습니다",
  "video:approved": (f) => `${f.actor} 님이 기관의 영상 요청을 승인했습니다`,
  "video:refused": (f) => `${f.actor} 님이 기관의 영상 요청을 거절했습니다`,
  "video:withdrawn": () => "기관이 영상 요청을 거두었습니다",
  "video:ended": () => "기관의 영상 요청이 끝났습니다",
  "release:granted": (f) => `${f.actor} 님에게 ${f.what === "position" ? "위치" : "영상"} 제공${tail(f.camera)}`,
  "release:first_byte": (f) => `${f.actor} 님 화면에 영상이 나가기 시작했습니다${tail(f.camera)}`,
  "release:ended": (f) => `${f.actor} 님 ${f.what === "position" ? "위치" : "영상"} 제공 끝${f.reason ? ` (${f.reason})` : ""}${tail(f.camera)}`,
  "release:refused": (f) => `영상 제공을 거절했습니다${tail(f.reason)}`,
  "dispatch:requested": (f) => `${f.actor} 님이 ${f.agency} 출동을 요청했습니다`,
  "dispatch:delivered": (f) => `${f.agency}에 요청이 전달되었습니다`,
  "dispatch:accepted": (f) => `${f.agency}에서 접수했습니다${f.receiptNo ? ` (접수번호 ${f.receiptNo})` : ""}`,
  "dispatch:declined": (f) => `${f.agency}에서 거절했습니다${tail(f.reason)}`,
  "dispatch:en_route": (f) => `${f.agency} 출동 중입니다`,
  "dispatch:on_scene": (f) => `${f.agency}에서 현장에 도착했습니다`,
  "dispatch:done": (f) => `${f.agency} 조치가 끝났습니다`,
  "dispatch:cancelled": (f) => `${f.agency} 출동 요청을 취소했습니다`,
  "dispatch:overdue": (f) => `${f.agency} 응답이 늦습니다. 전화로 확인하세요`,
  "dispatch:failed": (f) => `${f.agency} 전달에 실패했습니다. 전화로 요청하세요`,
};

const en: Sentences = {
  "alert:received": (f) => (f.again > 1 ? `The person raised another alert (no. ${f.again})` : "Alert received"),
  "alert:activated": () => "Alert confirmed",
  "alert:position_lost": () => "Position lost",
  "alert:cancelled": () => "The person says she is safe",
  "alert:duress": () => "The duress PIN was entered",
  "alert:handed_over": (f) => `The person moved on: handed to the next center${tail(f.center)}`,
  "alert:taken_over": () => "This center has the alert now",
  "alert:superseded": (f) => `Moved to another center${tail(f.center)}`,
  "incident:acknowledged": (f) => `${f.actor} took it`,
  "incident:escalated": (f) => (f.level > 1 ? "Not taken: the 112 desk was told" : "Not taken: the shift leader was called"),
  "incident:closed": (f) => `${f.actor} closed it${tail(f.reason)}`,
  "incident:reopened": (f) => `${f.actor} opened it again${tail(f.reason)}`,
  "incident:cancelled": () => "The pre-alert was cancelled",
  "incident:linked": (f) => `There is an alert to see beside this one${tail(f.kind)}`,
  "incident:unlinked": (f) => `${f.actor} took the link back`,
  "incident:merged": (f) => `${f.actor} merged two incidents`,
  "incident:split": (f) => `${f.actor} split one alert off`,
  "incident:noted": (f) => `${f.actor}${tail(f.text)}`,
  "incident:verified": (f) => `${f.actor} verified it as real`,
  "camera:chosen": (f) => `Nearby cameras chosen${tail(f.camera)}`,
  "camera:warmed": (f) => `Cameras made ready${tail(f.camera)}`,
  "camera:moved": (f) => (f.step === "taken" ? `${f.actor} is moving a camera${tail(f.camera)}` : `A camera is no longer moved${tail(f.camera)}`),
  "camera:ptz_refused": (f) => `${f.actor} was refused to move a camera${tail(f.camera)}`,
  "sighting:marked": (f) => `${f.actor} marked a sighting`,
  "sighting:struck": (f) => `${f.actor} struck out a sighting`,
  "analyser:found": (f) => `Intelligent CCTV reports${tail(f.kind)}${tail(f.camera)}`,
  "recording:fetch_asked": (f) => `${f.actor} had the camera's own recording fetched`,
  "recording:fetched": () => "The camera's own recording was fetched",
  "recording:fetch_failed": () => "The camera's own recording could not be fetched",
  "evidence:ordered": (f) => `${f.actor} ordered an evidence package`,
  "evidence:ready": () => "The evidence package is ready",
  "evidence:failed": () => "The evidence package could not be made",
  "evidence:fetched": (f) => `${f.actor} fetched the evidence package`,
  "evidence:ended": () => "The evidence package is no longer offered",
  "video:approved": (f) => `${f.actor} approved an agency's video request`,
  "video:refused": (f) => `${f.actor} refused an agency's video request`,
  "video:withdrawn": () => "The agency withdrew its video request",
  "video:ended": () => "An agency's video request is over",
  "release:granted": (f) => `${f.what === "position" ? "Position" : "Video"} released to ${f.actor}${tail(f.camera)}`,
  "release:first_byte": (f) => `Video began to reach ${f.actor}'s screen${tail(f.camera)}`,
  "release:ended": (f) => `${f.what === "position" ? "Position" : "Video"} release to ${f.actor} ended${f.reason ? ` (${f.reason})` : ""}${tail(f.camera)}`,
  "release:refused": (f) => `Video release refused${tail(f.reason)}`,
  "dispatch:requested": (f) => `${f.actor} asked ${f.agency} to come`,
  "dispatch:delivered": (f) => `The request reached ${f.agency}`,
  "dispatch:accepted": (f) => `${f.agency} accepted${f.receiptNo ? ` (receipt ${f.receiptNo})` : ""}`,
  "dispatch:declined": (f) => `${f.agency} declined${tail(f.reason)}`,
  "dispatch:en_route": (f) => `${f.agency} is on the way`,
  "dispatch:on_scene": (f) => `${f.agency} is on scene`,
  "dispatch:done": (f) => `${f.agency} has finished`,
  "dispatch:cancelled": (f) => `The request to ${f.agency} was called off`,
  "dispatch:overdue": (f) => `${f.agency} has not answered in time. Call them`,
  "dispatch:failed": (f) => `${f.agency} could not be reached. Call them`,
};

export const sentences = texts(ko, en);
/** A place that was shown to several people at once. */
export const people = texts((count: number): string => `${count}명`, (count: number): string => `${count} people`);

export const actorWords = texts(
  { system: "자동", operator: "관제요원", agent: "기관 담당자", person: "본인", guardian: "보호자" } as Record<string, string>,
  { system: "system", operator: "operator", agent: "agency staff", person: "the person", guardian: "guardian" } as Record<string, string>,
);
