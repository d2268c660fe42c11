import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { go, hrefOf, section } from "../admin/address";
import { Icon, type IconName } from "../admin/kit/icons";
import { Link } from "../admin/kit/link";
import { Told } from "../admin/kit/told";
import { now, toMinute } from "../clock";
import { LanguageSwitch } from "../language-switch";
import { Loaded, useLoader } from "../loaded";
import { t, type Group } from "../texts/router";
import { ThemeSwitch } from "../theme-switch";
import { AlarmLine, SoundSwitch } from "./alarm-line";
import { Overview } from "./overview";
import { SECTIONS, sectionOf, type Section } from "./sections";
import { isEnded, isUnreachable, leave, session } from "./session";
import { SignIn } from "./sign-in";

const WARN_MS = 10 * 60_000;
const ICONS: Record<Group, IconName> = { operation: "operation", borders: "agencies", partners: "people", records: "records" };

export function Shell() {
  const who = session.value;
  if (who === undefined) return <main class="whole"><p role="status">{isUnreachable.value ? t().unreachable : t().loading}</p></main>;
  if (isEnded.value && who) {
    return (
      <main class="whole"><img src="/static/mark.svg" alt="" width="48" height="48" /><h1>{t().endedTitle}</h1><p>{t().ended}</p>
        <button type="button" class="primary" onClick={() => { session.value = null; isEnded.value = false; }}>{t().again}</button></main>
    );
  }
  if (!who) return <SignIn />;
  return (
    <div class="admin">
      <a class="skip" href="#content" onClick={(event) => { event.preventDefault(); document.querySelector<HTMLElement>("#content h1")?.focus(); }}>{t().skip}</a>
      <header class="admin-top">
        <a class="brand" href={hrefOf("")} onClick={(event) => { event.preventDefault(); go(""); }}><img src="/static/mark.svg" alt="" width="32" height="32" /><span>{t().title}</span></a>
        <span class="space" />
        <span class="person"><Icon name="person" /> {who.name}</span>
        <SoundSwitch /><ThemeSwitch /><LanguageSwitch label={t().otherLanguage} />
        <button type="button" class="quiet" onClick={() => void leave()}>{t().logout}</button>
      </header>
      <Navigation />
      <Content />
      <Told />
    </div>
  );
}

function Navigation() {
  const isOpen = useSignal(false);
  useEffect(() => { isOpen.value = false; }, [section.value]);
  return (
    <div class="side">
      <button type="button" class="menu" aria-expanded={isOpen.value} aria-controls="menu" onClick={() => { isOpen.value = !isOpen.value; }}><Icon name="menu" /> {t().menu}</button>
      <nav id="menu" aria-label={t().menuLabel} class={isOpen.value ? "open" : ""}>
        <ul><li><Link to="" current={section.value === ""}><Icon name="home" /> {t().home}</Link></li></ul>
        {(Object.keys(ICONS) as Group[]).map((group) => (
          <div key={group}>
            <h2 id={`group-${group}`}><Icon name={ICONS[group]} /> {t().groups[group]}</h2>
            <ul aria-labelledby={`group-${group}`}>
              {SECTIONS.filter((one) => one.group === group).map((one) => <li key={one.id}><Link to={one.id} current={section.value === one.id}>{one.title()}</Link></li>)}
            </ul>
          </div>
        ))}
      </nav>
    </div>
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
  const until = Date.parse(session.value!.expires_at);
  return (
    <main id="content" ref={element}>
      {until - now.value < WARN_MS && <p class="banner alarm" role="status">{t().endsSoon(toMinute(until))}</p>}
      {section.value !== "alarms" && section.value !== "" && <AlarmLine onlyWrong />}
      {section.value === "" ? <Overview /> : open ? <Lazy key={open.id} of={open} /> : <Missing />}
    </main>
  );
}

function Missing() {
  return <div class="state"><h1 tabIndex={-1}>{t().noSectionTitle}</h1><p>{t().noSection}</p><Link to="" button>{t().toHome}</Link></div>;
}

/** A section's own code, fetched when it is opened. */
function Lazy({ of }: { of: Section }) {
  const loader = useLoader<ComponentType>(async () => (await of.load()).default, of.id);
  return <Loaded of={loader}>{(Component) => <Component />}</Loaded>;
}
