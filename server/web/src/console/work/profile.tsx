import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { asProblem, call } from "../../api";
import { now } from "../../clock";
import { said } from "../../lang";
import { t } from "../../texts/console";
import { p } from "../../texts/profile";
import type { CallerProfile, IncidentCard, Problem } from "../../wire";
import { mayLook } from "../feed";
import { me } from "../seat";

/**
 * What the person has written of herself: how much there is, and by one press the words, whose release row is on disk
 * before they come. In memory for ten minutes, gone with the incident or a hidden page. Never of a pre-alert.
 */
const SHOWN_MS = 10 * 60_000;
const FLOOR = /^([+-]?\d{1,3}) ±(\d{1,2}(?:\.\d)?)$/;
type Fact = CallerProfile["people"][number]["facts"][number];
type Group = Fact["group"];
interface Held { profile: CallerProfile; until: number }

function wordsOf({ key, words }: Fact): string {
  if (key === "language") return t().languages[words] ?? words;
  if (key === "call" && words.toLowerCase() === "silent") return p().silent;
  const floor = key === "floor_hint" ? FLOOR.exec(words) : null;
  return floor ? p().floor(Number(floor[1]), floor[2]) : words;
}

function Person({ person, isOne }: { person: CallerProfile["people"][number]; isOne: boolean }) {
  const groups = [...new Set(person.facts.map((one) => one.group))];
  return (
    <div class="profile-person">
      {!isOne && <strong>{person.name_masked || "?"}</strong>}
      {groups.map((group: Group) => (
        <section key={group} data-group={group}>
          <h4>{p().groups[group]}</h4>
          <dl class="facts">{person.facts.filter((one) => one.group === group).map((one) => (
            <div key={one.key} data-fact={one.key}><dt>{Object.hasOwn(p().keys, one.key) ? p().keys[one.key] : one.key}</dt><dd>{wordsOf(one)}</dd></div>
          ))}</dl>
        </section>
      ))}
    </div>
  );
}

function Left({ until }: { until: number }) {
  const minutes = useComputed(() => Math.max(1, Math.ceil((until - now.value) / 60_000)));
  return <small aria-hidden="true">{p().hideIn(minutes.value)}</small>;
}

function useProfile(card: IncidentCard) {
  const count = useSignal(0);
  const held = useSignal<Held | null>(null);
  const problem = useSignal<Problem | null>(null);
  const path = `/api/incidents/${card.incident_id}/profile`;
  const may = mayLook(card) && card.alert_ids.length > 0 && Boolean(me.value?.permissions.includes("identity.unmask"));
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
      problem.value = null;
    } catch (error) {
      problem.value = asProblem(error);
    }
  };
  const look = () => attempt(async () => { count.value = (await call<{ count: number }>("GET", path)).count; });
  const show = () => attempt(async () => { held.value = { profile: await call<CallerProfile>("POST", path), until: now.peek() + SHOWN_MS }; });
  const hide = () => { held.value = null; };
  const isOver = useComputed(() => held.value !== null && now.value >= held.value.until);
  useEffect(() => { if (isOver.value || !may) hide(); }, [isOver.value, may]);
  useEffect(() => { if (may) void look(); }, [path, may, card.alert_ids.length]);
  useEffect(() => {
    const onHidden = () => { if (document.hidden) hide(); };
    document.addEventListener("visibilitychange", onHidden);
    return () => document.removeEventListener("visibilitychange", onHidden);
  }, []);
  return { count, held, problem, may, look, show, hide };
}

export function Profile({ card }: { card: IncidentCard }) {
  const { count, held, problem, may, look, show, hide } = useProfile(card);
  const section = useRef<HTMLElement>(null);
  const shown = held.value;
  useEffect(() => { if (shown) section.current?.scrollIntoView({ block: "start" }); }, [shown]);
  if (!may || (count.value === 0 && !problem.value)) return null;
  return (
    <section ref={section} class="profile" aria-labelledby="profile-head" data-profile={shown ? "shown" : "masked"}>
      <div class="profile-head">
        <h3 id="profile-head">{p().head}</h3>
        {shown
          ? <><Left until={shown.until} /><button type="button" class="quiet" onClick={hide}>{p().hide}</button></>
          : count.value > 0 && <button type="button" onClick={() => void show()}>{p().show}</button>}
      </div>
      {card.is_drill && <p class="warn">{p().drill}</p>}
      {!shown && count.value > 0 && <p class="quiet-words"><small>{p().lead(count.value)}</small></p>}
      {problem.value && <p class="trouble" role="alert">{said(problem.value)} {count.value === 0 && <button type="button" onClick={() => void look()}>{p().retry}</button>}</p>}
      {shown && <div role="region" aria-live="polite" aria-labelledby="profile-head">
        {shown.profile.people.length === 0 ? <p>{p().none}</p> : shown.profile.people.map((one, i) => <Person key={i} person={one} isOne={shown.profile.people.length === 1} />)}
      </div>}
    </section>
  );
}
