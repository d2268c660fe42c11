import { useSignal } from "@preact/signals";
import { Trouble, useAct } from "../act";
import { call } from "../api";
import { askedMoreWords } from "../asked-more";
import { timeOfDay } from "../clock";
import { Dialog } from "../dialog";
import { u } from "../texts/follow-ups";
import { Watermark } from "../watermark";
import { asks, isCut, me, pathOf, readAsks } from "./desk";
import type { Case, Thread } from "./wire";

/** What an agency that only asks may want beside its request: each is a line that the center answers. */
const KINDS = ["photo", "route", "evidence"] as const;

export function FollowUps({ of: d, again }: { of: Case; again: () => void }) {
  const act = useAct();
  const last = useSignal("");
  const more = asks.value.find((one) => one.request_id === d.dispatch_id)?.asks ?? [];
  const ask = (kind: string) => void act.run(async () => {
    await call("POST", `${pathOf(d.dispatch_id)}/field/messages`, { asks: kind });
    last.value = kind;
    again();
    void readAsks();
  });
  return (
    <section class="follow-ups" aria-label={u().head}>
      <h3>{u().head}</h3>
      <p class="row">{KINDS.map((kind) => <button type="button" key={kind} data-asks={kind} disabled={isCut.value || act.isBusy} onClick={() => ask(kind)}>{u().ask(u().kinds[kind]!)}</button>)}</p>
      <p class="quiet-text" role="status">{last.value ? u().asked(u().kinds[last.value]!) : ""}</p>
      <Trouble of={act.problem} />
      {more.length > 0 && <ul class="asked-more" aria-label={u().own}>{more.map((one) => <li key={one.ask_id} data-asked-more={one.state} data-asked-kind={one.kind}>{askedMoreWords(one)}</li>)}</ul>}
    </section>
  );
}

/** A picture that the center has sent: fetched only when it is opened, for each look is a release of its own. */
export function StillButton({ of: d, still }: { of: Case; still: Thread["stills"][number] }) {
  const isOpen = useSignal(false);
  const failed = useSignal(false);
  const words = u().still(still.camera, timeOfDay(still.at));
  return (
    <>
      <button type="button" class="quiet" data-still={still.still_id} onClick={() => { failed.value = false; isOpen.value = true; }}>{u().see}</button>
      {isOpen.value && (
        <Dialog title={words} onClose={() => { isOpen.value = false; }} isWide>
          {failed.value ? <p class="trouble" role="alert">{u().stillFailed}</p> : (
            <div class="still-frame">
              <img class="still-large" src={`${pathOf(d.dispatch_id)}/stills/${still.still_id}`} alt={words} onError={() => { failed.value = true; }} />
              <Watermark viewer={me.value ? `${me.value.name} ${me.value.login}` : ""} caseNo={d.case_no} />
            </div>
          )}
          <div class="sheet-buttons"><button type="button" class="primary" autofocus onClick={() => { isOpen.value = false; }}>{u().close}</button></div>
        </Dialog>
      )}
    </>
  );
}
