import { signal, useSignal } from "@preact/signals";
import { render } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { call, Refused } from "../api";
import { dayAndTime } from "../clock";
import { lang, said } from "../lang";
import { Loaded, Loader } from "../loaded";
import { t } from "../texts/invitation";
import type { Problem } from "../wire";
import { Bell, Check, Cross, NoPhone, Pin, Shield } from "../follow/icons";
import { Frame, Message } from "../follow/frame";
import { BrowserPush } from "../follow/push";
import { PushOffer } from "../follow/push-offer";
import { AlarmForHer } from "./alarm";
import { Care } from "./care";
import { Allowed, QuietHours } from "./terms";
import { base, standing, type Hours } from "./source";
import "../theme";
import "../styles/base.css";
import "../styles/follow.css";
import "../styles/invitation.css";

/** Becoming a guardian without an app: who asks, what for, in which words; and the way out again. */
interface Told { at: string; push: string; texted_at: string | null; opened_at: string | null }
interface Invitation {
  person_nickname: string; designated_at: string; accepted_at: string | null; is_representative: boolean;
  guest_until: string | null; quiet_hours: Hours | null; told: Told[]; push: boolean; consent: { version: string; ko: string; en: string };
}

const invitation = new Loader(() => call<Invitation>("GET", base));
/** What she has just decided, which the invitation itself can't say any more. */
const left = signal<"" | "declined" | "withdrawn">("");
const problem = signal<Problem | null>(null);

async function act(work: () => Promise<unknown>): Promise<boolean> {
  problem.value = null;
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem.value = error.problem;
    if (error.problem.code === "old_text" || error.status === 404) await invitation.again();
    return false;
  }
}

async function accept(version: string): Promise<void> {
  if (await act(() => call("POST", `${base}/accept`, { push_token: null, version }))) await invitation.again();
}

async function leave(how: "declined" | "withdrawn"): Promise<void> {
  const done = () => (how === "declined" ? call("POST", `${base}/decline`) : call("DELETE", base));
  if (await act(done)) left.value = how;
}

function Trouble() {
  return <p class="trouble" role="alert">{problem.value ? said(problem.value) : ""}</p>;
}

function What() {
  return (
    <section class="facts">
      <h2>{t().getHead}</h2>
      <ul>
        <li><Bell /><span>{t().getTold}</span></li>
        <li><Check /><span>{t().getWalk}</span></li>
        <li><Pin /><span>{t().getPlace}</span></li>
        <li><Shield /><span>{t().getSteps}</span></li>
      </ul>
      <h2>{t().notHead}</h2>
      <ul class="not">
        <li><Cross /><span>{t().notAlways}</span></li>
        <li><Cross /><span>{t().notVideo}</span></li>
        <li><NoPhone /><span>{t().notCall}</span></li>
      </ul>
    </section>
  );
}

function Consent({ of }: { of: Invitation }) {
  return (
    <details class="consent">
      <summary>{t().consentHead}</summary>
      <p>{of.consent[lang.value]}</p>
      <p class="version">{t().version(of.consent.version)}</p>
    </details>
  );
}

/** Two presses for what can't be taken back by this person alone. */
function Sure({ label, sure, onSure }: { label: string; sure: string; onSure: () => Promise<void> }) {
  const isAsked = useSignal(false);
  const isBusy = useSignal(false);
  if (!isAsked.value) return <button type="button" class="quiet" onClick={() => { isAsked.value = true; }}>{label}</button>;
  const go = async () => { isBusy.value = true; await onSure(); isBusy.value = false; };
  return (
    <div class="sure" role="alertdialog" aria-label={label}>
      <p>{sure}</p>
      <div class="choices">
        <button type="button" class="danger" disabled={isBusy.value} onClick={() => void go()}>{label}</button>
        <button type="button" class="quiet" onClick={() => { isAsked.value = false; }}>{t().keep}</button>
      </div>
    </div>
  );
}

function Asked({ of }: { of: Invitation }) {
  const isBusy = useSignal(false);
  const go = async () => { isBusy.value = true; await accept(of.consent.version); isBusy.value = false; };
  return (
    <>
      <div class="summary">
        <h1>{t().head(of.person_nickname)}</h1>
        <p class="lead">{t().lead(dayAndTime(of.designated_at))}</p>
      </div>
      <What />
      <Consent of={of} />
      <Trouble />
      <div class="choices decide">
        <button type="button" class="primary" disabled={isBusy.value} onClick={() => void go()}>{isBusy.value ? t().busy : t().accept}</button>
        <Sure label={t().decline} sure={t().declineSure} onSure={() => leave("declined")} />
      </div>
      <p class="privacy"><Shield />{t().record}</p>
    </>
  );
}

function history(told: Told): string {
  if (told.opened_at) return t().opened(dayAndTime(told.opened_at));
  return told.texted_at ? t().texted : told.push === "sent" ? t().pushed : t().waiting;
}

function Accepted({ of }: { of: Invitation }) {
  const push = useMemo(() => new BrowserPush(base), []);
  useEffect(() => void standing.again(), []);
  return (
    <>
      <div class="summary" role="status">
        <h1 class="done"><span class="badge"><Check /></span>{t().isGuardian(of.person_nickname)}</h1>
        <p class="lead">{t().since(dayAndTime(of.accepted_at ?? of.designated_at))}{of.guest_until && ` ${t().guest(dayAndTime(of.guest_until))}`}</p>
      </div>
      <Care name={of.person_nickname} />
      <AlarmForHer name={of.person_nickname} />
      {of.push && <PushOffer push={push} />}
      <QuietHours of={of.quiet_hours} onSaved={invitation.again} />
      <Allowed />
      <section class="told">
        <h2>{t().toldHead}</h2>
        {of.told.length === 0 ? <p class="quiet-words">{t().toldNone}</p>
          : <ul>{of.told.map((one) => <li key={one.at}><b class="timer">{dayAndTime(one.at)}</b><span>{history(one)}</span></li>)}</ul>}
      </section>
      <Consent of={of} />
      <Trouble />
      <Sure label={t().withdraw} sure={of.is_representative ? t().withdrawRepresentative : t().withdrawSure} onSure={() => leave("withdrawn")} />
      <p class="privacy"><Shield />{t().keepPage}</p>
    </>
  );
}

function Body() {
  if (left.value) {
    return <Message icon={<Check />} tone="good" role="status" head={left.value === "declined" ? t().declined : t().withdrawn} text={t().leftText} />;
  }
  const held = invitation.state.value;
  if (held.is === "problem" && held.problem.code === "no_invitation") {
    return <Message icon={<Cross />} head={t().goneHead} text={t().gone} />;
  }
  return <Loaded of={invitation}>{(of) => (of.accepted_at ? <Accepted of={of} /> : <Asked of={of} />)}</Loaded>;
}

void invitation.again();
render(<PageOf />, document.getElementById("page")!);

function PageOf() {
  const held = invitation.state.value;
  const isGuardian = held.is === "ready" && held.data.accepted_at !== null && !left.value;
  return <Frame title={isGuardian ? t().titleGuardian : t().title} other={t().otherLanguage}><Body /></Frame>;
}
