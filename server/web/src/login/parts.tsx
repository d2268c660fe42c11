import type { ComponentChildren } from "preact";
import { LanguageSwitch } from "../language-switch";
import { lang, said } from "../lang";
import { Qr } from "../qr";
import { t } from "../texts/login";
import type { FactorSetup, Problem } from "../wire";

export function words(problem: Problem | null): string {
  return problem ? t().errors[problem.code] ?? said(problem) : "";
}

export function Frame({ title, lead, children, wide = false }: { title: string; lead: string; children: ComponentChildren; wide?: boolean }) {
  document.title = title;
  return (
    <main class={wide ? "login wide" : "login"} lang={lang.value}>
      <header><img src="/static/mark.svg" alt="" width="44" height="44" /><h1>{title}</h1><LanguageSwitch label={t().otherLanguage} /></header>
      {lead && <p>{lead}</p>}
      {children}
    </main>
  );
}

/** One labelled field; `trouble` is where a refusal is read. */
export function Field({ name, label, type = "text", complete, value, hint, focus = false }:
  { name: string; label: string; type?: "text" | "password"; complete?: string; value?: string; hint?: string; focus?: boolean }) {
  const rest = {
    id: name, name, autocomplete: complete ?? "off", autocapitalize: "none" as const, spellcheck: false, autofocus: focus,
    defaultValue: value ?? "", "aria-describedby": hint ? `${name}-hint trouble` : "trouble",
  };
  return (
    <>
      <label for={name}>{label}</label>
      {hint && <p id={`${name}-hint`} class="hint">{hint}</p>}
      {type === "password" ? <input type="password" {...rest} /> : <input type="text" {...rest} />}
    </>
  );
}

export function Trouble({ text }: { text: string }) {
  return <p id="trouble" class="trouble" role="alert">{text}</p>;
}

/** The picture to scan, and the key for who can't. */
export function Setup({ setup }: { setup: FactorSetup }) {
  return (
    <figure class="qr">
      <Qr of={setup.qr} label={t().qr} />
      <figcaption>{t().secretIs}: <code>{setup.secret.replace(/(.{4})/g, "$1 ").trim()}</code></figcaption>
    </figure>
  );
}

export function Codes({ codes, onKept }: { codes: string[]; onKept: () => void }) {
  return (
    <>
      <ol class="codes">{codes.map((code) => <li key={code}><code>{code}</code></li>)}</ol>
      <button type="button" onClick={() => print()}>{t().print}</button>
      <button type="button" class="primary" onClick={onKept}>{t().codesKept}</button>
    </>
  );
}

/** The form's words by name, spaces around them gone except in passwords. */
export function given(event: SubmitEvent): (name: string) => string {
  event.preventDefault();
  const form = new FormData(event.currentTarget as HTMLFormElement);
  return (name) => {
    const text = String(form.get(name) ?? "");
    return /password|old|again/.test(name) ? text : text.trim();
  };
}
