import { useSignal } from "@preact/signals";
import { Dialog } from "../dialog";
import { ShiftLater } from "../shift/lazy";
import { named } from "../lang";
import { t } from "../texts/console";
import type { IncidentCard } from "../wire";
import { accuracyWords, NoPlace } from "./facts";
import { dispatchTo } from "./work/actions";
import { cardSheet, deskSheet } from "./work/work-sheets";
import { EvidenceSheet } from "./evidence";
import { KeysSheet } from "./key-list";
import { LookBackSheet } from "./look-back";
import { SeenSheet } from "./sightings";
import { RequestsSheet } from "./video-requests";
import { WhySheet } from "./why";
import { PlatesLater } from "./plates/button";
import { closeKey, detail, dispatch, feed, selected, sheet } from "./seat";

const done = () => { sheet.value = null; };

/** One step, and it says exactly what will leave the house. */
function DispatchSheet({ card, agency }: { card: IncidentCard; agency: "112" | "119" }) {
  const note = useSignal("");
  const s = t().sheet;
  const held = dispatchTo(card, agency);
  const cameras = (detail.value?.cameras ?? []).map((camera) => `${camera.number}. ${camera.name}`).join(", ");
  const place = card.position
    ? `${named(card.center)} · ${card.position.lat.toFixed(5)}, ${card.position.lon.toFixed(5)} · ${accuracyWords(card)}`
    : <>{named(card.center)} · <NoPlace card={card} none={t().noPosition} /></>;
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    void dispatch(card.incident_id, agency, note.value.trim());
    done();
  };
  return (
    <Dialog title={s.title(agency)} onClose={done}>
      <form onSubmit={send}>
        <p>{s.lead(agency)}</p>
        <dl class="facts">
          <div><dt>{s.caller}</dt><dd>{card.caller.name_masked} — {s.callerText}</dd></div>
          <div><dt>{s.place}</dt><dd>{place}</dd></div>
          <div><dt>{s.track}</dt><dd>{s.trackPoints(detail.value?.track.length ?? 0)}</dd></div>
          <div><dt>{s.cameras}</dt><dd>{cameras || s.noCameras}</dd></div>
          <div><dt>{s.basis}</dt><dd>{s.basisText}</dd></div>
        </dl>
        {card.is_drill && <p class="banner drill">{s.drill}</p>}
        {card.owner === null && <p class="banner">{s.alsoAcknowledge}</p>}
        {held && <p class="banner">{s.already(held.case_no)}</p>}
        <label for="dispatch-note">{s.note}</label>
        <input id="dispatch-note" maxLength={500} autocomplete="off" onInput={(event) => { note.value = event.currentTarget.value; }} />
        <div class="sheet-buttons">
          <button type="button" onClick={done}>{s.cancel} <kbd aria-hidden="true">Esc</kbd></button>
          <button type="submit" class={`big to-${agency}`} disabled={Boolean(held)} autofocus>{s.confirm(agency)} <kbd aria-hidden="true">Enter</kbd></button>
        </div>
      </form>
    </Dialog>
  );
}

function CloseSheet({ card }: { card: IncidentCard }) {
  const disposition = useSignal("");
  const note = useSignal("");
  const s = t().closeSheet;
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    if (!disposition.value) return;
    void feed.command(closeKey(card.incident_id), "close", card.incident_id, {
      disposition: disposition.value, note: note.value.trim(),
    });
    done();
  };
  return (
    <Dialog title={s.title} onClose={done}>
      <form onSubmit={send}>
        <p>{s.lead}</p>
        <fieldset>
          <legend>{s.disposition}</legend>
          {Object.entries(t().disposition).map(([code, words], i) => (
            <label class="choice" key={code}>
              <input type="radio" name="disposition" value={code} autofocus={i === 0} required
                onChange={() => { disposition.value = code; }} /> {words}
            </label>
          ))}
        </fieldset>
        <label for="close-note">{s.note}</label>
        <input id="close-note" maxLength={2000} autocomplete="off" onInput={(event) => { note.value = event.currentTarget.value; }} />
        <div class="sheet-buttons">
          <button type="button" onClick={done}>{s.cancel} <kbd aria-hidden="true">Esc</kbd></button>
          <button type="submit" class="primary" disabled={!disposition.value}>{s.confirm}</button>
        </div>
      </form>
    </Dialog>
  );
}

export function Sheets() {
  const open = sheet.value;
  const card = selected.value;
  if (!open) return null;
  if (open.kind === "keys") return <KeysSheet onClose={done} />;
  if (open.kind === "shift") return <ShiftLater onClose={done} />;
  if (open.kind === "plates") return <PlatesLater onClose={done} />;
  if (open.kind === "requests") return <RequestsSheet onClose={done} />;
  const ofDesk = deskSheet(open, done);
  if (ofDesk) return ofDesk;
  if (!card) return null;
  const ofCard = cardSheet(open, card, done);
  if (ofCard) return ofCard;
  const key = card.incident_id;
  if (open.kind === "why") return <WhySheet key={key} card={card} onClose={done} />;
  if (open.kind === "back") return <LookBackSheet key={`${key}${open.camera.camera_id}`} card={card} camera={open.camera} onClose={done} />;
  if (open.kind === "seen") return <SeenSheet key={`${key}${open.camera.camera_id}`} card={card} camera={open.camera} onClose={done} />;
  if (open.kind === "evidence") return <EvidenceSheet key={key} card={card} onClose={done} />;
  if (open.kind === "dispatch") return <DispatchSheet key={`${card.incident_id}${open.agency}`} card={card} agency={open.agency} />;
  return open.kind === "close" ? <CloseSheet key={card.incident_id} card={card} /> : null;
}
