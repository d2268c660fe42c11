import { queue, select, selectedId } from "./seat";

/** The next alert of the queue, or with -1 the one before; from the last to the first. */
export function step(by: number): void {
  const ids = queue.peek().map((card) => card.incident_id);
  if (ids.length === 0) return;
  const at = ids.indexOf(selectedId.peek() ?? "");
  select(ids[at < 0 ? 0 : (at + by + ids.length) % ids.length]);
}
