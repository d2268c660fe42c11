import type { ComponentChildren } from "preact";
import { LanguageSwitch } from "../language-switch";

/** What every page for a guardian's phone stands in: one column, a name, the other language, and what the thumb needs. */
export function Frame({ title, other, children, footer }: {
  title: string; other: string; children: ComponentChildren; footer?: ComponentChildren;
}) {
  document.title = title;
  return (
    <div class="page">
      <header><img src="/static/mark.svg" alt="" width="28" height="28" /><strong>{title}</strong><LanguageSwitch label={other} /></header>
      <main>{children}</main>
      {footer && <footer>{footer}</footer>}
    </div>
  );
}

export function Message({ icon, head, text, tone = "plain", role = "alert" }: {
  icon?: ComponentChildren; head: string; text?: ComponentChildren; tone?: "plain" | "good" | "bad"; role?: "alert" | "status";
}) {
  return (
    <section class={`message ${tone}`} role={role}>
      {icon && <span class="badge">{icon}</span>}
      <h1>{head}</h1>
      {text && <p>{text}</p>}
    </section>
  );
}
