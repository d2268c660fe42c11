import { texts } from "../lang";
import { withParticle } from "../particles";

/** An alert that another center has: this one looks on, or had it until she crossed a border. */
const ko = {
  runnerUp: (percent: number | null) => `옆 센터의 신고${percent === null ? "" : ` · 확률 ${percent} %`}`,
  runnerUpBanner: (center: string) => `${center}에서 맡은 신고입니다. 위치만 함께 봅니다. 맡은 센터가 응답하지 않으면 이 센터로 넘어옵니다.`,
  leaving: (center: string) => `${withParticle(center, "으로/로")} 넘어감`,
  notYet: "아직 받지 않음",
  accepted: "받음",
  leavingBanner: (center: string) => `본인이 이동해 ${withParticle(center, "으로/로")} 넘어갔습니다. 그 센터가 받을 때까지 함께 봅니다.`,
  gone: (center: string) => `${withParticle(center, "으로/로")} 넘어가 그 센터가 맡았습니다.`,
  noPictures: "이 신고를 맡은 센터만 영상을 볼 수 있습니다.",
};
const en: typeof ko = {
  runnerUp: (percent: number | null) => `Alert of a neighbouring center${percent === null ? "" : ` · probability ${percent} %`}`,
  runnerUpBanner: (center: string) => `${center} has this alert. You see the position only; it comes to you if that center is silent.`,
  leaving: (center: string) => `Moved on to ${center}`,
  notYet: "not accepted yet",
  accepted: "accepted",
  leavingBanner: (center: string) => `The person moved on, and ${center} has the alert. You see it until that center has accepted.`,
  gone: (center: string) => `Moved on to ${center}, which has it now.`,
  noPictures: "Only the center that has this alert may see pictures.",
};

export const r = texts(ko, en);
