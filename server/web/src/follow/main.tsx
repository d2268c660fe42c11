import { useSignal } from "@preact/signals";
import { render } from "preact";
import { useMemo } from "preact/hooks";
import { call } from "../api";
import { secondsSince, timeOfDay, toMinute } from "../clock";
import { lang, named, said } from "../lang";
import { t } from "../texts/follow";
import "../theme";
import type { FollowView, Position } from "../wire";
import { Check, Clock, Cross, Lock, NoPhone, Phone, Pin, Shield } from "./icons";
import { Frame, Message } from "./frame";
import { DigitsForm } from "./digits-form";
import { AMBER_S, LAST_KNOWN_S, PlaceOnMap } from "./shown-place";
import { BrowserPush } from "./push";
import { PushOffer } from "./push-offer";
import { progressOf, STEP_STATES } from "./progress";
import { ask, base, bind, freshness, heardAt, problem, stage, view } from "./source";
import "./awake";
import "../styles/base.css";
import "../styles/follow.css";

/** The guardian's page: one column, words before map, and nothing on it that could ring her phone. */

function Digits() {
  const left = problem.value?.attempts_left;
  const trouble = problem.value ? (left === undefined ? said(problem.value) : t().wrong(left)) : "";
  return (
    <DigitsForm words={t()} button={t().open} opening={t().opening} trouble={trouble} onDigits={bind}>
      <h1>{t().digitsHead}</h1>
      <p id="why">{t().digitsLead}</p>
    </DigitsForm>
  );
}

function Steps({ of }: { of: FollowView }) {
  const steps = progressOf(of.steps);
  const furthest = Math.max(-1, ...steps.filter((one) => one.at).map((one) => one.step));
  return (
    <section class="progress" aria-label={t().stepsLabel}>
      <ol class="steps">
        {steps.map(({ step, at }, i) => (
          <li key={step} class={at ? "reached" : ""} aria-current={step === furthest ? "step" : undefined}>
            <span class="dot" aria-hidden="true">{at ? <Check /> : i + 1}</span>
            <span class="name">{t().steps[step]}</span>
            <small>{at ? toMinute(at) : t().notYet}</small>
          </li>
        ))}
      </ol>
      {furthest >= 0 && <p class="meaning">{t().meaning[furthest]}</p>}
    </section>
  );
}

function Freshness({ of, position }: { of: FollowView; position: Position }) {
  const age = secondsSince(position.fixed_at);
  const m = Math.round(position.accuracy_m);
  const [now, last] = of.precision === "coarse"
    ? [t().about(t().age(age)), t().lastAbout(t().age(age))]
    : [t().fresh(t().age(age), m), t().last(t().age(age), m)];
  const kind = age > LAST_KNOWN_S ? "old" : age > AMBER_S ? "amber" : "fresh";
  return <p class={`freshness ${kind}`} data-freshness={kind}>{kind === "fresh" ? <Pin /> : <Clock />}<span>{kind === "old" ? last : now}</span></p>;
}

function Place({ of }: { of: FollowView }) {
  const position = of.position;
  const isCoarse = of.precision === "coarse";
  return (
    <section class="place" aria-label={t().positionHead}>
      {position ? (
        <>
          <Freshness of={of} position={position} />
          {of.address && <p class="address">{of.address[lang.value]}</p>}
          {isCoarse && <p class="coarse">{of.exact_later ? t().coarseLater : t().coarse}</p>}
          <PlaceOnMap position={position} isCoarse={isCoarse} />
          {!isCoarse && <p class="coordinates">{t().coordinates} {position.lat.toFixed(5)}, {position.lon.toFixed(5)}</p>}
        </>
      ) : <p class="freshness amber" data-freshness="none"><Clock /><span>{t().noPosition}</span></p>}
    </section>
  );
}

function Calls({ of }: { of: FollowView | null }) {
  const callback = of?.center.callback;
  return (
    <nav class="calls" aria-label={t().callsLabel}>
      <a class="call police" href="tel:112"><Phone />{t().call112}</a>
      {of && callback && (
        <a class="call" href={`tel:${callback.replace(/[^+\d]/g, "")}`}><Phone /><span>{t().callCenter}<small>{callback}</small></span></a>
      )}
    </nav>
  );
}

function Ended({ of }: { of: FollowView }) {
  if (of.over === "gone") return <Message icon={<Lock />} head={t().goneHead} text={t().gone} role="status" />;
  const at = of.steps.find((step) => STEP_STATES[4]!.includes(step.state))?.at;
  const head = { safe: t().safe, cancelled: t().cancelled }[of.over as "safe" | "cancelled"] ?? t().unclear;
  return (
    <section class={`message ${of.over === "unclear" ? "bad" : "good"}`} role="status" data-over={of.over}>
      <span class="badge">{of.over === "unclear" ? <Clock /> : <Check />}</span>
      <h1>{head}{at && of.over === "safe" && <> <span class="at">{toMinute(at)}</span></>}</h1>
      {at && <p>{of.over === "safe" ? t().placeGone : t().endedAt(toMinute(at))}</p>}
      {of.over === "unclear" && <p>{t().unclearWhy}</p>}
    </section>
  );
}

/** Once, for the center and for her: somebody of the family has read it and acts. */
function Acknowledge() {
  const how = useSignal<"" | "busy" | "done" | "failed">("");
  async function go() {
    how.value = "busy";
    how.value = await call("POST", `${base}/acknowledge`).then(() => "done" as const, () => "failed" as const);
  }
  if (how.value === "done") return <p class="freshness fresh" role="status"><Check /><span>{t().seenDone}</span></p>;
  return (
    <div class="digits">
      <button type="button" class="primary" disabled={how.value === "busy"} onClick={() => void go()}>{t().seen}</button>
      <p class="trouble" role="alert">{how.value === "failed" ? t().seenFailed : ""}</p>
    </div>
  );
}

function Connection() {
  const how = freshness.value;
  const words = how === "offline" ? t().offline(heardAt.value ? timeOfDay(heardAt.value) : "--:--") : how === "live" ? t().live : t().polling;
  return <p class={`connection ${how}`} role="status" data-connection={how}><span class="mark" aria-hidden="true" />{words}</p>;
}

function Following({ of }: { of: FollowView }) {
  const push = useMemo(() => new BrowserPush(base), []);
  const who = of.person_nickname;
  const began = of.steps[0]?.at;
  const isHeld = of.steps.some((step) => step.state !== "assigned" && step.state !== "received");
  return (
    <>
      <div class="summary" role="status">
        <h1>{who ? t().head(who) : t().headPlain}</h1>
        <p class="lead">{began && <><b class="timer">{toMinute(began)}</b> · </>}{of.center.name_ko ? (isHeld ? t().holds : t().has)(named(of.center)) : t().hasNot}</p>
      </div>
      <Steps of={of} />
      <Connection />
      <section class="warning"><h2><NoPhone />{t().warningHead}</h2><p>{t().warning}</p></section>
      <Place of={of} />
      <Acknowledge />
      {of.push && <PushOffer push={push} mayPutOff />}
      <p class="privacy"><Shield />{t().privacy}</p>
    </>
  );
}

function Body() {
  const held = view.value;
  switch (stage.value) {
    case "loading":
      return <p class="loading" role="status">{freshness.value === "offline" ? t().unreachable : t().loading}</p>;
    case "digits": return <Digits />;
    case "locked": return <Message icon={<Lock />} head={t().digitsHead} text={t().locked} tone="bad" />;
    case "bound": return <Message icon={<Lock />} head={t().boundHead} text={t().bound} tone="bad" />;
    case "unknown": return <Message icon={<Cross />} head={t().noLinkHead} text={t().noLink} />;
    case "gone": return held?.ended ? <Ended of={held} /> : <Message icon={<Lock />} head={t().goneHead} text={t().gone} role="status" />;
    case "following": return held ? (held.ended ? <Ended of={held} /> : <Following of={held} />) : null;
  }
}

/** After a good end the page asks nothing of anybody; else there is always somebody to call. */
function Page() {
  const isCalm = view.value?.over === "safe" || view.value?.over === "cancelled";
  return (
    <Frame title={t().title} other={t().otherLanguage} footer={isCalm ? undefined : <Calls of={view.value} />}>
      <Body />
    </Frame>
  );
}

void ask();
render(<Page />, document.getElementById("page")!);
