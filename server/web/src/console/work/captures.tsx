import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asProblem, call } from "../../api";
import { timeOfDay } from "../../clock";
import { Dialog } from "../../dialog";
import { said } from "../../lang";
import { c } from "../../texts/captures";
import type { IncidentCard, Problem } from "../../wire";
import { mayLook } from "../feed";

/**
 * What the person's own phone has sent: photos in a row, sound beneath, nothing plays by itself. The list names no
 * picture; each look stands on a release row that is on disk before the first byte and lasts some minutes.
 */
interface Capture {
  capture_id: string; kind: "photo" | "sound"; lens: string; seconds: number; taken_at: string;
  pieces: number; received: number; is_whole: boolean; is_broken: boolean;
}
interface Held { captures: Capture[]; is_broken: boolean; missing: number }
interface Release { release_id: string; until_at: string }

const LOOK_MS = 3000;
const SOON_MS = 30_000;
const SHOWN = 12;
const SOUNDS = 6;

function useCaptures(card: IncidentCard) {
  const held = useSignal<Held | null>(null);
  const release = useSignal<Release | null>(null);
  const problem = useSignal<Problem | null>(null);
  const path = `/api/incidents/${card.incident_id}/captures`;
  const may = mayLook(card) && !card.is_drill && card.alert_ids.length > 0;
  const look = async () => {
    try {
      const got = await call<Held>("GET", path);
      if (got.captures.length > 0 && (!release.peek() || Date.parse(release.peek()!.until_at) - Date.now() < SOON_MS)) {
        release.value = await call<Release>("POST", `${path}/open`);
      }
      held.value = got;
      problem.value = null;
    } catch (error) {
      problem.value = asProblem(error);
    }
  };
  useEffect(() => {
    if (!may) return;
    void look();
    const timer = setInterval(() => { if (!document.hidden) void look(); }, LOOK_MS);
    return () => clearInterval(timer);
  }, [path, may]);
  const source = (one: Capture) => `${path}/${one.capture_id}?release_id=${release.value?.release_id ?? ""}&of=${one.received}`;
  return { held, release, problem, may, look, source };
}

function State({ one }: { one: Capture }) {
  if (one.is_broken) return <small class="warn" title={c().brokenHint}>! {c().broken}</small>;
  return one.is_whole ? null : <small>{c().receiving(one.received, one.pieces)}</small>;
}

function Photo({ one, src, enlarge }: { one: Capture; src: string; enlarge: () => void }) {
  const lens = c().lens[one.lens] ?? one.lens;
  return (
    <li class={one.is_broken ? "broken" : ""} data-capture={one.capture_id} data-whole={one.is_whole}>
      <button type="button" aria-label={c().photo(timeOfDay(one.taken_at), lens)} onClick={enlarge}><img src={src} alt="" loading="lazy" /></button>
      <span class="timer">{timeOfDay(one.taken_at)} · {lens}</span>
      <State one={one} />
    </li>
  );
}

function Sound({ one, src }: { one: Capture; src: string }) {
  return (
    <li data-capture={one.capture_id} data-whole={one.is_whole}>
      <span class="timer">{timeOfDay(one.taken_at)}</span>
      {one.is_whole ? <audio controls preload="none" src={src} aria-label={c().sound(timeOfDay(one.taken_at), Math.round(one.seconds))} /> : <span />}
      <State one={one} />
    </li>
  );
}

function Large({ chosen, source }: { chosen: Signal<Capture | null>; source: (one: Capture) => string }) {
  const one = chosen.value;
  if (!one) return null;
  const close = () => { chosen.value = null; };
  return (
    <Dialog title={`${timeOfDay(one.taken_at)} · ${c().lens[one.lens] ?? one.lens}`} onClose={close} isWide>
      <img class="capture-large" src={source(one)} alt={c().photo(timeOfDay(one.taken_at), c().lens[one.lens] ?? one.lens)} />
      <p class="sheet-buttons"><State one={one} /><button type="button" onClick={close}>{c().close}</button></p>
    </Dialog>
  );
}

export function Captures({ card }: { card: IncidentCard }) {
  const { held, release, problem, may, look, source } = useCaptures(card);
  const chosen = useSignal<Capture | null>(null);
  const most = useSignal(SHOWN);
  const all = held.value?.captures ?? [];
  if (!may || (all.length === 0 && !problem.value)) return null;
  const photos = all.filter((one) => one.kind === "photo" && one.received > 0).reverse();
  const sounds = all.filter((one) => one.kind === "sound").reverse();
  const isOpen = release.value !== null;
  return (
    <section class="captures" aria-labelledby="captures-head" data-captures={all.length}>
      <h3 id="captures-head">{c().head}{held.value?.is_broken && <small class="warn" title={c().brokenHint}> ! {c().broken}</small>}</h3>
      {problem.value && <p class="trouble" role="status">{said(problem.value)} <button type="button" onClick={() => void look()}>{c().retry}</button></p>}
      {isOpen && photos.length > 0 && (
        <ol class="photos" tabIndex={0} aria-labelledby="captures-head">
          {photos.slice(0, most.value).map((one) => <Photo key={one.capture_id} one={one} src={source(one)} enlarge={() => { chosen.value = one; }} />)}
          {photos.length > most.value && <li class="more"><button type="button" class="quiet" onClick={() => { most.value += SHOWN; }}>{c().earlier(photos.length - most.value)}</button></li>}
        </ol>
      )}
      {isOpen && sounds.length > 0 && <ol class="sounds">{sounds.slice(0, SOUNDS).map((one) => <Sound key={one.capture_id} one={one} src={source(one)} />)}</ol>}
      {held.value !== null && held.value.missing > 0 && <p class="quiet-words"><small>{c().missing(held.value.missing)}</small></p>}
      <Large chosen={chosen} source={source} />
    </section>
  );
}
