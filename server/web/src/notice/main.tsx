import { render } from "preact";
import { Trouble, useAct } from "../act";
import { call } from "../api";
import { toMinute } from "../clock";
import { Loaded } from "../loaded";
import { t } from "../texts/notice";
import "../theme";
import { Bell, Check, Lock, Phone, Shield } from "../follow/icons";
import { Frame, Message } from "../follow/frame";
import { base, isTurning, notice, view, type Notice, type Told } from "./source";
import { Digits, Say, Where } from "./where";
import "../styles/base.css";
import "../styles/follow.css";
import "../styles/notice.css";

/** A guardian's page of one walk: what happened, what to do, and after her digits where she is, if the walk shows it. */
const newest = (of: Notice): Told => of.events.at(-1) ?? of;

const isWarning = (of: Notice): boolean => of.event.startsWith("approach");

function isUrgent(of: Notice): boolean {
  return of.has_sos || (!of.is_over && (of.is_late || isWarning(of)));
}

function Acknowledge({ of }: { of: Notice }) {
  const act = useAct();
  const go = () => act.run(async () => { await call("POST", `${base}/acknowledged`); await notice.again(); });
  if (of.acknowledged_at) {
    return <p class="freshness fresh" role="status"><Check /><span>{t().seenDone(toMinute(of.acknowledged_at))}</span></p>;
  }
  return (
    <section class="seen">
      <button type="button" class="primary" disabled={act.isBusy} onClick={() => void go()}>{act.isBusy ? t().seenBusy : t().seen}</button>
      <Trouble of={act.problem} />
      <p class="privacy"><Shield />{t().seenWhy}</p>
    </section>
  );
}

/** A warning has no place behind it: from where, as seen from her, and how near. */
function WarningOf({ of }: { of: Notice }) {
  const { head, lead } = of.is_over ? t().approachOver(of.person_nickname) : t().approach(of.person_nickname);
  const where = of.warning ? [t().directions[of.warning.direction], t().bands[of.warning.band]].filter(Boolean).join(" · ") : "";
  return (
    <>
      <div class="summary" role="status">
        <h1>{head}</h1>
        {where && <p class="lead"><b>{where}</b></p>}
        <p class="lead"><b class="timer">{t().at(toMinute(newest(of).at))}</b></p>
        <p class="lead">{lead}</p>
      </div>
      {!of.is_over && <Acknowledge of={of} />}
      <Happened of={of} />
    </>
  );
}

/** Head, words: an SOS, the end, trouble that is over, or the newest of what she was told. */
function headOf(of: Notice): { head: string; lead: string } {
  const name = of.person_nickname;
  if (of.has_sos) return t().sos(name);
  if (of.is_over) return (t().over[of.outcome] ?? t().over.gone)(name);
  const event = newest(of).event;
  if (event === "walk_late" && !of.is_late) return t().calmAgain(name);
  return { head: (t().head[event] ?? t().head.walk_late)(name), lead: t().lead[event] ?? "" };
}

function Happened({ of }: { of: Notice }) {
  if (of.events.length < 2) return null;
  return (
    <section class="happened">
      <h2>{t().happenedHead}</h2>
      <ol>{of.events.map((one) => <li key={one.at}><b class="timer">{toMinute(one.at)}</b><span>{t().happened[one.event] ?? one.event}</span></li>)}</ol>
    </section>
  );
}

function WalkOf({ of }: { of: Notice }) {
  const { head, lead } = headOf(of);
  const urgent = isUrgent(of);
  const seen = view.value;
  return (
    <>
      <div class="summary" role="status">
        <h1>{head}</h1>
        <p class="lead"><b class="timer">{t().at(toMinute(newest(of).at))}</b></p>
        <p class="lead">{lead}</p>
      </div>
      {urgent && !of.has_sos && <Say name={of.person_nickname} since={newest(of).at} of={seen} />}
      {urgent && !of.has_sos && <Acknowledge of={of} />}
      {seen?.is_shown ? <Where of={seen} />
        : of.has_sos ? <Digits head={t().sosDigits} lead={t().sosDigitsLead} button={t().sosOpen} />
        : of.is_shown ? <Digits head={t().placeHead} lead={t().digitsLead} button={t().show} />
        : !of.is_over && <p class="quiet-place"><Shield />{t().hidden}</p>}
      <Happened of={of} />
    </>
  );
}

function Calls() {
  return <nav class="calls" aria-label={t().calls}><a class="call police" href="tel:112"><Phone />{t().call112}</a></nav>;
}

function Body() {
  const held = notice.state.value;
  if (isTurning.value) return <Message icon={<Bell />} head={t().turning} role="status" />;
  if (held.is === "problem" && held.problem.code === "no_link") return <Message icon={<Lock />} head={t().goneHead} text={t().gone} role="status" />;
  return <Loaded of={notice}>{(of) => (isWarning(of) ? <WarningOf of={of} /> : <WalkOf of={of} />)}</Loaded>;
}

function Page() {
  const held = notice.state.value;
  const urgent = held.is === "ready" && isUrgent(held.data);
  return <Frame title={t().title} other={t().otherLanguage} footer={urgent ? <Calls /> : undefined}><Body /></Frame>;
}

void notice.again();
render(<Page />, document.getElementById("page")!);
