import { timeOfDay } from "../../clock";
import { t } from "../../texts/console";
import { w } from "../../texts/work";
import type { IncidentCard } from "../../wire";
import { isOpen } from "../feed";
import { PressedAgain } from "../links";
import { RoleBanner } from "../roles";

/** What must be known before anything is done. It stands under the fixed part of the panel, so that no button moves. */
export function Notices({ card }: { card: IncidentCard }) {
  return (
    <div class="notices">
      <PressedAgain card={card} />
      {card.is_duress && <p class="banner alarm">{t().duress}</p>}
      {card.banner === "exercise" && <p class="banner drill">{w().exerciseBanner}</p>}
      {card.is_drill && card.banner !== "exercise" && <p class="banner drill">{t().drillBanner}</p>}
      {card.phase === "ended" && isOpen(card) && !card.is_duress && <p class="banner safe">{t().saysSafe}</p>}
      <RoleBanner card={card} />
      {card.superseded && card.role === "owner" && <p class="banner">{t().superseded}</p>}
      {card.reminders > 0 && isOpen(card) && <p class="banner warn-bar">{w().reminder(card.reminders)}</p>}
      {card.remind_at && card.reminders === 0 && Date.parse(card.remind_at) > 0 && isOpen(card) && card.owner && <p class="hidden-text">{w().remindAt(timeOfDay(card.remind_at))}</p>}
      {card.repeat && isOpen(card) && <p class="banner" data-repeat={card.repeat.false_before}>{w().repeat(card.repeat.false_before)} — {w().repeatHint}</p>}
    </div>
  );
}
