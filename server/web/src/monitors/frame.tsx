import { effect } from "@preact/signals";
import { render, type ComponentChildren } from "preact";
import { call, Refused } from "../api";
import { timeOfDay } from "../clock";
import { bindKeys } from "../console/keys";
import { KeysSheet } from "../console/key-list";
import { LinkMark } from "../console/link-mark";
import { type MonitorKind, pageKind } from "../console/page-kind";
import { feed, fresh, me, selected, sheet } from "../console/seat";
import { leader } from "../console/seats";
import { callerWords, StateMark, Waiting, whereWords } from "../console/facts";
import { LanguageSwitch } from "../language-switch";
import { t } from "../texts/console";
import { s } from "../texts/seat";
import { ThemeSwitch } from "../theme-switch";
import type { Me } from "../wire";

/**
 * What every monitor of a seat shows around its one region: which console it follows, how its line is, what is open,
 * and why it shows nothing when it shows nothing. The console rings; a monitor is silent.
 */
const m = () => s().monitor;
const kind = pageKind as MonitorKind;

function Follows() {
  const held = leader.value;
  const words = held ? m().follows(held.name, held.same_browser) : held === null ? m().alone : m().looking;
  return <p class={`follows${held === null ? " warn" : ""}`} id="incident" tabIndex={-1} role="status" data-follows={held ? "seat" : held === null ? "nobody" : "looking"}>{words}</p>;
}

function Header() {
  return (
    <header class="top">
      <img src="/static/mark.svg" alt="" width="28" height="28" />
      <h1>{m().title[kind]}</h1>
      <LinkMark />
      <Follows />
      <span class="space" />
      <button type="button" class="quiet" onClick={() => { sheet.value = { kind: "keys" }; }}>{t().help}</button>
      <ThemeSwitch />
      <LanguageSwitch label={t().otherLanguage} />
    </header>
  );
}

/** What is open at the seat, the same words on each of its screens. */
function Subject() {
  const card = selected.value;
  if (!card) return null;
  return (
    <div class={`subject${card.is_drill ? " is-drill" : ""}`} data-incident={card.incident_id}>
      {card.is_drill && <strong class="drill-mark">{m().drill}</strong>}
      <StateMark card={card} />
      <strong class="who">{callerWords(card)}</strong>
      <span>{whereWords(card)}</span>
      <Waiting card={card} />
    </div>
  );
}

function Empty({ words, hint, children }: { words: string; hint?: string; children?: ComponentChildren }) {
  return <div class="monitor-empty" role="status"><p>{words}</p>{hint && <p>{hint}</p>}{children}</div>;
}

/** Without a console the queue still shows who waits: somebody may be standing in front of it. */
function Body({ children, needsIncident }: { children: ComponentChildren; needsIncident: boolean }) {
  if (!me.value || leader.value === undefined) return <Empty words={m().looking} />;
  const alone = leader.value === null;
  if (!needsIncident) return <>{alone && <p class="banner">{m().aloneQueue} <a href="/console">{m().openConsole}</a></p>}{children}</>;
  if (alone) return <Empty words={m().alone} hint={m().aloneHint}><a class="button" href="/console" target="_blank" rel="noopener">{m().openConsole}</a></Empty>;
  return selected.value ? <>{children}</> : <Empty words={m().nothing} hint={m().nothingHint} />;
}

function LinkLost() {
  if (feed.link.state.value !== "lost") return null;
  const heard = feed.link.heardAt.value;
  return <p class="strip-bar lost" role="alert"><span aria-hidden="true">✕</span> <strong>{heard ? s().linkLost(timeOfDay(heard)) : t().neverConnected}</strong> <span class="retrying">{s().retrying}</span></p>;
}

function Monitor({ children, needsIncident }: { children: ComponentChildren; needsIncident: boolean }) {
  if (feed.sessionEnded.value) {
    return <div class={`monitor monitor-${kind}`}><Header /><main><Empty words={m().ended}><a class="button" href="/login">{m().login}</a></Empty></main></div>;
  }
  const isLost = feed.link.state.value === "lost";
  return (
    <div class={`monitor monitor-${kind}${isLost ? " is-old" : ""}`}>
      <Header />
      <LinkLost />
      {needsIncident && <Subject />}
      <main><Body needsIncident={needsIncident}>{children}</Body></main>
      {sheet.value?.kind === "keys" && <KeysSheet onClose={() => { sheet.value = null; }} />}
    </div>
  );
}

async function start(): Promise<void> {
  try {
    me.value = await call<Me>("GET", "/api/me");
    if (!me.value.permissions.includes("incidents.read")) location.replace("/login");
  } catch (error) {
    if (error instanceof Refused && (error.status === 401 || error.status === 403)) location.replace("/login");
    else setTimeout(() => void start(), 2000); // the link's own state says that the server is away
  }
}

/** `needsIncident`: there is nothing to show before one is open. */
export function openMonitor(region: ComponentChildren, needsIncident: boolean): void {
  effect(() => {
    document.title = fresh.value.length > 0 ? `▲ ${fresh.value.length} — ${m().title[kind]}` : m().title[kind];
  });
  bindKeys({ help: () => { sheet.value = { kind: "keys" }; } });
  void start();
  render(<Monitor needsIncident={needsIncident}>{region}</Monitor>, document.getElementById("page")!);
}
