import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Trouble, useAct } from "../act";
import { call, Refused } from "../api";
import { secondsSince, toMinute } from "../clock";
import { lang, said } from "../lang";
import { Loaded } from "../loaded";
import { t } from "../texts/care";
import type { Problem } from "../wire";
import { Bell, Check, Clock, Phone, Pin, Shield } from "../follow/icons";
import { DigitsForm } from "../follow/digits-form";
import { LAST_KNOWN_S, PlaceOnMap, type ShownPlace } from "../follow/shown-place";
import { base, keepAsking, standing, type Question, type Standing } from "./source";

const AGAIN_MS = 10_000;

/** "Are you OK?": asked quietly, answered or not within minutes; silence shows her place only if she allowed that. */
export function Care({ name }: { name: string }) {
  useEffect(keepAsking, []);
  return <Loaded of={standing}>{(of) => <Whole of={of} name={name} />}</Loaded>;
}

function Whole({ of, name }: { of: Standing; name: string }) {
  return (
    <>
      {of.follow && <section class="warning sos-runs"><h2><Bell />{t().sosHead(name)}</h2><p>{t().sosLead}</p><a class="call police" href={of.follow}>{t().sosOpen}</a></section>}
      <section class="care" data-question={of.question?.state ?? "none"}>
        <h2><Bell />{t().head}</h2>
        <Outcome of={of.question} name={name} />
        {of.question?.state !== "asked" && <Ask of={of} />}
      </section>
    </>
  );
}

function Ask({ of }: { of: Standing }) {
  const act = useAct();
  const go = () => act.run(() => call("POST", `${base}/questions`).finally(standing.again));
  return (
    <>
      <button type="button" class="primary" disabled={act.isBusy || of.left === 0} onClick={() => void go()}>{act.isBusy ? t().asking : of.question ? t().askAgain : t().ask}</button>
      <Trouble of={act.problem} />
      <p class="quiet-words">{of.left === 0 && of.next_at ? t().noneLeft(toMinute(of.next_at)) : t().left(of.left)}</p>
      {!of.question && <p class="quiet-words">{t().how}</p>}
    </>
  );
}

function Outcome({ of, name }: { of: Question | null; name: string }) {
  if (!of) return null;
  const asked = toMinute(of.asked_at);
  switch (of.state) {
    case "asked": return <p class="answer waiting" role="status"><Clock /><span><b>{t().waiting(asked)}</b> {t().waitingUntil(toMinute(of.expires_at))}</span></p>;
    case "ok": return <p class="answer good" role="status"><Check /><span><b>{t().isOk(name)}</b> {t().askedAt(asked)}</span></p>;
    case "call_me": return <p class="answer attention" role="status"><Phone /><span><b>{t().callMe(name)}</b> {t().askedAt(asked)}</span></p>;
    case "silent": return <Silence of={of} />;
  }
}

function Silence({ of }: { of: Question }) {
  const isShown = of.shown_until !== null && secondsSince(of.shown_until) === 0;
  return (
    <>
      <p class="answer attention" role="status"><Clock /><span><b>{t().silent(toMinute(of.asked_at))}</b> {isShown ? t().silentShown(toMinute(of.shown_until!)) : t().silentHidden}</span></p>
      {isShown && <AfterSilence id={of.question_id} />}
    </>
  );
}

/** The digits stay in this component's memory only; a late answer of hers takes the place away. */
function AfterSilence({ id }: { id: string }) {
  const place = useSignal<ShownPlace | null>(null);
  const problem = useSignal<Problem | null>(null);
  const digits = useSignal("");
  async function look() {
    try {
      place.value = await call<ShownPlace>("POST", `${base}/questions/${id}/place`, { last4: digits.peek() });
      problem.value = null;
    } catch (error) {
      if (!(error instanceof Refused) || error.status === 0 || error.status >= 500) return;
      problem.value = error.problem;
      place.value = null;
      digits.value = "";
      if (error.status === 404) void standing.again();
    }
  }
  useEffect(() => {
    const timer = setInterval(() => { if (digits.peek() && !document.hidden) void look(); }, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  const onDigits = (last4: string) => { digits.value = last4; return look(); };
  if (place.value) return <Where of={place.value} />;
  return <DigitsForm words={t()} button={t().show} privacy={t().privacy} trouble={problem.value ? said(problem.value) : ""} onDigits={onDigits} />;
}

function Where({ of }: { of: ShownPlace }) {
  const age = secondsSince(of.fixed_at);
  const isOld = age > LAST_KNOWN_S;
  const isCoarse = of.precision === "coarse";
  return (
    <div class="place">
      <p class={`freshness ${isOld ? "old" : "fresh"}`}>{isOld ? <Clock /> : <Pin />}<span>{t().placeOf(age)}</span></p>
      {of.address && <p class="address">{of.address[lang.value]}</p>}
      {isCoarse && <p class="coarse">{t().coarse}</p>}
      <PlaceOnMap position={of} isCoarse={isCoarse} />
      <p class="privacy"><Shield />{t().privacy}</p>
    </div>
  );
}
