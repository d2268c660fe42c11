import { named } from "../lang";
import { r } from "../texts/roles";
import type { IncidentCard } from "../wire";

/** Another center's alert: said on the card and over the incident, in words; nothing here rings. */
export function RoleBadge({ card }: { card: IncidentCard }) {
  const words = short(card);
  return words ? <span class="badge role" data-role={card.role}>{words}</span> : null;
}

export function RoleBanner({ card }: { card: IncidentCard }) {
  if (!card.elsewhere || card.role === "owner") return null;
  const center = named(card.elsewhere.center);
  if (card.elsewhere.accepted) return <p class="banner" role="status">{r().gone(center)}</p>;
  const words = card.role === "runner_up" ? r().runnerUpBanner(center) : `${r().leavingBanner(center)} (${r().notYet})`;
  return <p class="banner" role="status" data-role={card.role}>{words}</p>;
}

function short(card: IncidentCard): string {
  if (!card.elsewhere || card.role === "owner") return "";
  if (card.role === "runner_up" && !card.elsewhere.accepted) {
    const share = card.elsewhere.probability;
    return r().runnerUp(share === null ? null : Math.round(share * 100));
  }
  return `${r().leaving(named(card.elsewhere.center))} · ${card.elsewhere.accepted ? r().accepted : r().notYet}`;
}
