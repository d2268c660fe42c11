import { togglePin } from "./arrangement";
import { lookBack } from "./looking";
import { bindEnter, bindKeys } from "./keys";
import { openPlates } from "./plates/state";
import { enlarged, me, selected, sheet, takeNext } from "./seat";
import { toggleMute } from "./sound";
import { step } from "./stepping";
import { isOpenTo } from "./work/parts";
import { toDecision } from "./work/requests";

/** What the console's keys do. */
function openDispatch(agency: "112" | "119"): void {
  const card = selected.peek();
  if (card && isOpenTo(card, "dispatch")) sheet.value = { kind: "dispatch", agency };
}

const enlarge = (number: number) => () => { enlarged.value = enlarged.peek() === number ? null : number; };
const may = (permission: string) => me.peek()?.permissions.includes(permission) ?? false;

bindKeys({
  take: takeNext,
  next: () => step(1),
  previous: () => step(-1),
  camera1: enlarge(1), camera2: enlarge(2), camera3: enlarge(3), camera4: enlarge(4), camera5: enlarge(5),
  pin1: () => togglePin(1), pin2: () => togglePin(2), pin3: () => togglePin(3), pin4: () => togglePin(4), pin5: () => togglePin(5),
  lookBack,
  dispatch112: () => openDispatch("112"),
  dispatch119: () => openDispatch("119"),
  request: toDecision,
  plates: openPlates,
  observed: () => { if (may("incidents.work")) sheet.value = { kind: "observed" }; },
  search: () => { if (may("closed.search")) sheet.value = { kind: "search" }; },
  mute: toggleMute,
  help: () => { sheet.value = { kind: "keys" }; },
});
bindEnter(() => { if (!selected.peek()) step(1); });
