import { lang } from "../../lang";
import { k } from "../../texts/talk";
import { phrases, type Say } from "./talk-state";

/** Questions she can answer by a tap, and sentences in her language: the operator reads his own beside hers. */
export function Picker({ use, language, pick, back }: { use: "question" | "phrase"; language: string; pick: (line: Say) => Promise<void>; back: () => void }) {
  const held = phrases.value;
  const rows = Object.entries(held?.codes ?? {}).filter(([, one]) => one.uses.includes(use));
  const spoken = held?.languages[language] ? language : "en";
  const name = (code: string) => held?.codes[code]?.text[lang.value] ?? code;
  return (
    <section class="picker" aria-label={use === "question" ? k().ask : k().phrases}>
      <p class="quiet-text">{use === "question" ? k().pickQuestion : k().pickPhrase} <button type="button" class="quiet" onClick={back}>{k().back}</button></p>
      <ul>
        {rows.map(([code, one]) => (
          <li key={code}>
            <button type="button" data-code={code} onClick={() => void pick({ kind: use === "question" ? "tap" : "phrase", code })}>
              <span>{one.text[lang.value]}</span>
              {spoken !== lang.value && <span class="in-hers" lang={spoken}>{one.text[spoken]}</span>}
              {one.answers && <small class="quiet-text">{k().answers}: {one.answers.map(name).join(" · ")}</small>}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
