import { effect } from "@preact/signals";
import { render } from "preact";
import { asProblem, call, Refused } from "../api";
import { secondsSince, stopwatch } from "../clock";
import { deskOf } from "../desk";
import { Dialog } from "../dialog";
import { LanguageSwitch } from "../language-switch";
import { named, said } from "../lang";
import { t } from "../texts/agency";
import { ThemeSwitch } from "../theme-switch";
import type { Me } from "../wire";
import { askOpen, asOf, cases, chime, forbidden, fresh, isCut, link, loaded, me, select, selected, selectedId, sessionEnded } from "./desk";
import { AskDetail, AskList } from "./asks";
import { Detail } from "./detail";
import { FirmsDesk } from "./firms";
import { StateIcon } from "./icons";
import { areOn, keyList, setKeys } from "./keys";
import { RequestButton } from "./requests";
import { SentWarningsButton } from "./sent-warnings";
import { isFresh, isOver, OVERDUE_S, stateWord } from "./state";
import type { Case } from "./wire";
import "../styles/base.css";
import "../styles/fonts.css";
import "../styles/map.css";
import "../styles/tile.css";
import "../styles/sheet.css";
import "../styles/agency.css";
import "../styles/video.css";
import "../styles/asks.css";

/** The desk of 112, 119 or another linked agency: its own cases, view-only pictures. */
function Row({ of: d }: { of: Case }) {
  const seconds = secondsSince(d.times.requested ?? d.opened_at);
  const isLate = isFresh(d) && (d.is_overdue || seconds >= OVERDUE_S);
  return (
    <li class={`card state-${isOver(d) ? "over" : d.state}${isFresh(d) ? " card-new" : ""}${isOver(d) ? " card-over" : ""}${!askOpen.value && selectedId.value === d.dispatch_id ? " selected" : ""}`} data-dispatch={d.dispatch_id}>
      <button type="button" class="card-open" aria-current={!askOpen.value && selectedId.value === d.dispatch_id ? "true" : undefined} onClick={() => select(d.dispatch_id)}>
        <span class="row">
          <span class="mark"><StateIcon state={d.state} /> {t().state[stateWord(d)] ?? d.state}</span>
          {!isOver(d) && <span class="timer waiting" aria-hidden="true">{stopwatch(seconds)}</span>}
        </span>
        <strong class="who">{(d.agreement.may.identity && d.caller?.name) || `${t().case} ${d.case_no.slice(-5)}`}</strong>
        <span class="fact">{d.is_drill ? `[${t().drill}] ` : ""}{named(d.center)}{d.type ? ` · ${t().types[d.type] ?? d.type}` : ""}</span>
        <span class="fact">{d.case_no}{d.unit ? ` · ${d.unit}` : ""}</span>
        {isLate && <span class="warn">! {t().overdue}</span>}
      </button>
    </li>
  );
}

function List() {
  const open = cases.value.filter((d) => !isOver(d));
  const over = cases.value.filter(isOver);
  return (
    <nav class="queue" aria-labelledby="list-head">
      <AskList />
      <h2 id="list-head">{t().list} <small>{open.length}</small></h2>
      {!loaded.value ? <p class="region-state" role="status">{t().loading}</p>
        : open.length === 0 ? <div class="empty"><p>{t().empty}</p><p>{t().emptyHint}</p></div>
          : <ul>{open.map((d) => <Row key={d.dispatch_id} of={d} />)}</ul>}
      {over.length > 0 && <><h3>{t().doneHead}</h3><ul>{over.map((d) => <Row key={d.dispatch_id} of={d} />)}</ul></>}
    </nav>
  );
}

/** An association's administrator runs its firms, and sees no case. */
function Firms() {
  return (
    <div class="desk of-firms">
      <header class="top">
        <img src="/static/mark.svg" alt="" width="28" height="28" />
        <h1>{me.value?.agency ? named(me.value.agency) : t().title}</h1>
        <span class="space" />
        <Own />
      </header>
      <FirmsDesk />
    </div>
  );
}

function Own() {
  return (
    <>
      <ThemeSwitch />
      <LanguageSwitch label={t().otherLanguage} />
      <a class="who-am-i" href="/account">{me.value?.name}</a>
      <button type="button" class="quiet" onClick={async () => { await call("POST", "/api/logout").catch(() => undefined); location.assign("/login"); }}>{t().logout}</button>
    </>
  );
}

function Header() {
  const state = link.state.value;
  return (
    <header class="top">
      <img src="/static/mark.svg" alt="" width="28" height="28" />
      <h1>{me.value?.agency ? named(me.value.agency) : t().title}</h1>
      <span class={`link link-${state}`} data-link={state}>{t().link[state]}</span>
      <span class="space" />
      <RequestButton />
      <SentWarningsButton />
      <button type="button" class="quiet" onClick={() => { keyList.value = true; }}>{t().keys.button} <kbd aria-hidden="true">?</kbd></button>
      <Own />
    </header>
  );
}

function Strip() {
  const isLost = link.state.value === "lost";
  const first = fresh.value[0];
  return (
    <div class="strip">
      <div role="alert" class="strip-alert">
        {sessionEnded.value ? <p class="strip-bar">{t().sessionEnded} <a href="/login">{t().loginAgain}</a></p>
          : isLost ? <p class="strip-bar">{t().linkLost(asOf.value)}</p>
            : first ? <p class="strip-bar"><StateIcon state="requested" /> {t().newBar(fresh.value.length)} <button type="button" onClick={() => select(first.dispatch_id)}>{t().openIt}</button></p> : null}
      </div>
      <p class="calm">{!first && !isLost && !sessionEnded.value ? t().calm : ""}</p>
      {!chime.running.value && <button type="button" class="sound-off" onClick={() => void chime.wake()}>{t().soundOff}</button>}
    </div>
  );
}

function Keys() {
  const close = () => { keyList.value = false; };
  return (
    <Dialog title={t().keys.head} onClose={close}>
      <dl class="keys">{Object.entries(t().keys.list).map(([key, what]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{what}</dd></div>)}</dl>
      <label class="choice"><input type="checkbox" checked={areOn.value} onChange={(event) => setKeys(event.currentTarget.checked)} />{t().keys.use}</label>
      <div class="sheet-buttons"><button type="button" class="primary" onClick={close}>{t().keys.close}</button></div>
    </Dialog>
  );
}

function Desk() {
  if (forbidden.value) return <main class="region-state trouble" data-state="forbidden"><h1>{t().forbiddenHead}</h1><p>{said(forbidden.value)}</p><a href="/login">{t().loginAgain}</a></main>;
  if (me.value?.role === "association") return <Firms />;
  const ask = askOpen.value;
  const one = selected.value;
  return (
    <div class={`desk${isCut.value && loaded.value ? " is-cut" : ""}`}>
      <Header />
      <Strip />
      <List />
      <main>{ask ? <AskDetail key={ask.request_id} of={ask} /> : one ? <Detail key={one.dispatch_id} of={one} /> : <div class="empty"><p>{t().choose}</p><p>{t().chooseHint}</p></div>}</main>
      {keyList.value && <Keys />}
    </div>
  );
}

effect(() => { document.title = fresh.value.length > 0 ? `▲ ${fresh.value.length} — ${t().title}` : t().title; });

async function start(): Promise<void> {
  try {
    me.value = await call<Me>("GET", "/api/me");
    if (!["agent", "association"].includes(me.value.role)) location.replace(deskOf(me.value));
  } catch (error) {
    if (error instanceof Refused && error.status === 401) location.replace("/login");
    else if (error instanceof Refused && error.status === 403) forbidden.value = asProblem(error);
    else setTimeout(() => void start(), 2000);
  }
}

void start();
render(<Desk />, document.getElementById("page")!);
