import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asProblem, call } from "../api";
import { now } from "../clock";
import { said } from "../lang";
import { p } from "../texts/profile";
import type { CallerProfile, Problem } from "../wire";
import { isOver, isWorked } from "./state";
import type { Case } from "./wire";

/**
 * For 119: the medical facts that the person wrote down and agreed to show to an ambulance crew. By one press, whose
 * release row is on disk before the words come; in memory for ten minutes, gone with the case, the right or the page.
 */
const SHOWN_MS = 10 * 60_000;
interface Held { people: CallerProfile["people"]; until: number }

function Shown({ held, hide }: { held: Held; hide: () => void }) {
  const minutes = useComputed(() => Math.max(1, Math.ceil((held.until - now.value) / 60_000)));
  const isOverdue = useComputed(() => now.value >= held.until);
  useEffect(() => { if (isOverdue.value) hide(); }, [isOverdue.value]);
  return (
    <div role="region" aria-live="polite" aria-labelledby="health-head">
      {held.people.length === 0 && <p>{p().none}</p>}
      {held.people.map((person, i) => (
        <dl class="facts" key={i}>
          {held.people.length > 1 && <div><dt>{p().who}</dt><dd>{person.name_masked || "?"}</dd></div>}
          {person.facts.map((one) => <div key={one.key} data-fact={one.key}><dt>{p().keys[one.key] ?? one.key}</dt><dd><strong>{one.words}</strong></dd></div>)}
        </dl>
      ))}
      <p class="health-foot"><small>{p().hideIn(minutes.value)}</small><button type="button" class="quiet" onClick={hide}>{p().hide}</button></p>
    </div>
  );
}

export function Health({ of: d }: { of: Case }) {
  const held = useSignal<Held | null>(null);
  const problem = useSignal<Problem | null>(null);
  const may = d.has_health && !isOver(d);
  const hide = () => { held.value = null; };
  useEffect(() => { if (!may) hide(); }, [may]);
  useEffect(() => {
    const onHidden = () => { if (document.hidden) hide(); };
    document.addEventListener("visibilitychange", onHidden);
    return () => document.removeEventListener("visibilitychange", onHidden);
  }, []);
  const show = async () => {
    try {
      const got = await call<CallerProfile>("POST", `/api/agency/dispatches/${d.dispatch_id}/health`);
      held.value = { people: got.people, until: now.peek() + SHOWN_MS };
      problem.value = null;
    } catch (error) {
      problem.value = asProblem(error);
    }
  };
  if (d.agency.kind !== "119" || isOver(d) || !d.agreement.may.health) return null;
  return (
    <section class="health" aria-labelledby="health-head" data-health={held.value && may ? "shown" : may ? "masked" : "none"}>
      <div class="health-top">
        <h3 id="health-head">{p().health}</h3>
        {may && !held.value && <button type="button" class="primary" onClick={() => void show()}>{p().show}</button>}
      </div>
      {!may && <p class="quiet-text">{isWorked(d) ? p().noHealth : p().healthLater}</p>}
      {may && !held.value && <p class="quiet-text">{p().healthLead}</p>}
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
      {may && held.value && <Shown held={held.value} hide={hide} />}
    </section>
  );
}
