import { useSignal } from "@preact/signals";
import { render } from "preact";
import { useEffect } from "preact/hooks";
import { asProblem, call } from "../api";
import { deskOf, ownPath } from "../desk";
import { t } from "../texts/login";
import type { FactorSetup, Me, Problem } from "../wire";
import { Account } from "./account";
import { Codes, Field, Frame, given, Setup, Trouble, words } from "./parts";
import "../styles/base.css";
import "../styles/fonts.css";
import "../styles/login.css";

type Stage =
  | { kind: "password" }
  | { kind: "second_factor" | "password_change"; ticket: string }
  | { kind: "second_factor_setup"; ticket: string; setup: FactorSetup | null }
  | { kind: "codes"; codes: string[]; me: Me };
type Entered = Me & { recovery_codes?: string[] };
const STEPS = ["second_factor", "password_change", "second_factor_setup"];

/** What stands behind `#`: an invitation, the next step after the city's account server, or why it said no.
    It is taken out of the address at once, so that it stays in no history. */
const told = new URLSearchParams(location.hash.slice(1));
if (location.hash) history.replaceState(null, "", location.pathname);
addEventListener("hashchange", () => location.reload()); // a link opened where this page is open already

/** Where somebody was on the way to, if that is a page of ours; else the role's own. */
function placeOf(me: Me): string {
  return ownPath(told.get("next")) || deskOf(me);
}

function begun(): Stage {
  const step = told.get("step") ?? "", ticket = told.get("ticket") ?? "";
  return STEPS.includes(step) && ticket ? stageOf(step, ticket) : { kind: "password" };
}

function stageOf(step: string, ticket: string): Stage {
  return step === "second_factor_setup" ? { kind: step, ticket, setup: null } : { kind: step as "second_factor", ticket };
}

function Login() {
  const stage = useSignal<Stage>(begun());
  const problem = useSignal<Problem | null>(told.get("problem") ? { code: told.get("problem")!, message_ko: "", message_en: "" } : null);
  const own = useSignal("");
  const busy = useSignal(false);
  const hasOidc = useSignal(false);
  useEffect(() => { void call<{ oidc: boolean }>("GET", "/api/login").then((ways) => { hasOidc.value = ways.oidc; }, () => undefined); }, []);

  /** One request of the sign-in; a refusal that carries a ticket is the next step. */
  async function send(path: string, body: object) {
    problem.value = null; own.value = ""; busy.value = true;
    try {
      const entered = await call<Entered>("POST", path, body);
      if (!entered.recovery_codes) return location.assign(placeOf(entered));
      stage.value = { kind: "codes", codes: entered.recovery_codes, me: entered };
    } catch (error) {
      const found = asProblem(error);
      if (found.ticket && STEPS.includes(found.code)) stage.value = stageOf(found.code, found.ticket);
      else {
        if (["ticket_ended", "held"].includes(found.code)) stage.value = { kind: "password" };
        problem.value = found;
      }
    }
    busy.value = false;
    (document.querySelector("form input[type=password], form #code") as HTMLInputElement | null)?.select();
  }

  const now = stage.value;
  const trouble = <Trouble text={own.value || words(problem.value)} />;
  const button = (text: string) => <button class="primary" type="submit" disabled={busy.value}>{busy.value ? t().busy : text}</button>;
  const restart = <button type="button" class="quiet" onClick={() => { stage.value = { kind: "password" }; problem.value = null; }}>{t().restart}</button>;

  if (now.kind === "codes") {
    return <Frame title={t().codesTitle} lead={t().codesLead}><Codes codes={now.codes} onKept={() => location.assign(placeOf(now.me))} /></Frame>;
  }
  if (now.kind === "second_factor") {
    return (
      <Frame title={t().secondTitle} lead={t().secondLead}>
        <form onSubmit={(event) => void send("/api/login/second", { ticket: now.ticket, code: given(event)("code") })} novalidate>
          <Field key="code" name="code" label={t().code} complete="one-time-code" focus />{trouble}{button(t().confirm)}{restart}
        </form>
      </Frame>
    );
  }
  if (now.kind === "password_change") {
    const change = (event: SubmitEvent) => {
      const word = given(event);
      own.value = word("new-password") === word("again") ? "" : t().differ;
      if (!own.value) void send("/api/login/password", { ticket: now.ticket, password: word("new-password") });
    };
    return (
      <Frame title={t().changeTitle} lead={t().changeLead}>
        <form onSubmit={change} novalidate>
          <Field key="new-password" name="new-password" label={t().newPassword} type="password" complete="new-password" hint={t().rule} focus />
          <Field key="again" name="again" label={t().again} type="password" complete="new-password" />
          {trouble}{button(t().confirm)}{restart}
        </form>
      </Frame>
    );
  }
  if (now.kind === "second_factor_setup") {
    return <SetUp ticket={now.ticket} send={send} trouble={trouble} button={button} restart={restart} />;
  }
  const submit = (event: SubmitEvent) => {
    const word = given(event), login = word("login"), password = word("password");
    own.value = login && password ? "" : t().empty;
    problem.value = null;
    if (!own.value) void send("/api/login", { login, password });
  };
  return (
    <Frame title={t().title} lead={t().lead}>
      <form onSubmit={submit} novalidate>
        <Field key="login" name="login" label={t().login} complete="username" value={told.get("login") ?? ""} focus />
        <Field key="password" name="password" label={t().password} type="password" complete="current-password" value={told.get("code") ?? ""} />
        {trouble}{button(t().submit)}
      </form>
      {hasOidc.value && <p class="other"><a href="/api/login/oidc">{t().oidc}</a></p>}
    </Frame>
  );
}

function SetUp({ ticket, send, trouble, button, restart }: {
  ticket: string; send: (path: string, body: object) => Promise<void>;
  trouble: preact.JSX.Element; button: (text: string) => preact.JSX.Element; restart: preact.JSX.Element;
}) {
  const setup = useSignal<FactorSetup | null>(null);
  const problem = useSignal<Problem | null>(null);
  useEffect(() => {
    void call<FactorSetup>("POST", "/api/login/totp", { ticket }).then((found) => { setup.value = found; }, (error) => { problem.value = asProblem(error); });
  }, [ticket]);
  return (
    <Frame title={t().setupTitle} lead={t().setupLead}>
      {problem.value && <p class="trouble" role="alert">{words(problem.value)}</p>}
      {setup.value && <Setup setup={setup.value} />}
      <form onSubmit={(event) => void send("/api/login/totp/confirm", { ticket, code: given(event)("code") })} novalidate>
        <Field name="code" label={t().code} complete="one-time-code" focus />{trouble}{button(t().confirm)}{restart}
      </form>
    </Frame>
  );
}

render(location.pathname === "/account" ? <Account /> : <Login />, document.getElementById("page")!);
