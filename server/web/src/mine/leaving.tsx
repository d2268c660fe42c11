import { useSignal } from "@preact/signals";
import { Trouble, useAct } from "../act";
import { call } from "../api";
import { Dialog } from "../dialog";
import { t } from "../texts/mine";
import { Section } from "./parts";
import { proved, stage, wasHeld } from "./source";

export function File() {
  return (
    <Section id="file-head" head={t().fileHead} lead={t().fileLead}>
      <div class="row">
        <a class="button-link" href="/api/people/me/copy?form=json" download>{t().fileAll}</a>
        <a class="button-link" href="/api/people/me/copy?form=csv" download>{t().fileTable}</a>
      </div>
    </Section>
  );
}

function Words({ head, all }: { head: string; all: string[] }) {
  return <><h3>{head}</h3><ul class="plain">{all.map((one) => <li key={one}>{one}</li>)}</ul></>;
}

export function Leave() {
  const isAsking = useSignal(false);
  const word = useSignal("");
  const act = useAct();
  const close = () => { isAsking.value = false; word.value = ""; };
  const leave = (event: SubmitEvent) => {
    event.preventDefault();
    void act.run(() => proved(async () => {
      const done = await call<{ held: Record<string, number> }>("DELETE", "/api/people/me?confirm=end");
      wasHeld.value = Object.keys(done.held).length > 0;
      stage.value = "left";
    }));
  };
  return (
    <Section id="leave-head" head={t().leaveHead} lead={t().leaveLead}>
      <button type="button" class="danger-line" onClick={() => { isAsking.value = true; }}>{t().leave}</button>
      {isAsking.value && (
        <Dialog title={t().leaveSure} onClose={close}>
          <Words head={t().leaveGoesHead} all={t().leaveGoes} />
          <Words head={t().leaveStaysHead} all={t().leaveStays} />
          <form onSubmit={leave}>
            <label>{t().leaveType}<input value={word.value} autocomplete="off" onInput={(event) => { word.value = event.currentTarget.value.trim(); }} /></label>
            <Trouble of={act.problem} />
            <div class="sheet-actions">
              <button type="button" onClick={close}>{t().cancel}</button>
              <button type="submit" class="danger" disabled={act.isBusy || word.value !== t().leaveWord}>{t().leave}</button>
            </div>
          </form>
        </Dialog>
      )}
    </Section>
  );
}
