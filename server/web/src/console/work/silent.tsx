import { lang } from "../../lang";
import { k } from "../../texts/talk";
import { phrases, type Say, type Talk } from "./talk-state";

/** She can't speak: one question at a time, answered by taps. What comes next is the center's decision tree. */
export function Silent({ silent, send }: { silent: Talk["silent"]; send: (line: Say) => Promise<void> }) {
  const words = (code: string) => phrases.value?.codes[code]?.text[lang.value] ?? "";
  const isWaiting = silent.asked !== "";
  return (
    <section class={`silent${silent.is_urgent ? " urgent" : ""}`} aria-label={k().silent} data-next={silent.next} data-urgent={silent.is_urgent}>
      <div class="question">
        {silent.next
          ? <p><small>{isWaiting ? k().waitingFor : k().next}</small><strong>{words(silent.next)}</strong></p>
          : <p><strong>{silent.is_urgent ? k().urgent : k().over}</strong></p>}
        {silent.next && <button type="button" class="primary" aria-label={`${k().askIt}: ${words(silent.next)}`} disabled={isWaiting} onClick={() => void send({ kind: "tap", code: silent.next })}>{k().askIt}</button>}
      </div>
      <p class="findings">
        {silent.is_urgent && silent.next && <span class="badge alarm">{k().urgent}</span>}
        {silent.findings.map((one) => <span key={one} class={`badge${one === "danger" || one === "weapon" ? " alarm" : ""}`} data-finding={one}>{k().findings[one] ?? one}</span>)}
        {silent.findings.length === 0 && <span class="quiet-text">{k().taps}</span>}
      </p>
    </section>
  );
}
