import { computed, effect, signal } from "@preact/signals";
import { call } from "../api";
import { dayAndTime, now } from "../clock";
import { keep, kept } from "../kept";
import { lang } from "../lang";
import type { SeatMap, WarningLook, WarningMark } from "../map";
import { w } from "../texts/warnings";
import { feed, me } from "./seat";

/** Disaster warnings that run in this seat's centers: areas on the map, and the same in words. They end by themselves. */
interface Words { headline?: string; event?: string; description?: string; instruction?: string; senderName?: string; contact?: string; web?: string; areas?: string }
interface Part {
  severity: WarningLook; urgency: string; certainty: string; begins_at: string; expires_at: string; texts: Partial<Record<"ko" | "en", Words>>;
  area: GeoJSON.Geometry | null; kept: [string, string, string][];
}
interface Warning {
  warning_id: string; agency: { agency_id: string; name_ko: string; name_en: string }; kind: "Alert" | "Update"; is_drill: boolean; is_public: boolean;
  severity: WarningLook; sent_at: string; told?: number; codes: string[]; parts: Part[];
}

const KEY = "ansim.console.warnings";
const areDrawn = signal(kept(KEY) !== "off");
const held = signal<Warning[]>([]);
const isOpen = signal(false);
const opened = signal<string | null>(null);
let turn = 0;

/** What has expired is gone at that second, without asking anybody. */
const running = computed(() => {
  const at = now.value;
  return held.value.map((one) => ({ ...one, parts: one.parts.filter((part) => Date.parse(part.expires_at) > at) })).filter((one) => one.parts.length > 0);
});
/** The same list while nothing has ended: a ticking second draws no map. */
const names = computed(() => running.value.map((one) => `${one.warning_id}/${one.parts.length}`).join());

async function reload(): Promise<void> {
  const mine = ++turn;
  const got = await call<{ warnings: Warning[] }>("GET", "/api/warnings").catch(() => null);
  if (got && mine === turn) held.value = got.warnings;
}

feed.onBanner.warnings = () => void reload();
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
  return running.peek().flatMap((one) => one.parts.flatMap((part) => (part.area ? [{
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
    <button type="button" class={all.some((one) => !one.is_drill) ? "warnings-button is-on" : "warnings-button"} aria-expanded={isOpen.value} data-warnings={all.length} onClick={() => { isOpen.value = !isOpen.peek(); }}>
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

function Entry({ one, map }: { one: Warning; map: SeatMap | null }) {
  const isLit = opened.value === one.warning_id;
  const first = one.parts[0];
  const sender = lang.value === "ko" ? one.agency.name_ko : one.agency.name_en || one.agency.name_ko;
  return (
    <li data-warning={one.warning_id} data-severity={first.severity}>
      <button type="button" aria-expanded={isLit} onClick={() => { opened.value = isLit ? null : one.warning_id; }}>
        <span class={`warning-sign warning-${first.severity}`} aria-hidden="true" />
        <strong>{severity(first.severity)}</strong> <span>{headline(first)}</span> <small>{w().until(dayAndTime(first.expires_at))}</small>
      </button>
      {isLit && (
        <div class="warning-text">
          <p class="quiet">
            {[one.is_drill && w().drill, !one.is_public && w().notPublic, one.kind === "Update" && w().update, w().from(dayAndTime(first.begins_at)), !!one.told && w().told(one.told)].filter(Boolean).join(" · ")}
          </p>
          {one.parts.map((part, i) => <Text key={i} part={part} sender={sender} />)}
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
