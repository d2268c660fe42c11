import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Dialog } from "../../dialog";
import { named } from "../../lang";
import { w } from "../../texts/work";
import type { IncidentCard } from "../../wire";
import { codes, loadCodes, nameOf } from "./codes";
import { work } from "./commands";
import { SheetButtons } from "./parts";

/** What it is, and whether a life is at stake. Wrong: classify again, the record keeps both. */
export function ClassifySheet({ card, onClose }: { card: IncidentCard; onClose: () => void }) {
  const type = useSignal(card.classification ? card.type : "");
  const isGrave = useSignal<boolean | null>(card.classification ? card.classification === "grave" : null);
  useEffect(() => void loadCodes(), []);
  const s = w().classifySheet;
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    if (!type.value || isGrave.value === null) return;
    void work(card.incident_id, "classify", { type: type.value, grave: isGrave.value });
    onClose();
  };
  return (
    <Dialog title={s.title} onClose={onClose} isWide>
      <form onSubmit={send}>
        <p>{s.lead}</p>
        <fieldset class="choices-grid">
          <legend>{s.type}</legend>
          {!codes.value && <p role="status">{w().loading}</p>}
          {codes.value?.types.map((one, i) => (
            <label class="choice" key={one.code}>
              <input type="radio" name="type" value={one.code} required autofocus={i === 0} checked={type.value === one.code} onChange={() => { type.value = one.code; }} /> {named(one)}
            </label>
          ))}
        </fieldset>
        <fieldset class="choices-row">
          <legend>{s.weight}</legend>
          {([true, false] as const).map((grave) => (
            <label class="choice" key={String(grave)}>
              <input type="radio" name="weight" required checked={isGrave.value === grave} onChange={() => { isGrave.value = grave; }} /> {grave ? s.grave : s.ordinary}
            </label>
          ))}
        </fieldset>
        <SheetButtons confirm={card.classification ? s.again : s.confirm} isOff={!type.value || isGrave.value === null} onClose={onClose} />
      </form>
    </Dialog>
  );
}

export function classifiedWords(card: IncidentCard): string {
  if (!codes.value) void loadCodes();
  const name = nameOf(codes.value?.types, card.type);
  return card.classification ? `${name} · ${w().classified[card.classification]}` : card.origin === "exercise" ? w().exercise : name;
}
