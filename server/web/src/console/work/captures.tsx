import { type Signal, signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { call } from "../../api";
import { timeOfDay } from "../../clock";
import { Dialog } from "../../dialog";
import { said as inWords } from "../../lang";
import { c } from "../../texts/captures";
import { TileIcon } from "../../tile-icons";
import type { IncidentCard } from "../../wire";
import { type Capture, type Captures as All, timeOf, useAgo, useCaptures, useIsPartly } from "./captures-state";

/** What the person's own phone has sent: photos in a row, the newest first, sound beneath; nothing plays by itself. */
const SHOWN = 12;
const SOUNDS = 3;

const lensOf = (one: Capture) => c().lens[one.lens] ?? one.lens;

function State({ one }: { one: Capture }) {
  const isPartly = useIsPartly(one);
  if (one.is_broken) return <small class="warn" title={c().brokenHint}>! {c().broken}</small>;
  if (one.is_whole) return null;
  return <small>{isPartly ? c().partly(one.received, one.pieces) : c().receiving(one.received, one.pieces)}</small>;
}

function When({ one }: { one: Capture }) {
  const ago = useAgo(timeOf(one));
  return <><span class="timer">{timeOfDay(timeOf(one))}</span> <small>{ago}</small></>;
}

/** What came of a photo so far; where nothing of it can be drawn, that is said instead of a broken picture. */
function Picture({ src, alt, large = false }: { src: string; alt: string; large?: boolean }) {
  const failed = useSignal("");
  if (failed.value === src) return <span class={large ? "capture-large no-picture" : "no-picture"}>{c().unseen}</span>;
  return <img class={large ? "capture-large" : ""} src={src} alt={alt} loading={large ? "eager" : "lazy"} decoding="async" onError={() => { failed.value = src; }} />;
}

function Photo({ one, src, enlarge }: { one: Capture; src: string; enlarge: () => void }) {
  return (
    <li class={one.is_broken ? "broken" : ""} data-capture={one.capture_id} data-whole={one.is_whole}>
      <button type="button" aria-label={c().photo(timeOfDay(timeOf(one)), lensOf(one))} onClick={enlarge}><Picture src={src} alt="" /></button>
      <span class="when"><When one={one} /></span>
      <small>{lensOf(one)}</small>
      <State one={one} />
    </li>
  );
}

/** One at a time; what plays goes on under the address with which it began: a new release must not cut it off. */
const playing = signal<HTMLAudioElement | null>(null);

function Sound({ one, src }: { one: Capture; src: string }) {
  const audio = useRef<HTMLAudioElement>(null);
  const bar = useRef<HTMLProgressElement>(null);
  const isPlaying = useSignal("");
  const failed = useSignal("");
  const toggle = () => {
    const element = audio.current!;
    if (isPlaying.value) return element.pause();
    playing.peek()?.pause();
    playing.value = element;
    void element.play().catch(() => { failed.value = src; });
  };
  const stop = () => { isPlaying.value = ""; };
  const words = isPlaying.value ? c().pause : c().play;
  return (
    <li class={one.is_broken ? "broken" : ""} data-capture={one.capture_id} data-whole={one.is_whole} data-playing={Boolean(isPlaying.value)}>
      <span class="when"><When one={one} /></span>
      {failed.value === src ? <small class="warn">{c().unheard}</small> : one.is_whole ? (
        <span class="player">
          <button type="button" aria-label={`${words}: ${c().sound(timeOfDay(one.taken_at), Math.round(one.seconds))}`} onClick={toggle}><TileIcon name={isPlaying.value ? "pause" : "play"} /> {words}</button>
          <progress ref={bar} max={1} value={0} aria-hidden="true" />
          <small>{c().seconds(Math.round(one.seconds))}</small>
          <audio ref={audio} preload="none" src={isPlaying.value || src} onPlay={() => { isPlaying.value = src; }} onPause={stop} onEnded={stop}
            onError={() => { stop(); failed.value = src; }} onTimeUpdate={(event) => { bar.current!.value = event.currentTarget.currentTime / (event.currentTarget.duration || 1); }} />
        </span>
      ) : <small>{c().seconds(Math.round(one.seconds))}</small>}
      <State one={one} />
    </li>
  );
}

function Times({ one }: { one: Capture }) {
  const ago = useAgo(timeOf(one));
  return <p class="capture-times">{one.lens !== "agency" && `${c().taken(timeOfDay(one.taken_at))} · `}{ago} · {c().received(timeOfDay(one.received_at))} <State one={one} /></p>;
}

/** One photo, large; ← is earlier, → later, as on a line of time. What comes meanwhile moves nothing under the eyes. */
function Large({ chosen, photos, source }: { chosen: Signal<string | null>; photos: Capture[]; source: (one: Capture) => string }) {
  const latest = useRef(photos);
  latest.current = photos;
  const at = photos.findIndex((one) => one.capture_id === chosen.value);
  const one = photos[at];
  /** From where it stands now: keys come faster than pictures are drawn. */
  const go = (by: number) => {
    const all = latest.current;
    const next = all[all.findIndex((each) => each.capture_id === chosen.peek()) + by];
    if (next && chosen.peek()) chosen.value = next.capture_id;
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const by = event.key === "ArrowLeft" ? 1 : event.key === "ArrowRight" ? -1 : 0; // the newest stands first
      if (!by || !chosen.peek()) return;
      event.preventDefault();
      go(by);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  if (!one) return null;
  const close = () => { chosen.value = null; };
  const words = c().picture(timeOfDay(timeOf(one)), lensOf(one));
  return (
    <Dialog title={c().head} onClose={close} isWide>
      <p class="capture-head" role="status"><strong>{timeOfDay(timeOf(one))} · {lensOf(one)}</strong><span>{c().nth(photos.length - at, photos.length)}</span></p>
      <div class="capture-stage"><Picture key={one.capture_id} src={source(one)} alt={words} large /></div>
      <Times key={`times ${one.capture_id}`} one={one} />
      <p class="sheet-buttons capture-buttons">
        <small>{c().walk}</small>
        <button type="button" disabled={at === photos.length - 1} onClick={() => go(1)}>← {c().before}</button>
        <button type="button" disabled={at === 0} onClick={() => go(-1)}>{c().after} →</button>
        <button type="button" class="primary" onClick={close}>{c().close}</button>
      </p>
    </Dialog>
  );
}

function Photos({ photos, source, chosen }: { photos: Capture[]; source: All["source"]; chosen: Signal<string | null> }) {
  const most = useSignal(SHOWN);
  if (photos.length === 0) return null;
  return (
    <ol class="photos" tabIndex={0} aria-labelledby="captures-head">
      {photos.slice(0, most.value).map((one) => <Photo key={one.capture_id} one={one} src={source(one)} enlarge={() => { chosen.value = one.capture_id; }} />)}
      {photos.length > most.value && <li class="more"><button type="button" class="quiet" onClick={() => { most.value += SHOWN; }}>{c().earlier(photos.length - most.value)}</button></li>}
    </ol>
  );
}

function Sounds({ sounds, source }: { sounds: Capture[]; source: All["source"] }) {
  const most = useSignal(SOUNDS);
  if (sounds.length === 0) return null;
  return (
    <>
      <ol class="sounds">{sounds.slice(0, most.value).map((one) => <Sound key={one.capture_id} one={one} src={source(one)} />)}</ol>
      {sounds.length > most.value && <button type="button" class="quiet more-sounds" onClick={() => { most.value += SOUNDS * 4; }}>{c().earlierSounds(sounds.length - most.value)}</button>}
    </>
  );
}

interface Read { name: string; value: string | number | boolean; unit: string }

/** What a sensor of the agency has read. */
function Reading({ one, src }: { one: Capture; src: string }) {
  const read = useSignal<Read | null>(null);
  const failed = useSignal(false);
  useEffect(() => {
    call<Read>("GET", src).then((got) => { read.value = got; failed.value = false; }, () => { failed.value = true; });
  }, [one.capture_id]);
  const got = read.value;
  return (
    <li data-capture={one.capture_id} data-whole={one.is_whole}>
      <span class="when"><When one={one} /></span>
      {got ? <span>{got.name}: <strong>{String(got.value)} {got.unit}</strong></span> : <small>{failed.value ? c().unread : c().loading}</small>}
      <State one={one} />
    </li>
  );
}

/** Of a drill: that what was sent has come, whole and unbroken; there is no picture to look at. */
function Tests({ items }: { items: Capture[] }) {
  return (
    <>
      <p class="quiet-words">{c().testLead}</p>
      {items.length === 0 ? <p class="quiet-words">{c().testEmpty}</p> : (
        <ol class="sounds">{items.map((one) => (
          <li key={one.capture_id} data-test={one.capture_id}><span class="when"><When one={one} /></span><span>{c().testItem}</span><State one={one} /></li>
        ))}</ol>
      )}
    </>
  );
}

function Shown({ all, isAgency }: { all: All; isAgency: boolean }) {
  const chosen = useSignal<string | null>(null);
  const captures = all.held.value?.captures ?? [];
  const photos = captures.filter((one) => one.kind === "photo").reverse();
  const sounds = captures.filter((one) => one.kind === "sound").reverse();
  const readings = captures.filter((one) => one.kind === "reading").reverse();
  if (all.held.value && captures.length === 0) return <p class="quiet-words">{isAgency ? c().emptyAgency : c().empty}</p>;
  if (all.release.value === null) return all.problem.value ? null : <p class="quiet-words">{c().loading}</p>;
  return (
    <>
      <Photos photos={photos} source={all.source} chosen={chosen} />
      <Sounds sounds={sounds} source={all.source} />
      {readings.length > 0 && <ol class="sounds">{readings.map((one) => <Reading key={one.capture_id} one={one} src={all.source(one)} />)}</ol>}
      <Large chosen={chosen} photos={photos} source={all.source} />
    </>
  );
}

export function Captures({ card }: { card: IncidentCard }) {
  const all = useCaptures(card);
  const { held, problem, may, look } = all;
  const isAgency = card.origin === "agency";
  if (may === null) return null;
  return (
    <section class="captures" aria-labelledby="captures-head" data-captures={held.value?.captures.length ?? 0} data-may={may}>
      <h3 id="captures-head">
        {isAgency ? c().headAgency : c().head} {card.is_drill && <span class="badge drill">{c().test}</span>}
        {held.value?.is_broken && <small class="warn" title={c().brokenHint}>! {c().broken}</small>}
      </h3>
      <p class="hidden-text" role="status">{all.said}</p>
      {problem.value && <p class="trouble" role="status">{inWords(problem.value)} <button type="button" onClick={() => void look()}>{c().retry}</button></p>}
      {may === "forbidden" ? <p class="quiet-words">{c().forbidden}</p>
        : card.is_drill ? <Tests items={held.value?.captures ?? []} /> : <Shown all={all} isAgency={isAgency} />}
      {held.value !== null && held.value.missing > 0 && <p class="quiet-words">{c().missing(held.value.missing)}</p>}
    </section>
  );
}
