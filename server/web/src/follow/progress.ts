/** 신고 → 접수 → 출동 요청 → 출동 → 안전 확인: the states of the wire that reach each step. Help that was asked for is not on its way. */
export const STEP_STATES = [
  ["assigned", "received"], ["acknowledged"], ["dispatched"], ["en_route", "on_scene"], ["closed", "cancelled"],
];

export interface Step { step: number; at: string | null }

/** What was reached, as it happened (help may be asked for before anybody takes it), then what is still to come. */
export function progressOf(told: { state: string; at: string }[]): Step[] {
  const all = STEP_STATES.map((states, step) => ({ step, at: told.find((one) => states.includes(one.state))?.at ?? null }));
  const reached = all.filter((one) => one.at !== null).sort((a, b) => Date.parse(a.at!) - Date.parse(b.at!) || a.step - b.step);
  return [...reached, ...all.filter((one) => one.at === null)];
}
