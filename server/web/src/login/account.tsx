import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asProblem, call, Refused } from "../api";
import { deskOf } from "../desk";
import { lang } from "../lang";
import { t } from "../texts/login";
import type { FactorSetup, Me, OpenSession, Problem } from "../wire";
import { Codes, Field, Frame, given, Setup, words } from "./parts";

function when(iso: string): string {
  return new Date(iso).toLocaleString(lang.value === "ko" ? "ko-KR" : "en-GB", { dateStyle: "medium", timeStyle: "short" });
}

/** One's own account: what is known of it, and what only its owner may change. */
export function Account() {
  const me = useSignal<Me | null>(null);
  const problem = useSignal<Problem | null>(null);
  const load = async () => {
    try {
      me.value = await call<Me>("GET", "/api/me");
    } catch (error) {
      if (error instanceof Refused && error.status === 401) location.replace("/login");
      else problem.value = asProblem(error);
    }
  };
  useEffect(() => { void load(); }, []);
  const held = me.value;
  if (!held) return <Frame title={t().account.title} lead={words(problem.value)}>{null}</Frame>;
  const a = t().account;
  return (
    <Frame title={a.title} lead="" wide>
      {held.notices.map((notice) => <p class="trouble" role="alert" key={notice.at}>{a.notice(when(notice.at), notice.address)}</p>)}
      {held.notices.length > 0 && <button type="button" onClick={() => void call("POST", "/api/me/notices").then(load)}>{a.noticeSeen}</button>}
      <dl class="facts">
        <dt>{t().login}</dt><dd>{held.name} ({held.login})</dd>
        <dt>{a.role}</dt><dd>{t().roles[held.role] ?? held.role}</dd>
        <dt>{a.seat}</dt><dd>{when(held.session.expires_at)}</dd>
      </dl>
      <p class="ways">
        {deskOf(held) !== "/account" && <a href={deskOf(held)}>{a.desk}</a>}
        <button type="button" class="quiet" onClick={() => void call("POST", "/api/logout").finally(() => location.assign("/login"))}>{a.logout}</button>
      </p>
      <Password />
      <Factor me={held} onChange={load} />
      <Sessions />
    </Frame>
  );
}

function Password() {
  const text = useSignal("");
  const done = useSignal(false);
  const submit = async (event: SubmitEvent) => {
    const form = event.currentTarget as HTMLFormElement, word = given(event);
    done.value = false;
    text.value = word("new-password") === word("again") ? "" : t().differ;
    if (text.value) return;
    try {
      await call("POST", "/api/me/password", { old: word("old"), new: word("new-password") });
      done.value = true;
      form.reset();
    } catch (error) {
      text.value = words(asProblem(error));
    }
  };
  return (
    <section aria-labelledby="password-title">
      <h2 id="password-title">{t().account.passwordTitle}</h2>
      <form onSubmit={(event) => void submit(event)} novalidate>
        <Field name="old" label={t().account.oldPassword} type="password" complete="current-password" />
        <Field name="new-password" label={t().newPassword} type="password" complete="new-password" hint={t().rule} />
        <Field name="again" label={t().again} type="password" complete="new-password" />
        <p class="trouble" id="trouble" role="alert">{text}</p>
        <p role="status">{done.value ? t().account.changed : ""}</p>
        <button type="submit">{t().account.change}</button>
      </form>
    </section>
  );
}

function Factor({ me, onChange }: { me: Me; onChange: () => Promise<void> }) {
  const setup = useSignal<FactorSetup | null>(null);
  const codes = useSignal<string[] | null>(null);
  const text = useSignal("");
  const a = t().account;
  const send = async (work: () => Promise<void>) => {
    text.value = "";
    try { await work(); } catch (error) { text.value = words(asProblem(error)); }
  };
  const proof = (event: SubmitEvent, path: "totp" | "recovery") => {
    const word = given(event), body = { password: word("factor-password"), code: word("factor-code") };
    void send(async () => {
      if (path === "totp") setup.value = await call<FactorSetup>("POST", "/api/me/totp", body);
      else codes.value = (await call<{ recovery_codes: string[] }>("POST", "/api/me/recovery", body)).recovery_codes;
    });
  };
  const confirm = (event: SubmitEvent) => {
    const code = given(event)("new-code");
    void send(async () => {
      codes.value = (await call<{ recovery_codes: string[] }>("POST", "/api/me/totp/confirm", { code })).recovery_codes;
      setup.value = null;
      await onChange();
    });
  };
  return (
    <section aria-labelledby="factor-title">
      <h2 id="factor-title">{a.factorTitle}</h2>
      <p>{me.second_factor.enrolled ? a.factorOn(me.second_factor.recovery_codes_left) : a.factorOff}</p>
      <p class="trouble" role="alert">{text}</p>
      {codes.value ? <><p>{t().codesLead}</p><Codes codes={codes.value} onKept={() => { codes.value = null; void onChange(); }} /></>
        : setup.value ? (
          <form onSubmit={confirm} novalidate>
            <p>{t().setupLead}</p><Setup setup={setup.value} />
            <Field name="new-code" label={t().code} complete="one-time-code" focus />
            <button type="submit" class="primary">{t().confirm}</button>
          </form>
        ) : (
          <form onSubmit={(event) => proof(event, (event.submitter as HTMLButtonElement | null)?.value === "recovery" ? "recovery" : "totp")} novalidate>
            <Field name="factor-password" label={a.oldPassword} type="password" complete="current-password" />
            {me.second_factor.enrolled && <Field name="factor-code" label={t().code} complete="one-time-code" />}
            <button type="submit" value="totp">{me.second_factor.enrolled ? a.replace : a.begin}</button>
            {me.second_factor.enrolled && <button type="submit" class="quiet" value="recovery">{a.renew}</button>}
          </form>
        )}
    </section>
  );
}

function Sessions() {
  const sessions = useSignal<OpenSession[]>([]);
  const a = t().account;
  const load = () => call<{ sessions: OpenSession[] }>("GET", "/api/sessions").then((found) => { sessions.value = found.sessions; }, () => undefined);
  useEffect(() => { void load(); }, []);
  const end = (path: string) => void call("DELETE", path).catch(() => undefined).then(load);
  return (
    <section aria-labelledby="sessions-title">
      <h2 id="sessions-title">{a.sessionsTitle}</h2>
      <ul class="sessions">
        {sessions.value.map((one) => (
          <li key={one.session_id} data-own={one.own}>
            <span>{one.address} · {a.seen} {when(one.seen_at)}{one.own ? ` · ${a.here}` : ""}</span>
            {!one.own && <button type="button" onClick={() => end(`/api/sessions/${one.session_id}`)}>{a.end}</button>}
          </li>
        ))}
      </ul>
      {sessions.value.length > 1 && <button type="button" class="quiet" onClick={() => end("/api/sessions")}>{a.endOthers}</button>}
    </section>
  );
}
