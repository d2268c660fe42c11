import { useSignal } from "@preact/signals";
import { asProblem, call } from "../api";
import { whereWords } from "../console/facts";
import { mayAct } from "../console/feed";
import { feed, me, select } from "../console/seat";
import { said } from "../lang";
import { Loaded, useLoader } from "../loaded";
import { sh } from "../texts/shift";
import type { Problem } from "../wire";

interface Colleague { account_id: string; name: string; signed_in: boolean; incidents: string[]; load: number; over_norm: boolean }

/** Whoever leaves hands over what she has; the next shift reads what she leaves to say. */
export function EndShift({ onClose }: { onClose: () => void }) {
  const own = me.value?.account_id;
  const mine = feed.open.value.map((one) => one.value).filter((card) => mayAct(card) && card.owner?.account_id === own);
  const people = useLoader(() => call<{ operators: Colleague[] }>("GET", "/api/shift"));
  const to = useSignal("");
  const note = useSignal("");
  const problem = useSignal<Problem | null>(null);
  const isSending = useSignal(false);
  const handed = useSignal<number | null>(null);
  const e = sh().end;
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    isSending.value = true;
    try {
      const got = await call<{ handed: string[] }>("POST", "/api/shift/end", { hand_to: to.value || null, note: note.value.trim() });
      handed.value = got.handed.length;
    } catch (error) {
      problem.value = asProblem(error);
    }
    isSending.value = false;
  };
  if (handed.value !== null) return <Done count={handed.value} onClose={onClose} />;
  return (
    <form onSubmit={(event) => void send(event)}>
      <p>{e.lead}</p>
      <h3>{mine.length > 0 ? e.mine(mine.length) : e.none}</h3>
      {mine.length > 0 && <ul class="own-incidents">{mine.map((card) => <li key={card.incident_id}><button type="button" class="quiet" onClick={() => { select(card.incident_id); onClose(); }}>{card.caller.name_masked || "?"} · {whereWords(card)}</button></li>)}</ul>}
      {mine.length > 0 && (
        <Loaded of={people}>
          {({ operators }) => {
            const others = operators.filter((one) => one.account_id !== own);
            return others.length === 0 ? <p class="check-hint">{e.nobody}</p> : (
              <fieldset>
                <legend>{e.to}</legend>
                {others.map((one) => (
                  <label class="choice" key={one.account_id}>
                    <input type="radio" name="to" value={one.account_id} required onChange={() => { to.value = one.account_id; }} />
                    <span>{one.name} <small class="quiet-text">{e.load(one.incidents.length, one.load)}{one.signed_in ? "" : ` · ${e.away}`}</small></span>
                  </label>
                ))}
              </fieldset>
            );
          }}
        </Loaded>
      )}
      <label for="shift-note">{e.note}</label>
      <textarea id="shift-note" rows={3} maxLength={2000} placeholder={e.notePlace} onInput={(event) => { note.value = event.currentTarget.value; }} />
      {problem.value && <p class="trouble" role="alert" data-problem={problem.value.code}>{said(problem.value)}</p>}
      <div class="sheet-buttons">
        <button type="button" onClick={onClose}>{e.close} <kbd aria-hidden="true">Esc</kbd></button>
        <button type="submit" class="primary" data-end-shift disabled={isSending.value || (mine.length > 0 && !to.value) || feed.link.state.value === "lost"}>{isSending.value ? e.ending : e.send}</button>
      </div>
    </form>
  );
}

function Done({ count, onClose }: { count: number; onClose: () => void }) {
  const logout = async () => {
    await call("POST", "/api/logout").catch(() => undefined);
    location.assign("/login");
  };
  return (
    <div class="shift-begun" role="status">
      <p><strong>{sh().end.done(count)}</strong></p>
      <div class="sheet-buttons">
        <button type="button" onClick={onClose}>{sh().end.close}</button>
        <button type="button" class="primary" onClick={() => void logout()}>{sh().end.logout}</button>
      </div>
    </div>
  );
}
