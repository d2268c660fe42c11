import { useSignal } from "@preact/signals";
import { secondsSince, toMinute } from "../clock";
import { lang, said } from "../lang";
import { t } from "../texts/notice";
import type { Problem } from "../wire";
import { Clock, Pin, Shield } from "../follow/icons";
import { DigitsForm } from "../follow/digits-form";
import { LAST_KNOWN_S, PlaceOnMap } from "../follow/shown-place";
import { answer, freshness, type WalkView } from "./source";


/** Four digits of her own number, before anything that tells where. */
export function Digits({ head, lead, button }: { head: string; lead: string; button: string }) {
  const problem = useSignal<Problem | null>(null);
  return (
    <DigitsForm words={t()} button={button} opening={t().opening} privacy={t().privacy} trouble={problem.value ? said(problem.value) : ""} onDigits={async (last4) => { problem.value = await answer(last4); }}>
      <h2>{head}</h2>
      <p id="why">{lead}</p>
    </DigitsForm>
  );
}

function Connection() {
  const how = freshness.value;
  return <p class={`connection ${how}`} role="status" data-connection={how}><span class="mark" aria-hidden="true" />{t().connection[how]}</p>;
}

/** Where she is, as exactly as she allows, with its age; words before the map. */
export function Where({ of }: { of: WalkView }) {
  const place = of.place;
  const age = place ? secondsSince(place.fixed_at) : 0;
  const isOld = age > LAST_KNOWN_S;
  const isCoarse = place?.precision === "coarse";
  const about = isCoarse ? t().about : "";
  return (
    <section class="place" aria-label={t().placeHead}>
      <h2>{t().placeHead}</h2>
      <Connection />
      <dl class="walk-facts">
        <div><dt>{t().stateHead}</dt><dd data-state={of.state}>{t().states[of.state] ?? t().states.no_signal}</dd></div>
        {of.eta && <div><dt>{t().etaHead}</dt><dd class="timer">{toMinute(of.eta)}</dd></div>}
      </dl>
      {place ? (
        <>
          <p class={`freshness ${isOld ? "old" : "fresh"}`}>{isOld ? <Clock /> : <Pin />}<span>{(isOld ? t().last : t().fresh)(t().ago(age), about)}</span></p>
          {place.address && <p class="address">{place.address[lang.value]}</p>}
          {isCoarse && <p class="coarse">{t().coarse}</p>}
          <PlaceOnMap position={place} isCoarse={isCoarse} track={of.track} />
          {!isCoarse && <p class="coordinates">{t().coordinates} {place.lat.toFixed(5)}, {place.lon.toFixed(5)}</p>}
        </>
      ) : <p class="freshness amber"><Clock /><span>{t().none}</span></p>}
      <p class="privacy"><Shield />{t().privacy}</p>
    </section>
  );
}

/** What to tell 112, so that nobody has to find words. */
export function Say({ name, since, of }: { name: string; since: string; of: WalkView | null }) {
  const place = of?.place;
  const where = place ? [place.address?.[lang.value], t().coordinatesAre(place.lat.toFixed(4), place.lon.toFixed(4))].filter(Boolean).join(", ") : "";
  return (
    <section class="say">
      <h2>{t().sayHead}</h2>
      <p>{t().say(name, toMinute(since))}</p>
      {where && place && <p>{t().sayWhere(where, toMinute(place.fixed_at), place.precision === "coarse")}</p>}
    </section>
  );
}
