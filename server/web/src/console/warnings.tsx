import { computed, effect, signal, useSignal } from "@preact/signals";
import { asProblem, call } from "../api";
import { dayAndTime, now } from "../clock";
import { keep, kept } from "../kept";
import { Dialog } from "../dialog";
import { lang, named } from "../lang";
import type { SeatMap, WarningLook, WarningMark } from "../map";
import { w } from "../texts/warnings";
import type { Problem } from "../wire";
import { refusal } from "./asking";
import { feed, me } from "./seat";

/** Disaster warnings that run in this seat's centers: areas on the map, and the same in words. They end by themselves. */
interface Words { headline?: string; event?: string; description?: string; instruction?: string; senderName?: string; contact?: string; web?: string; areas?: string }
interface Part {
  severity: WarningLook; urgency: string; certainty: string; begins_at: string; expires_at: string; texts: Partial<Record<"ko" | "en", Words>>;
  area: GeoJSON.Geometry | null; kept: [string, string, string][];
}
interface Warning {
  warning_id: string; agency: { agency_id: string; name_ko: string; name_en: string }; kind: "Alert" | "Update"; is_drill: boolean; is_public: boolean;
  severity: WarningLook; sent_at: string; told?: number; codes: string[]; parts: Part[]; centers: string[];
  hidden: { center: string; at: string; reason: string }[]; stands: boolean;
}
interface Reason { code: string; name_ko: string; name_en: string }

const KEY = "ansim.console.warnings";
const areDrawn = signal(kept(KEY) !== "off");
const held = signal<Warning[]>([]);
const reasons = signal<Reason[]>([]);
const isOpen = signal(false);
const opened = signal<string | null>(null);
let turn = 0;

/** What has expired is gone at that second, without asking anybody. */
const running = computed(() => {
  const at = now.value;
  return held.value.map((one) => ({ ...one, parts: one.parts.filter((part) => Date.parse(part.expires_at) > at) })).filter((one) => one.parts.length > 0);
});
/** Taken off the map at each of this seat's centers where it stands. */
const isHidden = (one: Warning) => one.hidden.length > 0 && one.hidden.length === one.centers.length;
const isDrawn = (one: Warning) => one.stands && !isHidden(one);
/** The same list while nothing has ended: a ticking second draws no map. */
const names = computed(() => running.value.map((one) => `${one.warning_id}/${one.parts.length}/${isDrawn(one)}/${one.hidden.length}`).join());

async function reload(): Promise<void> {
  const mine = ++turn;
  const got = await call<{ warnings: Warning[]; reasons: Reason[] }>("GET", "/api/warnings").catch(() => null);
  if (!got || mine !== turn) return;
  held.value = got.warnings;
  reasons.value = got.reasons;
}

feed.onBanner.warnings = () => void reload();
/** An agreement that a warning stands on may end by the clock. */
const LOOK_MS = 60_000;
setInterval(() => { if (held.peek().length > 0) void reload(); }, LOOK_MS);
/** With each new line: what came while this page was away is read. */
effect(() => {
  if (me.value?.permissions.includes("incidents.read") && feed.link.state.value === "live") void reload();
});

/** In the page's language, else in the other one. */
const wordsOf = (part: Part): Words => part.texts[lang.value] ?? part.texts.ko ?? part.texts.en ?? {};
const headline = (part: Part) => wordsOf(part).headline || wordsOf(part).event || "";
const severity = (look: WarningLook) => w().severity[look] ?? look;

export function warningMarks(): WarningMark[] {
  void names.value;
  if (!areDrawn.value) return [];
  return running.peek().filter(isDrawn).flatMap((one) => one.parts.flatMap((part) => (part.area ? [{
    id: one.warning_id, look: part.severity, label: w().mark(severity(part.severity), headline(part)), isLit: opened.value === one.warning_id, area: part.area,
  }] : [])));
}

/** From the map: its text. */
export function openWarning(id: string): void {
  opened.value = id;
  isOpen.value = true;
}

/** Where nothing is warned of there is no button either. */
export function WarningsButton() {
  const all = running.value;
  if (all.length === 0) return null;
  return (
    <button type="button" class={all.some((one) => !one.is_drill && isDrawn(one)) ? "warnings-button is-on" : "warnings-button"} aria-expanded={isOpen.value} data-warnings={all.length} onClick={() => { isOpen.value = !isOpen.peek(); }}>
      <span aria-hidden="true">⚠</span> {w().button} <span class="count">{all.length}</span>
    </button>
  );
}

function Text({ part, sender }: { part: Part; sender: string }) {
  const words = wordsOf(part);
  const rows: [string, string | undefined][] = [
    [w().description, words.description], [w().instruction, words.instruction], [w().area, words.areas], [w().sender, words.senderName || sender], [w().contact, words.contact], [w().web, words.web],
    [w().codes, part.kept.filter(([kind]) => kind !== "responseType").map(([, name, value]) => `${name}: ${value}`).join(" · ")],
  ];
  return (
    <dl>
      {rows.map(([name, text]) => text && <div key={name}><dt>{name}</dt><dd>{text}</dd></div>)}
      {!part.area && <p class="quiet">{w().noArea}</p>}
    </dl>
  );
}

async function send(id: string, step: "hide" | "show", body: object = {}): Promise<Problem | null> {
  const problem = await call("POST", `/api/warnings/${id}/${step}`, body).then(() => null, asProblem);
  await reload();
  return problem;
}

/** A shift leader takes it off this center's map, with a reason; people are told all the same. */
function HideSheet({ one, onClose }: { one: Warning; onClose: () => void }) {
  const why = useSignal("");
  const problem = useSignal<Problem | null>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    problem.value = await send(one.warning_id, "hide", { reason: why.value });
    if (!problem.value) onClose();
  };
  return (
    <Dialog title={w().takeOff} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <p>{w().takeOffSays}</p>
        <fieldset>
          <legend>{w().why}</legend>
          {reasons.value.map((reason, i) => (
            <label class="choice" key={reason.code}><input type="radio" name="why" value={reason.code} required autofocus={i === 0} checked={why.value === reason.code} onChange={() => { why.value = reason.code; }} /> {named(reason)}</label>
          ))}
        </fieldset>
        {problem.value && <p class="trouble" role="alert">{refusal(problem.value)}</p>}
        <div class="sheet-buttons"><button type="submit" class="primary" disabled={!why.value}>{w().takeOff}</button><button type="button" onClick={onClose}>{w().close}</button></div>
      </form>
    </Dialog>
  );
}

function OffTheMap({ one }: { one: Warning }) {
  const isAsking = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const mayDecide = me.value?.permissions.includes("incidents.supervise") ?? false;
  const reason = reasons.value.find((known) => known.code === one.hidden[0]?.reason);
  return (
    <>
      {!one.stands && <p class="warn" data-stands="no">{w().fallen}</p>}
      {one.hidden.length > 0 && <p data-hidden={one.hidden[0].reason}>{w().isOff(reason ? named(reason) : one.hidden[0].reason, dayAndTime(one.hidden[0].at))}</p>}
      {mayDecide && one.hidden.length < one.centers.length && <button type="button" class="quiet" data-take-off onClick={() => { isAsking.value = true; }}>{w().takeOff}</button>}
      {mayDecide && one.hidden.length > 0 && <button type="button" class="quiet" data-put-back onClick={async () => { problem.value = await send(one.warning_id, "show"); }}>{w().putBack}</button>}
      {problem.value && <p class="trouble" role="alert">{refusal(problem.value)}</p>}
      {isAsking.value && <HideSheet one={one} onClose={() => { isAsking.value = false; }} />}
    </>
  );
}

function Entry({ one, map }: { one: Warning; map: SeatMap | null }) {
  const isLit = opened.value === one.warning_id;
  const first = one.parts[0];
  const sender = lang.value === "ko" ? one.agency.name_ko : one.agency.name_en || one.agency.name_ko;
  return (
    <li data-warning={one.warning_id} data-severity={first.severity} data-drawn={isDrawn(one) ? "yes" : "no"}>
      <button type="button" aria-expanded={isLit} onClick={() => { opened.value = isLit ? null : one.warning_id; }}>
        <span class={`warning-sign warning-${first.severity}`} aria-hidden="true" />
        <strong>{severity(first.severity)}</strong> <span>{headline(first)}</span> <small>{!one.stands ? w().fallenShort : isHidden(one) ? w().offShort : w().until(dayAndTime(first.expires_at))}</small>
      </button>
      {isLit && (
        <div class="warning-text">
          <p class="quiet">
            {[one.is_drill && w().drill, !one.is_public && w().notPublic, one.kind === "Update" && w().update, w().from(dayAndTime(first.begins_at)), !!one.told && w().told(one.told)].filter(Boolean).join(" · ")}
          </p>
          {one.parts.map((part, i) => <Text key={i} part={part} sender={sender} />)}
          <OffTheMap one={one} />
          {first.area && <button type="button" onClick={() => map?.fitTo(first.area!)}>{w().show}</button>}
        </div>
      )}
    </li>
  );
}

/** The same in words, the gravest part of each first. */
export function WarningPanel({ map }: { map: SeatMap | null }) {
  if (!isOpen.value || running.value.length === 0) return null;
  const turnAreas = () => { areDrawn.value = !areDrawn.peek(); keep(KEY, areDrawn.peek() ? "on" : "off"); };
  return (
    <aside class="map-list warning-list" aria-label={w().title}>
      <header><strong>{w().title}</strong><button type="button" class="quiet" onClick={turnAreas}>{areDrawn.value ? w().hide : w().unhide}</button>
        <button type="button" class="quiet" aria-label={w().close} onClick={() => { isOpen.value = false; opened.value = null; }}>✕</button></header>
      <ul>{running.value.map((one) => <Entry key={one.warning_id} one={one} map={map} />)}</ul>
    </aside>
  );
}
