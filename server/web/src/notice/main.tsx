import { signal, useSignal } from "@preact/signals";
import { render } from "preact";
import { useEffect } from "preact/hooks";
import { call, Refused } from "../api";
import { secondsSince, timeOfDay } from "../clock";
import { lang, said } from "../lang";
import { Loaded, Loader } from "../loaded";
import { t } from "../texts/notice";
import type { Position, Problem } from "../wire";
import { Check, Clock, Lock, Phone, Pin, Shield } from "../follow/icons";
import { Frame, Message } from "../follow/frame";
import { PlaceOnMap } from "../follow/place-on-map";
import "../styles/base.css";
import "../styles/follow.css";

/** What a guardian was told of a walk: words, "I have seen this", and where she is once the walk shows it. */
interface Notice { event: string; person_nickname: string; at: string; acknowledged_at: string | null }
interface Place extends Position { address: { ko: string; en: string } | null }
interface Seen { state: string; eta: string | null; place: Place | null }

const AGAIN_MS = 10_000;
const LAST_KNOWN_S = 120;
const URGENT = ["walk_late", "walk_raised"];
const id = decodeURIComponent(location.pathname.split("/").filter(Boolean).at(-1) ?? "");
const base = `/api/notices/${encodeURIComponent(id)}`;
const notice = new Loader(() => call<Notice>("POST", `${base}/opened`));
const toMinute = (at: string) => timeOfDay(at).slice(0, 5);
/** The digits stay in this page's memory only. */
const digits = signal("");

function Acknowledge({ of }: { of: Notice }) {
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  async function go() {
    busy.value = true;
    problem.value = null;
    try {
      await call("POST", `${base}/acknowledged`);
      await notice.again();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      problem.value = error.problem;
    }
    busy.value = false;
  }
  if (of.acknowledged_at) {
    return <p class="freshness fresh" role="status"><Check /><span>{t().seenDone(toMinute(of.acknowledged_at))}</span></p>;
  }
  return (
    <div class="digits">
      <button type="button" class="primary" disabled={busy.value} onClick={() => void go()}>{busy.value ? t().seenBusy : t().seen}</button>
      <p class="trouble" role="alert">{problem.value ? said(problem.value) : ""}</p>
      <p class="privacy"><Shield />{t().seenWhy}</p>
    </div>
  );
}

function Where() {
  const seen = useSignal<Seen | null>(null);
  const problem = useSignal<Problem | null>(null);
  const busy = useSignal(false);
  const short = useSignal(false);
  async function look() {
    try {
      seen.value = await call<Seen>("POST", `${base}/walk/place`, { last4: digits.value });
      problem.value = null;
    } catch (error) {
      if (!(error instanceof Refused)) return; // no line at the moment: what is shown keeps its time
      problem.value = error.problem;
      seen.value = null;
      digits.value = "";
    }
  }
  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const given = String(new FormData(event.currentTarget as HTMLFormElement).get("last4") ?? "").trim();
    short.value = !/^\d{4}$/.test(given);
    if (short.value) return;
    busy.value = true;
    digits.value = given;
    await look();
    busy.value = false;
  }
  useEffect(() => {
    const timer = setInterval(() => { if (digits.value && !document.hidden) void look(); }, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  if (seen.value) return <Shown of={seen.value} />;
  const words = short.value ? t().fourDigits : problem.value ? said(problem.value) : "";
  return (
    <form class="digits" onSubmit={submit} novalidate>
      <h2>{t().placeHead}</h2>
      <label for="last4">{t().digits}</label>
      <input id="last4" name="last4" inputMode="numeric" autocomplete="off" maxLength={4} pattern="[0-9]{4}" aria-describedby="trouble" aria-invalid={words !== ""} />
      <p id="trouble" class="trouble" role="alert">{words}</p>
      <button type="submit" class="primary" disabled={busy.value}>{busy.value ? t().opening : t().show}</button>
      <p class="privacy"><Shield />{t().privacy}</p>
    </form>
  );
}

function Shown({ of }: { of: Seen }) {
  const place = of.place;
  const age = place ? secondsSince(place.fixed_at) : 0;
  const isOld = age > LAST_KNOWN_S;
  return (
    <section class="place" aria-label={t().placeHead}>
      {of.eta && <p class="freshness fresh"><Clock /><span>{t().eta(toMinute(of.eta))}</span></p>}
      {place ? (
        <>
          <p class={`freshness ${isOld ? "old" : "fresh"}`}>{isOld ? <Clock /> : <Pin />}<span>{(isOld ? t().last : t().fresh)(t().ago(age))}</span></p>
          {place.address && <p class="address">{place.address[lang.value]}</p>}
          <PlaceOnMap position={place} isCoarse={false} />
        </>
      ) : <p class="freshness amber"><Clock /><span>{t().none}</span></p>}
      <p class="privacy"><Shield />{t().privacy}</p>
    </section>
  );
}

function Told({ of }: { of: Notice }) {
  const head = t().head[of.event] ?? t().head.walk_late;
  return (
    <>
      <div class="summary" role="status">
        <h1>{head(of.person_nickname)}</h1>
        <p class="lead"><b class="timer">{t().at(toMinute(of.at))}</b></p>
        <p class="lead">{t().lead[of.event]}</p>
      </div>
      {URGENT.includes(of.event) && <Acknowledge of={of} />}
      {of.event !== "walk_arrived" && <Where />}
    </>
  );
}

function Calls() {
  return <nav class="calls" aria-label={t().calls}><a class="call police" href="tel:112"><Phone />{t().call112}</a></nav>;
}

function Body() {
  const held = notice.state.value;
  if (held.is === "problem" && held.problem.code === "no_link") return <Message icon={<Lock />} head={t().goneHead} text={t().gone} role="status" />;
  return <Loaded of={notice}>{(of) => <Told of={of} />}</Loaded>;
}

function Page() {
  const held = notice.state.value;
  const isUrgent = held.is === "ready" && URGENT.includes(held.data.event);
  return <Frame title={t().title} other={t().otherLanguage} footer={isUrgent ? <Calls /> : undefined}><Body /></Frame>;
}

void notice.again();
render(<Page />, document.getElementById("page")!);
