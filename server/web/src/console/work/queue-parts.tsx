import { o } from "../../texts/desk-work";
import { w } from "../../texts/work";
import type { IncidentCard } from "../../wire";
import { Key } from "../key-list";
import type { KeyId } from "../keys";
import { me, sheet } from "../seat";
import { Icon, type IconName } from "./icons";
import { unread } from "./talk-state";
import type { DeskSheet } from "./work-sheets";

/** She has written and nobody at this seat has read it. */
export function UnreadMark({ card }: { card: IncidentCard }) {
  const count = unread.value[card.incident_id] ?? 0;
  if (count === 0) return null;
  return <span class="unread-mark" data-unread={count}><Icon name="talk" /><span aria-hidden="true">{count}</span><span class="hidden-text">{w().tabs.unread(count)}</span></span>;
}

/** What is done without an incident: at the foot of the queue, always at the same place. */
export function DeskTools() {
  const may = (permission: string) => me.value?.permissions.includes(permission) ?? false;
  const tools: [DeskSheet["kind"], string, IconName, string, KeyId?][] = [
    ["observed", "incidents.work", "seen", o().seen.button, "observed"],
    ["search", "closed.search", "search", o().search.button, "search"],
    ["supervision", "incidents.supervise", "people", o().lead.button],
    ["glass", "breakglass.request", "glass", o().glass.button],
  ];
  return (
    <div class="desk-tools">
      {tools.filter(([, permission]) => may(permission)).map(([kind, , icon, words, key]) => (
        <button type="button" class="quiet" key={kind} data-tool={kind} onClick={() => { sheet.value = { kind }; }}>
          <Icon name={icon} /><span>{words}</span>{key && <Key of={key} />}
        </button>
      ))}
    </div>
  );
}
