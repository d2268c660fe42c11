/** The order of the queue while a hand is in it: whoever stands there keeps the place, who comes goes behind; pure. */
export function inHeldOrder<Card extends { incident_id: string }>(
  shown: readonly Card[], next: readonly Card[], isNew: (card: Card) => boolean,
): Card[] {
  const order = new Map(shown.map((card, i) => [card.incident_id, i]));
  const place = (card: Card) => order.get(card.incident_id) ?? (isNew(card) ? order.size : order.size + 1);
  return [...next].sort((a, b) => place(a) - place(b));
}
