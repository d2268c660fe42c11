import { useEffect, useRef } from "preact/hooks";
import { Form, Text } from "../admin/kit/form";
import { LanguageSwitch } from "../language-switch";
import { t } from "../texts/router";
import { ThemeSwitch } from "../theme-switch";
import { signIn } from "./session";

/** The only place where a token is typed; afterwards the browser holds a cookie. */
export function SignIn() {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => { // a token is nobody's business who looks over a shoulder
    const field = element.current?.querySelector<HTMLInputElement>("input[name=token]");
    if (field) { field.type = "password"; field.focus(); }
  }, []);
  const s = t().signIn;
  return (
    <main class="sign-in">
      <div class="panel" ref={element}>
        <header><img src="/static/mark.svg" alt="" width="40" height="40" /><h1>{s.title}</h1></header>
        <p class="quiet-text">{s.lead}</p>
        <Form send={s.send} label={s.title} fieldOfCode={{ wrong_token: "token" }} onSend={async (words) => { await signIn(words.one("token")); }}>
          <Text name="token" label={s.token} help={s.where} most={8000} needed />
        </Form>
        <p class="quiet-text">{s.record}</p>
        <footer><a href="/alarms">{s.wall}</a><span class="space" /><ThemeSwitch /><LanguageSwitch label={t().otherLanguage} /></footer>
      </div>
    </main>
  );
}
