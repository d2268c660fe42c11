import { useSignal } from "@preact/signals";
import { Trouble, useAct } from "../act";
import { call, Refused } from "../api";
import { lang, said } from "../lang";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/mine";
import { begin, toProve, type ConsentTexts } from "./source";
import { Dialog } from "../dialog";

function field(event: SubmitEvent, name: string): string {
  return String(new FormData(event.currentTarget as HTMLFormElement).get(name) ?? "").trim();
}

function CodeField() {
  return (
    <label>{t().code}
      <input name="code" class="code" inputMode="numeric" autocomplete="one-time-code" maxLength={6} required ref={(made) => { if (made && !made.dataset.seen) { made.dataset.seen = "1"; made.focus(); } }} />
    </label>
  );
}

/** Number, code, and for somebody new a name and what she agrees to. */
export function Enrol() {
  const step = useSignal<"phone" | "code" | "new">("phone");
  const phone = useSignal("");
  const code = useSignal("");
  const act = useAct();
  const askCode = (number: string) => act.run(async () => {
    await call("POST", "/api/people/verify", { phone: number });
    phone.value = number;
    step.value = "code";
  });
  const confirm = (more: object = {}) => act.run(async () => {
    try {
      await call("POST", "/api/people/browsers", { phone: phone.peek(), code: code.peek(), ...more });
    } catch (error) {
      if (!(error instanceof Refused) || error.problem.code !== "name_needed") throw error;
      step.value = "new";
      return;
    }
    await begin();
  });
  return (
    <main class="enrol" id="main" data-step={step.value}>
      {step.value === "phone" && (
        <form onSubmit={(event) => { event.preventDefault(); void askCode(field(event, "phone")); }}>
          <h1>{t().enrolHead}</h1>
          <p class="lead">{t().enrolLead}</p>
          <label>{t().phone}<input name="phone" type="tel" inputMode="tel" autocomplete="tel-national" placeholder={t().phoneHint} required /></label>
          <Trouble of={act.problem} />
          <button type="submit" class="primary" disabled={act.isBusy}>{act.isBusy ? t().asking : t().askCode}</button>
          <p class="note">{t().shared}</p>
        </form>
      )}
      {step.value === "code" && (
        <form onSubmit={(event) => { event.preventDefault(); code.value = field(event, "code"); void confirm(); }}>
          <h1>{t().codeHead}</h1>
          <p class="lead" role="status">{phone.value} · {t().codeSent}</p>
          <CodeField />
          <Trouble of={act.problem} />
          <button type="submit" class="primary" disabled={act.isBusy}>{act.isBusy ? t().confirming : t().confirm}</button>
          <div class="row"><button type="button" class="quiet" onClick={() => void askCode(phone.peek())}>{t().again}</button>
            <button type="button" class="quiet" onClick={() => { step.value = "phone"; }}>{t().otherPhone}</button></div>
        </form>
      )}
      {step.value === "new" && <NewPerson act={act} onJoin={(more) => void confirm(more)} />}
    </main>
  );
}

function NewPerson({ act, onJoin }: { act: ReturnType<typeof useAct>; onJoin: (more: object) => void }) {
  const words = useLoader<ConsentTexts>(() => call("GET", "/api/consents"));
  function join(event: SubmitEvent): void {
    event.preventDefault();
    const born = Number(field(event, "born"));
    const consents = new FormData(event.currentTarget as HTMLFormElement).getAll("consents");
    onJoin({ nickname: field(event, "nickname"), born_year: born > 0 ? born : null, consents });
  }
  return (
    <form onSubmit={join}>
      <h1>{t().newHead}</h1>
      <p class="lead">{t().newLead}</p>
      <label>{t().nickname}<input name="nickname" maxLength={40} autocomplete="nickname" required /></label>
      <label>{t().born}<input name="born" inputMode="numeric" maxLength={4} autocomplete="bday-year" /></label>
      <p class="note">{t().bornHint}</p>
      <fieldset>
        <legend>{t().agreeHead}</legend>
        <Loaded of={words}>{(found) => <>{Object.entries(found.texts).filter(([kind]) => kind in t().kinds).map(([kind, text]) => (
          <label key={kind} class="agree"><input type="checkbox" name="consents" value={kind} /><span><strong>{t().kinds[kind]}</strong><small>{text[lang.value]}</small></span></label>
        ))}</>}</Loaded>
      </fieldset>
      <p class="note">{t().consentOff}</p>
      <Trouble of={act.problem} />
      <button type="submit" class="primary" disabled={act.isBusy}>{t().join}</button>
    </form>
  );
}

/** Asked before what can't be undone. */
export function Prove() {
  const again = toProve.value;
  const act = useAct();
  const asked = useSignal(false);
  if (!again) return null;
  const close = () => { toProve.value = null; asked.value = false; };
  const ask = () => act.run(async () => {
    await call("POST", "/api/people/browsers/this/code");
    asked.value = true;
  });
  const prove = (event: SubmitEvent) => {
    event.preventDefault();
    const code = field(event, "code");
    void act.run(async () => {
      await call("POST", "/api/people/browsers/this/prove", { code });
      await again();
      close();
    });
  };
  return (
    <Dialog title={t().proveHead} onClose={close}>
      <p>{t().proveLead}</p>
      {asked.value ? (
        <form class="stack" onSubmit={prove}>
          <p role="status">{t().codeSent}</p>
          <CodeField />
          <Trouble of={act.problem} />
          <div class="sheet-actions"><button type="button" onClick={close}>{t().cancel}</button><button type="submit" class="primary" disabled={act.isBusy}>{t().confirm}</button></div>
        </form>
      ) : (
        <>
          <p class="trouble" role="alert">{act.problem ? said(act.problem) : ""}</p>
          <div class="sheet-actions"><button type="button" onClick={close}>{t().cancel}</button><button type="button" class="primary" disabled={act.isBusy} onClick={() => void ask()}>{t().askCode}</button></div>
        </>
      )}
    </Dialog>
  );
}
