import type { ComponentChildren } from "preact";
import { t } from "../../texts/admin";
import { Icon } from "./icons";
import { Link } from "./link";

/** The head of a section: what it is, what it is for, and what one may begin here. */
export function SectionHead({ title, lead, children, back }: { title: string; lead?: ComponentChildren; children?: ComponentChildren; back?: string }) {
  return (
    <div class="section-head">
      <div>
        {back !== undefined && <p class="back"><Link to={back}><Icon name="back" /> {t().back}</Link></p>}
        <h1 tabIndex={-1}>{title}</h1>
        {lead && <p class="lead">{lead}</p>}
      </div>
      <div class="section-actions">{children}</div>
    </div>
  );
}

/** A titled box of a section. */
export function Panel({ title, id, children, actions }: { title: string; id: string; children: ComponentChildren; actions?: ComponentChildren }) {
  return (
    <section class="panel" aria-labelledby={id}>
      <div class="panel-head"><h2 id={id}>{title}</h2>{actions}</div>
      {children}
    </section>
  );
}

/** Names and values; an empty value is a dash, never nothing. */
export function Facts({ of }: { of: readonly (readonly [string, ComponentChildren])[] }) {
  return <dl class="fact-list">{of.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value === "" || value === null || value === undefined ? "—" : value}</dd></div>)}</dl>;
}

export type Tone = "good" | "wait" | "bad" | "calm";
const SHAPE: Record<Tone, string> = { good: "●", wait: "▲", bad: "■", calm: "○" };

/** A state: a shape and a colour that say the same as the word. */
export function Mark({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return <span class={`state-mark ${tone}`}><span aria-hidden="true">{SHAPE[tone]}</span> {children}</span>;
}
