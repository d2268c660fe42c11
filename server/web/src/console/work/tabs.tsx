import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { c } from "../../texts/captures";
import { w } from "../../texts/work";
import type { IncidentCard } from "../../wire";
import { unlooked } from "./captures-state";
import { Icon } from "./icons";
import { tab, unread } from "./talk-state";

/** Three views of one incident beneath its actions; arrow keys go from one to the next. */
const NAMES = ["record", "talk", "info"] as const;
type Name = (typeof NAMES)[number];

function onKey(event: KeyboardEvent): void {
  const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  if (!by) return;
  event.preventDefault();
  const next = NAMES[(NAMES.indexOf(tab.peek()) + by + NAMES.length) % NAMES.length];
  tab.value = next;
  document.getElementById(`tab-${next}`)?.focus();
}

/** On a low screen a view that was chosen is under the fold: it comes up to the actions. */
function useBroughtUp(): void {
  const before = useRef(tab.value);
  useEffect(() => {
    if (before.current !== tab.value) document.getElementById("tab-panel")?.scrollIntoView({ block: "nearest" });
    before.current = tab.value;
  }, [tab.value]);
}

export function Tabs({ card, children }: { card: IncidentCard; children: Record<Name, () => ComponentChildren> }) {
  useBroughtUp();
  const waiting = unread.value[card.incident_id] ?? 0;
  const hasPhotos = unlooked.value.has(card.incident_id);
  return (
    <>
      <div class="tabs" role="tablist" aria-label={w().tabs.label} onKeyDown={onKey}>
        {NAMES.map((name) => (
          <button key={name} type="button" role="tab" id={`tab-${name}`} aria-selected={tab.value === name} aria-controls="tab-panel"
            tabIndex={tab.value === name ? 0 : -1} onClick={() => { tab.value = name; }}>
            {w().tabs[name]}
            {name === "record" && hasPhotos && <span class="count" data-new="captures"><Icon name="photo" /></span>}
            {name === "talk" && waiting > 0 && <span class="count" aria-label={w().tabs.unread(waiting)}>{waiting}</span>}
          </button>
        ))}
      </div>
      <p class="hidden-text" role="status">{hasPhotos && c().mark}</p>
      <div class={`tab-panel tab-${tab.value}`} role="tabpanel" id="tab-panel" aria-labelledby={`tab-${tab.value}`} tabIndex={0}>
        {children[tab.value]()}
      </div>
    </>
  );
}
