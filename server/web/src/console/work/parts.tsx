import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { signal } from "@preact/signals";
import { t } from "../../texts/console";
import { w } from "../../texts/work";
import { feed, me } from "../seat";
import type { IncidentCard } from "../../wire";
import { type Command, whyNot, type WhyNot } from "./rules";

/** A grey button was pressed: its reason stands in the line under the actions until the next press. */
export const told = signal<{ incidentId: string; why: WhyNot } | null>(null);

export function closedBecause(card: IncidentCard, command: Command): WhyNot {
  return whyNot({ card, me: me.value, isLost: feed.link.state.value === "lost" }, command);
}

/** For a key: whether it may be done; where not, the status line says why, as after the button. */
export function isOpenTo(card: IncidentCard, command: Command): boolean {
  const why = closedBecause(card, command);
  told.value = why ? { incidentId: card.incident_id, why } : null;
  return !why;
}

/** A button of the panel: always there and reachable, grey with its reason while it may not be used. */
export function Do({ card, command, class: name, label, onClick, children }: {
  card: IncidentCard; command: Command; class?: string; label?: string; onClick: () => void; children: ComponentChildren;
}) {
  const why = closedBecause(card, command);
  const press = () => { if (isOpenTo(card, command)) onClick(); };
  return (
    <button type="button" class={name} aria-label={label} aria-disabled={why ? "true" : undefined} title={why ? w().why[why] : undefined}
      data-why={why || undefined} onClick={press}>{children}</button>
  );
}

/** Common reasons to tick, and one's own words; the first is focused. */
export function Reasons({ reason, list, name, legend, other }: { reason: Signal<string>; list: string[]; name: string; legend: string; other: string }) {
  const isOwn = reason.value !== "" && !list.includes(reason.value);
  return (
    <fieldset>
      <legend>{legend}</legend>
      {list.map((words, i) => (
        <label class="choice" key={words}>
          <input type="radio" name={name} value={words} checked={reason.value === words} autofocus={i === 0} onChange={() => { reason.value = words; }} /> {words}
        </label>
      ))}
      <label class="own-words">
        <span>{other}</span>
        <input maxLength={300} autocomplete="off" value={isOwn ? reason.value : ""} onInput={(event) => { reason.value = event.currentTarget.value; }} />
      </label>
    </fieldset>
  );
}

export function SheetButtons({ confirm, isOff = false, onClose, kind = "primary" }: { confirm: string; isOff?: boolean; onClose: () => void; kind?: string }) {
  return (
    <div class="sheet-buttons">
      <button type="button" onClick={onClose}>{w().cancel} <kbd aria-hidden="true">Esc</kbd></button>
      <button type="submit" class={kind} disabled={isOff || feed.link.state.value === "lost"}>{confirm}</button>
    </div>
  );
}

/** Name of a code from the center's list, in words that the page has or that came with the list. */
export function typeWords(card: IncidentCard): string {
  if (card.origin === "exercise") return w().exercise;
  return t().trigger[card.trigger || "observed"] ?? card.trigger;
}
