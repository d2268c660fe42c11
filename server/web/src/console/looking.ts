import { mayLook } from "./feed";
import { detail, enlarged, hovered, me, selected, sheet } from "./seat";

/** Opens the recording of the camera that is looked at: the enlarged one, else the one under the pointer, else the first. */
export function lookBack(): void {
  const card = selected.peek();
  if (!card || card.is_drill || !mayLook(card) || !["operator", "supervisor"].includes(me.peek()?.role ?? "")) return;
  const cameras = (detail.peek()?.cameras ?? []).filter((one) => one.has_stream !== false);
  const number = enlarged.peek() ?? hovered.peek();
  const camera = cameras.find((one) => one.number === number) ?? cameras[0];
  if (camera) sheet.value = { kind: "back", camera };
}
