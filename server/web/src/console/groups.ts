import type { IncidentCard } from "../wire";

/** Cards that hang together by their links, in the order of the list: each group where its first card stands. Two that
 * are linked to the same alert belong together also when that one's incident is closed and no longer in the list. */
export interface Group { cards: IncidentCard[]; isPlace: boolean }

export function grouped(cards: IncidentCard[]): Group[] {
  const holder = new Map<string, string>();
  for (const card of cards) for (const id of card.alert_ids) holder.set(id, card.incident_id);
  const root = new Map(cards.map((card) => [card.incident_id, card.incident_id]));
  const find = (id: string): string => {
    const above = root.get(id) ?? id;
    return above === id ? id : find(above);
  };
  const places = new Set<string>();
  for (const card of cards) {
    for (const link of card.links) {
      if (link.kind === "same_number") continue; // a claim is shown on the card, it makes no group
      const other = holder.get(link.other_id) ?? `alert ${link.other_id}`;
      if (find(other) !== find(card.incident_id)) root.set(find(other), find(card.incident_id));
      if (link.kind === "same_place") places.add(card.incident_id);
    }
  }
  const groups = new Map<string, Group>();
  for (const card of cards) {
    const key = find(card.incident_id);
    const group = groups.get(key) ?? { cards: [], isPlace: false };
    group.cards.push(card);
    group.isPlace ||= places.has(card.incident_id);
    groups.set(key, group);
  }
  return [...groups.values()];
}
