import { useSignal } from "@preact/signals";
import { render } from "preact";
import { asProblem, call } from "../api";
import { LanguageSwitch } from "../language-switch";
import { lang, said } from "../lang";
import { t } from "../texts/login";
import type { Me, Problem } from "../wire";
import "../styles/base.css";
import "../styles/fonts.css";
import "../styles/login.css";

/** Where a role works; `next` only ever names one of our own two pages. */
function deskOf(me: Me): string {
  return me.role === "agent" ? "/agency" : "/console";
}

function words(problem: Problem): string {
  return t().errors[problem.code] ?? said(problem);
}

function Login() {
  const problem = useSignal<Problem | null>(null);
  const isEmpty = useSignal(false);
  const busy = useSignal(false);
  document.title = t().title;

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const login = String(form.get("login") ?? "").trim();
    const password = String(form.get("password") ?? "");
    problem.value = null;
    isEmpty.value = !login || !password;
    if (isEmpty.value) return;
    busy.value = true;
    try {
      location.assign(deskOf(await call<Me>("POST", "/api/login", { login, password })));
    } catch (error) {
      problem.value = asProblem(error);
      busy.value = false;
      (document.getElementById("password") as HTMLInputElement | null)?.select();
    }
  }

  const text = isEmpty.value ? t().empty : problem.value ? words(problem.value) : "";
  return (
    <main class="login" lang={lang.value}>
      <header><img src="/static/mark.svg" alt="" width="44" height="44" /><h1>{t().title}</h1><LanguageSwitch label={t().otherLanguage} /></header>
      <p>{t().lead}</p>
      <form onSubmit={submit} novalidate>
        <label for="login">{t().login}</label>
        <input id="login" name="login" autocomplete="username" autocapitalize="none" spellcheck={false} autofocus
          aria-describedby="trouble" />
        <label for="password">{t().password}</label>
        <input id="password" name="password" type="password" autocomplete="current-password" aria-describedby="trouble" />
        <p id="trouble" class="trouble" role="alert">{text}</p>
        <button class="primary" type="submit" disabled={busy.value}>{busy.value ? t().busy : t().submit}</button>
      </form>
    </main>
  );
}

render(<Login />, document.getElementById("page")!);
