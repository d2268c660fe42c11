import { useSignal } from "@preact/signals";
import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { now, toMinute } from "../clock";
import { deskOf } from "../desk";
import { LanguageSwitch } from "../language-switch";
import { Loaded, useLoader } from "../loaded";
import { t as login } from "../texts/login";
import { t, type Group } from "../texts/admin";
import { ThemeSwitch } from "../theme-switch";
import { go, hrefOf, section } from "./address";
import { Icon } from "./kit/icons";
import { Link } from "./kit/link";
import { Told } from "./kit/told";
import { Landing } from "./landing";
import { SECTIONS, sectionOf, type Section } from "./sections";
import { isEnded, isUnreachable, leave, loginAddress, may, me } from "./session";

const WARN_MS = 10 * 60_000;

export function Shell() {
  if (isEnded.value) {
    return <Whole title={t().endedTitle} text={t().ended}><a class="button primary" href={loginAddress()}>{t().again}</a></Whole>;
  }
  const who = me.value;
  if (!who) return <main class="whole"><p role="status">{isUnreachable.value ? t().unreachable : t().loading}</p></main>;
  if (!SECTIONS.some((one) => may(...one.needs))) {
    const role = login().roles[who.role] ?? who.role;
    return <Whole title={t().nothingTitle} text={t().forbidden(role)}><a class="button primary" href={deskOf(who)}>{t().toDesk}</a></Whole>;
  }
  return (
    <div class="admin">
      <a class="skip" href="#content" onClick={(event) => { event.preventDefault(); document.querySelector<HTMLElement>("#content h1")?.focus(); }}>{t().skip}</a>
      <Header />
      <Navigation />
      <Content />
      <Told />
    </div>
  );
}

function Whole({ title, text, children }: { title: string; text: string; children: ComponentChildren }) {
  return <main class="whole"><img src="/static/mark.svg" alt="" width="48" height="48" /><h1>{title}</h1><p>{text}</p>{children}</main>;
}

function Header() {
  const who = me.value!;
  return (
    <header class="admin-top">
      <a class="brand" href={hrefOf("")} onClick={(event) => { event.preventDefault(); go(""); }}>
        <img src="/static/mark.svg" alt="" width="32" height="32" /><span>{t().title}</span>
      </a>
      <span class="space" />
      {may("incidents.read") && <a href="/console">{t().console}</a>}
      <a href="/account" class="person"><Icon name="person" /><span>{who.name}</span><small>{login().roles[who.role] ?? who.role}</small></a>
      <ThemeSwitch />
      <LanguageSwitch label={t().otherLanguage} />
      <button type="button" class="quiet" onClick={() => void leave()}>{t().logout}</button>
    </header>
  );
}

function Navigation() {
  const isOpen = useSignal(false);
  useEffect(() => { isOpen.value = false; }, [section.value]);
  const groups = Object.keys(t().groups) as Group[];
  return (
    <div class="side">
      <button type="button" class="menu" aria-expanded={isOpen.value} aria-controls="menu" onClick={() => { isOpen.value = !isOpen.value; }}>
        <Icon name="menu" /> {t().menu}
      </button>
      <nav id="menu" aria-label={t().menuLabel} class={isOpen.value ? "open" : ""}>
        <ul><li><Link to="" current={section.value === ""}><Icon name="home" /> {t().home}</Link></li></ul>
        {groups.map((group) => <GroupList key={group} group={group} />)}
      </nav>
    </div>
  );
}

function GroupList({ group }: { group: Group }) {
  const list = SECTIONS.filter((one) => one.group === group && may(...one.needs));
  if (list.length === 0) return null;
  return (
    <>
      <h2 id={`group-${group}`}><Icon name={group} /> {t().groups[group]}</h2>
      <ul aria-labelledby={`group-${group}`}>
        {list.map((one) => <li key={one.id}><Link to={one.id} current={section.value === one.id}>{one.title()}</Link></li>)}
      </ul>
    </>
  );
}

function Content() {
  const open = sectionOf(section.value);
  const element = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => { // another page: who listens to it starts at its heading
    if (isFirst.current) isFirst.current = false;
    else element.current?.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  }, [section.value]);
  return (
    <main id="content" ref={element}>
      <EndsSoon />
      {section.value === "" ? <Landing /> : open === undefined ? <Missing /> : may(...open.needs) ? <Lazy key={open.id} of={open} /> : <Forbidden of={open} />}
    </main>
  );
}

function EndsSoon() {
  const until = Date.parse(me.value!.session.expires_at);
  if (until - now.value > WARN_MS) return null;
  return <p class="banner alarm" role="status">{t().endsSoon(toMinute(until))}</p>;
}

function Missing() {
  return <div class="state"><h1 tabIndex={-1}>{t().noSectionTitle}</h1><p>{t().noSection}</p><Link to="" button>{t().toHome}</Link></div>;
}

function Forbidden({ of }: { of: Section }) {
  const role = me.value!.role;
  return (
    <div class="state" data-state="forbidden">
      <Icon name="lock" /><h1 tabIndex={-1}>{of.title()}</h1>
      <p><strong>{t().forbiddenTitle}</strong></p><p>{t().forbidden(login().roles[role] ?? role)}</p>
      <Link to="" button>{t().toHome}</Link>
    </div>
  );
}

/** A section's own code, fetched when it is opened. */
function Lazy({ of }: { of: Section }) {
  const loader = useLoader<ComponentType>(async () => (await of.load()).default, of.id);
  return <Loaded of={loader}>{(Component) => <Component />}</Loaded>;
}
