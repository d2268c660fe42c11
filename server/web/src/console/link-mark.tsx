import { s } from "../texts/seat";
import { feed } from "./seat";

const SHAPE = { connecting: "○", live: "●", late: "◐", lost: "✕" };

/** The state of this page's line, always on screen: shape, word and colour. */
export function LinkMark() {
  const state = feed.link.state.value;
  return <span class={`link link-${state}`} data-link={state}><span aria-hidden="true">{SHAPE[state]}</span> {s().link[state]}</span>;
}
