import { effect } from "@preact/signals";
import { render } from "preact";
import { call, Refused } from "../api";
import { secondsSince, stopwatch } from "../clock";
import { LanguageSwitch } from "../language-switch";
import { named } from "../lang";
import { t } from "../texts/agency";
import type { AgencyDispatch, Me } from "../wire";
import { chime, dispatches, fresh, isFresh, isOver, link, me, selected, selectedId, sessionEnded } from "./desk";
import { Detail } from "./detail";
import { RequestButton } from "./requests";
import "../styles/base.css";
import "../styles/fonts.css";
import "../styles/map.css";
import "../styles/tile.css";
import "../styles/sheet.css";
import "../styles/agency.css";
import "../styles/video.css";

/** The desk of 112, 119 or another linked agency: its own dispatches, view-only pictures. */
function Elapsed({ since }: { since: string }) {
  return <span class="timer waiting" aria-hidden="true">{stopwatch(secondsSince(since))}</span>;
}

function Row({ dispatch: d }: { dispatch: AgencyDispatch }) {
  const shape = isFresh(d) ? "▲" : isOver(d) ? "✓" : d.state === "accepted" ? "●" : "■";
  return (
    <li class={`card${isFresh(d) ? " card-new" : ""}${isOver(d) ? " card-over" : ""}${selectedId.value === d.dispatch_id ? " selected" : ""}`} data-dispatch={d.dispatch_id}>
      <button type="button" class="card-open" aria-current={selectedId.value === d.dispatch_id ? "true" : undefined}
        onClick={() => { selectedId.value = d.dispatch_id; }}>
        <span class="row">
          <span class={`mark${isFresh(d) ? " mark-received" : ""}`}><span aria-hidden="true">{shape}</span> {t().state[d.state] ?? d.state}</span>
          {!isOver(d) && <Elapsed since={d.times.requested ?? d.opened_at} />}
        </span>
        <strong class="who">{d.caller?.name || `${t().case} ${d.case_no}`}</strong>
        <span class="fact">{named(d.center)} · {t().case} {d.case_no}</span>
        {d.is_overdue && isFresh(d) && <span class="warn">! {t().overdue}</span>}
      </button>
    </li>
  );
}

function List() {
  const open = dispatches.value.filter((d) => !isOver(d));
  const over = dispatches.value.filter(isOver);
  return (
    <nav class="queue" aria-labelledby="list-head">
      <h2 id="list-head">{t().list} <small>{open.length}</small></h2>
      {open.length === 0 ? <div class="empty"><p>{t().empty}</p><p>{t().emptyHint}</p></div>
        : <ul>{open.map((d) => <Row key={d.dispatch_id} dispatch={d} />)}</ul>}
      {over.length > 0 && <><h3>{t().doneHead}</h3><ul>{over.map((d) => <Row key={d.dispatch_id} dispatch={d} />)}</ul></>}
    </nav>
  );
}

function Header() {
  const state = link.state.value;
  return (
    <header class="top">
      <img src="/static/mark.svg" alt="" width="28" height="28" />
      <h1>{t().title}{me.value?.agency ? ` — ${named(me.value.agency)}` : ""}</h1>
      <span class={`link link-${state}`} data-link={state}>{t().link[state]}</span>
      <span class="space" />
      <RequestButton />
      <LanguageSwitch label={t().otherLanguage} />
      <span class="who-am-i">{me.value?.name}</span>
      <button type="button" class="quiet" onClick={async () => { await call("POST", "/api/logout").catch(() => undefined); location.assign("/login"); }}>{t().logout}</button>
    </header>
  );
}

function Strip() {
  const isLost = link.state.value === "lost";
  return (
    <div class="strip">
      <div role="alert" class="strip-alert">
        {sessionEnded.value ? <p class="strip-bar">{t().sessionEnded} <a href="/login">{t().loginAgain}</a></p>
          : isLost ? <p class="strip-bar">✕ {t().linkLost}</p>
            : fresh.value.length > 0 ? <p class="strip-bar">▲ {t().newBar(fresh.value.length)}</p> : null}
      </div>
      <p class="calm">{fresh.value.length === 0 && !isLost ? t().calm : ""}</p>
      {!chime.running.value && <button type="button" class="sound-off" onClick={() => void chime.wake()}>{t().soundOff}</button>}
    </div>
  );
}

function Desk() {
  const dispatch = selected.value;
  return (
    <div class="desk">
      <Header />
      <Strip />
      <List />
      <main>{dispatch ? <Detail key={dispatch.dispatch_id} dispatch={dispatch} /> : <div class="empty"><p>{t().choose}</p><p>{t().chooseHint}</p></div>}</main>
    </div>
  );
}

effect(() => { document.title = fresh.value.length > 0 ? `▲ ${fresh.value.length} — ${t().title}` : t().title; });

async function start(): Promise<void> {
  try {
    me.value = await call<Me>("GET", "/api/me");
    if (me.value.role !== "agent") location.replace("/console");
  } catch (error) {
    if (error instanceof Refused && (error.status === 401 || error.status === 403)) location.replace("/login");
    else setTimeout(() => void start(), 2000);
  }
}

void start();
render(<Desk />, document.getElementById("page")!);
