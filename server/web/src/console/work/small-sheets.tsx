import { useSignal } from "@preact/signals";
import { Dialog } from "../../dialog";
import { w } from "../../texts/work";
import type { IncidentCard } from "../../wire";
import { work } from "./commands";
import { Reasons, SheetButtons } from "./parts";

/** Sheets of one question: a reason, a time, how she was reached. */
export type ReasonCommand = "take_over" | "release_claim" | "reopen";

export function ReasonSheet({ card, command, onClose }: { card: IncidentCard; command: ReasonCommand; onClose: () => void }) {
  const s = w().reasonSheet;
  const reason = useSignal("");
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    if (!reason.value.trim()) return;
    void work(card.incident_id, command, { reason: reason.value.trim() });
    onClose();
  };
  return (
    <Dialog title={s[command].title} onClose={onClose}>
      <form onSubmit={send}>
        <p>{s[command].lead}</p>
        <Reasons reason={reason} list={s[command].reasons} name="reason" legend={s.reason} other={s.other} />
        <SheetButtons confirm={s[command].confirm} isOff={!reason.value.trim()} onClose={onClose} />
      </form>
    </Dialog>
  );
}

const MINUTES = [5, 10, 30, 60, 120];

export function LaterSheet({ card, onClose }: { card: IncidentCard; onClose: () => void }) {
  const minutes = useSignal(10);
  const l = w().later;
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    void work(card.incident_id, "remind_later", { minutes: minutes.value });
    onClose();
  };
  return (
    <Dialog title={l.title} onClose={onClose}>
      <form onSubmit={send}>
        <p>{l.lead}</p>
        <fieldset class="choices-row">
          <legend class="hidden-text">{l.title}</legend>
          {MINUTES.map((one) => (
            <label class="choice" key={one}><input type="radio" name="minutes" checked={minutes.value === one} autofocus={minutes.value === one} onChange={() => { minutes.value = one; }} /> {l.minutes(one)}</label>
          ))}
        </fieldset>
        <SheetButtons confirm={l.confirm} onClose={onClose} />
      </form>
    </Dialog>
  );
}

const WAYS = ["voice", "chat", "none"] as const;

export function ContactSheet({ card, onClose }: { card: IncidentCard; onClose: () => void }) {
  const how = useSignal("");
  const text = useSignal("");
  const isReal = useSignal(false);
  const c = w().contact;
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    onClose();
    const words = text.value.trim();
    if (await work(card.incident_id, "contacted", { how: how.value, text: words })) {
      if (isReal.value) await work(card.incident_id, "verify", { text: words });
    }
  };
  return (
    <Dialog title={c.title} onClose={onClose}>
      <form onSubmit={send}>
        <p>{c.lead}</p>
        <fieldset class="choices-row">
          <legend>{c.how}</legend>
          {WAYS.map((one, i) => (
            <label class="choice" key={one}><input type="radio" name="how" required autofocus={i === 0} onChange={() => { how.value = one; }} /> {c.ways[one]}</label>
          ))}
        </fieldset>
        <label for="contact-words">{c.words}</label>
        <input id="contact-words" maxLength={2000} autocomplete="off" onInput={(event) => { text.value = event.currentTarget.value; }} />
        {card.allowed.includes("verify") && (
          <label class="choice"><input type="checkbox" onChange={(event) => { isReal.value = event.currentTarget.checked; }} /> {c.verified}</label>
        )}
        <SheetButtons confirm={c.confirm} isOff={!how.value} onClose={onClose} />
      </form>
    </Dialog>
  );
}
