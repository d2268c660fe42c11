import { useSignal } from "@preact/signals";
import { dayAndTime, toMinute } from "../clock";
import { Loaded } from "../loaded";
import { t } from "../texts/family";
import { Section } from "./parts";
import { told, type Told } from "./source";

const FIRST = 6;

/** How far a notice came, with the time of the furthest step. */
function reached(of: Told): string {
  const at = of.acknowledged_at ?? of.opened_at ?? of.delivered_at;
  const words = t().reached[of.state] ?? of.state;
  return at && ["acknowledged", "opened", "delivered"].includes(of.state) ? `${words} · ${toMinute(at)}` : words;
}

export function ToldList() {
  const isLong = useSignal(false);
  return (
    <Section id="told-head" head={t().toldHead} lead={t().toldLead}>
      <Loaded of={told} isEmpty={(all) => all.length === 0} empty={<p>{t().toldEmpty}</p>}>
        {(all) => (
          <>
            <ul class="told-list">
              {(isLong.value ? all : all.slice(0, FIRST)).map((one, index) => (
                <li key={index} data-state={one.state}>
                  <p><strong>{one.name || t().former}</strong> · {t().events[one.event] ?? one.event}</p>
                  <p class="quiet-text">{dayAndTime(one.at)}</p>
                  <p class={`badge ${["acknowledged", "opened"].includes(one.state) ? "is-complete" : one.state === "failed" ? "is-part" : ""}`}>{reached(one)}</p>
                </li>
              ))}
            </ul>
            {all.length > FIRST && !isLong.value && <button type="button" onClick={() => { isLong.value = true; }}>{t().more(all.length - FIRST)}</button>}
          </>
        )}
      </Loaded>
    </Section>
  );
}
