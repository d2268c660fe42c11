import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Trouble, useAct } from "../../act";
import { dayAndTime, secondsSince, timeOfDay } from "../../clock";
import { Dialog } from "../../dialog";
import { named, said } from "../../lang";
import { PinsOnMap } from "../../pin-map";
import { TimeRing } from "../../ring";
import { a } from "../../texts/asks";
import { p } from "../../texts/plates";
import { keysOn } from "../keys";
import { feed } from "../seat";
import { accept, candidates, clocks, decided, dismiss, failed, type NearMiss, reasons, reload, UNDECIDED_MS } from "./state";
import { chance, differing, paired } from "./signs";
import "../../styles/plates.css";

/** What was read above what is wanted, so that the eye compares sign with sign; what differs is framed and said. */
function Plates({ one }: { one: NearMiss }) {
  const pairs = paired(one.wanted, one.read);
  const differs = differing(pairs);
  const row = (side: "wanted" | "read") => (
    <div class={`plate plate-${side}`}>
      <dt>{p()[side]}</dt>
      <dd>
        <span class="hidden-text">{one[side]}</span>
        {pairs.map((pair, at) => <span key={at} aria-hidden="true" class={`sign${pair.wanted === pair.read ? "" : " differs"}${pair[side] ? "" : " lacks"}`}>{pair[side] || "–"}</span>)}
      </dd>
    </div>
  );
  return (
    <>
      <dl class="plates" lang="ko">{row("read")}{row("wanted")}</dl>
      <p class="plates-differ" data-differs={differs.length}>
        {differs.length === 0 ? p().same : differs.map((pair) => p().differ(pair.wanted, pair.read)).join(" · ")}
      </p>
    </>
  );
}

function Chance({ one }: { one: NearMiss }) {
  const { inTen, step } = chance(one.probability);
  return (
    <p class={`near-chance near-${step}`} data-chance={step}>
      <span class="tenths" aria-hidden="true">{Array.from({ length: 10 }, (_, at) => <i key={at} class={at < inTen ? "on" : ""} />)}</span>
      <strong>{p().inTen(inTen)}</strong> <span>{p().because[one.because] ?? one.because}</span>
      <small>{one.confidence === null ? p().noConfidence : p().confidence(Math.round(one.confidence * 100))}</small>
    </p>
  );
}

function Facts({ one }: { one: NearMiss }) {
  const rows: [string, string][] = [
    [p().agency, named(one.agency)],
    [p().crime, a().crime[one.crime] ?? one.crime],
    [p().reason, [one.reason, one.case_no].filter(Boolean).join(" · ") || p().noReason],
    [p().ground, a().basis[one.legal_basis] ?? one.legal_basis],
    [p().wantedUntil, dayAndTime(one.wanted_until)],
    [p().camera, one.camera.name ?? p().noCamera],
    [p().readAt, `${timeOfDay(one.read_at)} · ${p().ago(secondsSince(one.read_at))}`],
  ];
  return <dl class="facts near-facts">{rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

function Decide({ one }: { one: NearMiss }) {
  const act = useAct();
  const isAsking = useSignal(false);
  const reason = useSignal("");
  const isOff = act.isBusy || feed.link.state.value === "lost";
  const decide = (run: () => Promise<void>) => void act.run(async () => {
    try {
      await run();
    } catch (error) {
      await reload(); // somebody else was quicker, or its time is over: what stands now is shown
      throw error;
    }
  });
  if (isAsking.value) {
    return (
      <form class="near-why" onSubmit={(event) => { event.preventDefault(); if (reason.value) decide(() => dismiss(one, reason.value)); }}>
        <fieldset>
          <legend>{p().why}</legend>
          {reasons.value.map((code, at) => (
            <label class="choice" key={code}><input type="radio" name="near-reason" value={code} required autofocus={at === 0} onChange={() => { reason.value = code; }} /> {p().reasons[code] ?? code}</label>
          ))}
        </fieldset>
        <p class="quiet-text">{p().noUndo}</p>
        <div class="near-do">
          <button type="button" onClick={() => { isAsking.value = false; }}>{p().back}</button>
          <button type="submit" class="primary" disabled={isOff || !reason.value} data-near-dismiss>{p().dismissNow}</button>
        </div>
        <Trouble of={act.problem} />
      </form>
    );
  }
  return (
    <>
      <p class="quiet-text">{p().whatHappens(named(one.agency))}</p>
      <div class="near-do">
        <button type="button" data-near-step="dismiss" disabled={isOff} onClick={() => { isAsking.value = true; }}>{p().dismiss} {keysOn() && <kbd aria-hidden="true">D</kbd>}</button>
        <button type="button" class="primary big" data-near-step="accept" disabled={isOff} onClick={() => decide(() => accept(one))}>{act.isBusy ? p().sending : p().accept} {keysOn() && <kbd aria-hidden="true">A</kbd>}</button>
      </div>
      <Trouble of={act.problem} />
    </>
  );
}

function Clocks() {
  if (clocks.value.length === 0) return null;
  return (
    <div role="status">
      <ul class="near-clocks">{clocks.value.map((one) => <li key={one.reader_id} class="banner" data-clock={one.reader_id}>{p().clock(one.reader_id, p().off(one.off_s))}</li>)}</ul>
    </div>
  );
}

function One({ one }: { one: NearMiss }) {
  const { lat, lon, name } = one.camera;
  const place = lat !== null && lon !== null ? { lat, lon } : null;
  return (
    <article class="near-one" data-near-open={one.candidate_id} aria-label={one.read}>
      <header><Plates one={one} /><TimeRing from={new Date(Date.parse(one.expires_at) - UNDECIDED_MS).toISOString()} until={one.expires_at} label={p().toDecide} words={a().left} /></header>
      <Chance one={one} />
      <div class="near-columns">
        <Facts one={one} />
        {place && <PinsOnMap label={p().mapLabel(name ?? "")} center={place} follows={one.candidate_id} pins={{ pins: [{ ...place, name: name ?? "" }], radiusM: null, picked: null, pair: null }} />}
      </div>
      <p class="near-picture" data-near-picture={one.has_picture ? "waits" : "none"}>{one.has_picture ? p().hasPicture : p().noPicture}</p>
      <Decide key={one.candidate_id} one={one} />
    </article>
  );
}

function List({ chosen, choose }: { chosen: string; choose: (id: string) => void }) {
  return (
    <ul class="near-list" aria-label={p().list}>
      {candidates.value.map((one) => (
        <li key={one.candidate_id}>
          <button type="button" data-near-row={one.candidate_id} aria-pressed={one.candidate_id === chosen} onClick={() => choose(one.candidate_id)}>
            <strong lang="ko">{one.read}</strong> <span>{p().inTen(chance(one.probability).inTen)}</span> <small>{one.camera.name ?? p().noCamera} · {timeOfDay(one.read_at)}</small>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Likeliest first. Who decides one is taken to the next; a new one never takes the place of what is looked at. */
export function PlatesSheet({ onClose }: { onClose: () => void }) {
  const chosen = useSignal("");
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => void reload(), []);
  const held = candidates.value;
  const one = held.find((each) => each.candidate_id === chosen.value) ?? held[0];
  useEffect(() => { chosen.value = one?.candidate_id ?? ""; }, [one?.candidate_id]);
  const press = (event: KeyboardEvent) => {
    const at = event.target as HTMLElement;
    if (event.ctrlKey || event.altKey || event.metaKey || at.closest("input, .canvas")) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      const next = held[held.findIndex((each) => each === one) + step];
      if (next) body.current?.querySelector<HTMLElement>(`[data-near-row="${next.candidate_id}"]`)?.focus();
      if (next) chosen.value = next.candidate_id;
      return;
    }
    if (!keysOn()) return;
    const button = (name: string) => body.current?.querySelector<HTMLElement>(`[data-near-step=${name}]`);
    if (event.code === "KeyA") button("accept")?.focus(); // Enter then accepts: one key tells nobody anything
    if (event.code === "KeyD") button("dismiss")?.click();
  };
  return (
    <Dialog title={p().title} onClose={onClose} isWide>
      <div class="near" ref={body} onKeyDown={press}>
        <Clocks />
        <p class="near-decided" role="status">{decided.value ? p().decided[decided.value] : ""}</p>
        {failed.value && <p class="trouble" role="alert">{said(failed.value)} <button type="button" onClick={() => void reload()}>{p().again}</button></p>}
        {one && <div class={held.length > 1 ? "near-both" : ""}>{held.length > 1 && <List chosen={one.candidate_id} choose={(id) => { chosen.value = id; }} />}<One one={one} /></div>}
        {!one && !failed.value && <div class="empty" data-near-empty><p>{p().none}</p><p>{p().noneHint}</p></div>}
      </div>
      <div class="sheet-buttons"><button type="button" autofocus onClick={onClose}>{p().close} <kbd aria-hidden="true">Esc</kbd></button></div>
    </Dialog>
  );
}
