import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { basisWords, fieldWords, triggerWords } from "../asked";
import { asProblem, call } from "../api";
import { now } from "../clock";
import { Dialog } from "../dialog";
import { named, said } from "../lang";
import { PinsOnMap } from "../pin-map";
import { uuid7 } from "../sos/ids";
import { a } from "../texts/asks";
import type { Problem } from "../wire";
import { me, readAsks, selectAsk } from "./desk";

/** Raising a request by hand: only occasions of the agency's own agreements, with the fields that each one knows. */
interface Agreed {
  center_id: string; name_ko: string; name_en: string; callback: string; triggers: string[]; legal_bases: string[]; auto_triggers: string[]; verify_s: number; max_minutes: number; branches: string[];
}
interface Asks { name: string; is: "text" | "area" | "number" | "choice"; needed?: boolean; options?: () => Record<string, string> }

const MISSING: Asks[] = [
  { name: "name", is: "text", needed: true }, { name: "age", is: "number", needed: true }, { name: "appearance", is: "area" },
  { name: "guardian_name", is: "text" }, { name: "guardian_phone", is: "text" }, { name: "consent", is: "choice", needed: true, options: () => a().by },
];
const ANKLET: Asks[] = [{ name: "category", is: "choice", needed: true, options: () => a().category }, { name: "device_ref", is: "text", needed: true }];
const FIELDS: Record<string, Asks[]> = {
  help_request: [{ name: "event", is: "choice", needed: true, options: () => a().event }, { name: "site", is: "text", needed: true }, { name: "contact_name", is: "text" }, { name: "contact_phone", is: "text" }, { name: "note", is: "area" }],
  anklet_tamper: ANKLET, anklet_curfew: ANKLET, anklet_zone: ANKLET, anklet_approach: [...ANKLET, { name: "protected_ref", is: "text", needed: true }],
  missing_child: MISSING, missing_dementia: MISSING,
  wanted_vehicle: [{ name: "plate", is: "text", needed: true }, { name: "crime", is: "choice", needed: true, options: () => a().crime }],
  disaster: [{ name: "title", is: "text", needed: true }, { name: "category", is: "choice", needed: true, options: () => a().hazard }, { name: "radius_m", is: "number" }, { name: "description", is: "area" }],
  dispatch: [{ name: "case_kind", is: "choice", needed: true, options: () => ({ "112": "112", "119": "119" }) }, { name: "note", is: "area" }],
};

function subjectOf(trigger: string, data: FormData): Record<string, unknown> {
  const said: Record<string, unknown> = {};
  for (const { name, is } of FIELDS[trigger] ?? []) {
    const text = String(data.get(name) ?? "").trim();
    if (text) said[name] = name === "consent" ? { by: text, at: new Date(now.peek()).toISOString() } : is === "number" ? Number(text) : text;
  }
  return said;
}

function Field({ of: one, trigger }: { of: Asks; trigger: string }) {
  const id = `ask-${one.name}`;
  const common = { id, name: one.name, required: one.needed, autocomplete: "off" };
  return (
    <p class={one.is === "area" ? "wide" : ""}>
      <label for={id}>{fieldWords(trigger, one.name)}{one.needed ? ` · ${a().desk.needed}` : ""}</label>
      {one.is === "choice" ? (
        <select {...common}><option value="">{a().desk.choose}</option>{Object.entries(one.options?.() ?? {}).map(([code, words]) => <option key={code} value={code}>{words}</option>)}</select>
      ) : one.is === "area" ? <textarea {...common} rows={2} maxLength={400} /> : <input {...common} type={one.is as "text"} maxLength={80} />}
    </p>
  );
}

type Spot = { lat: number; lon: number };

/** What is written moves the map there, once both numbers stand; what is pressed is in sight already. */
function Where({ place }: { place: { value: Spot | null } }) {
  const d = a().desk;
  const written = useSignal({ lat: "", lon: "" });
  const moved = useSignal("");
  const set = (name: keyof Spot, text: string) => {
    const at = place.value;
    written.value = { lat: String(at?.lat ?? written.value.lat), lon: String(at?.lon ?? written.value.lon), [name]: text.trim() };
    const { lat, lon } = written.value;
    const isPlace = lat !== "" && lon !== "" && Number.isFinite(Number(lat)) && Number.isFinite(Number(lon));
    place.value = isPlace ? { lat: Number(lat), lon: Number(lon) } : null;
    moved.value = isPlace ? `${lat} ${lon}` : "";
  };
  return (
    <fieldset class="ask-where">
      <legend>{d.where}</legend>
      <p class="quiet-text">{d.whereHint}</p>
      <PinsOnMap label={d.mapLabel} pins={{ pins: [], radiusM: null, picked: place.value, pair: null }} center={me.peek()?.map ?? null} follows={moved.value} onPick={(at) => { place.value = at; }} />
      <div class="ask-numbers">
        <p><label for="ask-lat">{d.lat}</label><input id="ask-lat" inputMode="decimal" autocomplete="off" value={place.value?.lat ?? written.value.lat} onChange={(event) => set("lat", event.currentTarget.value)} /></p>
        <p><label for="ask-lon">{d.lon}</label><input id="ask-lon" inputMode="decimal" autocomplete="off" value={place.value?.lon ?? written.value.lon} onChange={(event) => set("lon", event.currentTarget.value)} /></p>
        <p><label for="ask-accuracy">{d.accuracy}</label><input id="ask-accuracy" name="accuracy_m" type="number" min={1} max={20000} value="30" /></p>
      </div>
    </fieldset>
  );
}

function useRaising(onClose: () => void) {
  const place = useSignal<Spot | null>(null);
  const problem = useSignal<Problem | null>(null);
  const isBusy = useSignal(false);
  const id = useSignal(uuid7(Date.now()));
  const needsPlace = useSignal(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const word = (name: string) => String(data.get(name) ?? "").trim();
    needsPlace.value = place.value === null;
    if (isBusy.value || !place.value) return;
    isBusy.value = true;
    try {
      await call("POST", "/api/agency/requests", {
        request_id: id.value, trigger: word("trigger"), legal_basis: word("legal_basis"), case_no: word("case_no"), branch: word("branch"), callback: word("callback"), is_drill: data.has("is_drill"),
        position: { ...place.value, accuracy_m: Number(word("accuracy_m")) || 50 }, subject: subjectOf(word("trigger"), data),
      });
      await readAsks();
      selectAsk(id.value);
      onClose();
    } catch (error) {
      problem.value = asProblem(error);
      if (problem.value.status) id.value = uuid7(Date.now()); // what was refused stays refused under its id; without an answer it is the same one again
    }
    isBusy.value = false;
  };
  return { place, problem, isBusy, needsPlace, submit };
}

const NAMED_MOST = 4;

/** A province or an association agrees with hundreds. */
function centers(of: Agreed[]): string {
  const names = [...new Set(of.map(named))];
  return names.length > NAMED_MOST ? a().desk.andMore(names.slice(0, NAMED_MOST - 1).join(", "), names.length - NAMED_MOST + 1) : names.join(", ");
}

function Terms({ agreed, trigger }: { agreed: Agreed[]; trigger: string }) {
  const fitting = agreed.filter((one) => one.triggers.includes(trigger));
  const isAuto = fitting.some((one) => one.auto_triggers.includes(trigger));
  return <p class="quiet-text">{a().desk.center}: {centers(fitting)} · {isAuto ? a().desk.autoHint : a().desk.verifyHint(Math.max(...fitting.map((one) => one.verify_s)))}</p>;
}

function Fields({ agreed, raising, onClose }: { agreed: Agreed[]; raising: ReturnType<typeof useRaising>; onClose: () => void }) {
  const d = a().desk;
  const triggers = [...new Set(agreed.flatMap((one) => one.triggers))].filter((one) => one in FIELDS);
  const trigger = useSignal(triggers[0] ?? "");
  const bases = [...new Set(agreed.filter((one) => one.triggers.includes(trigger.value)).flatMap((one) => one.legal_bases))];
  const { place, problem, isBusy, needsPlace, submit } = raising;
  return (
    <form class="ask ask-by-hand" onSubmit={(event) => void submit(event)}>
      <Where place={place} />
      <div class="ask-words">
        <p>{trigger.value.startsWith("anklet") ? d.noText : d.lead}</p>
        <p><label for="ask-trigger">{d.trigger}</label>
          <select id="ask-trigger" name="trigger" onChange={(event) => { trigger.value = event.currentTarget.value; }}>{triggers.map((one) => <option key={one} value={one} selected={one === trigger.value}>{triggerWords(one)}</option>)}</select></p>
        <Terms agreed={agreed} trigger={trigger.value} />
        <div class="ask-subject" key={trigger.value}>{(FIELDS[trigger.value] ?? []).map((one) => <Field key={one.name} of={one} trigger={trigger.value} />)}</div>
        <div class="ask-subject">
          <p><label for="ask-case">{d.caseNo}{trigger.value === "dispatch" ? ` · ${d.needed}` : ""}</label><input id="ask-case" name="case_no" maxLength={80} autocomplete="off" required={trigger.value === "dispatch"} /></p>
          <p class="wide"><label for="ask-basis">{d.basis}</label><select id="ask-basis" name="legal_basis">{bases.map((one) => <option key={one} value={one}>{basisWords(one)}</option>)}</select></p>
          <p><label for="ask-branch">{d.branch}</label><input id="ask-branch" name="branch" maxLength={80} autocomplete="off" list="ask-branches" /><datalist id="ask-branches">{[...new Set(agreed.flatMap((one) => one.branches))].map((one) => <option key={one} value={one} />)}</datalist></p>
          <p><label for="ask-callback">{d.callback}</label><input id="ask-callback" name="callback" maxLength={80} autocomplete="off" /></p>
        </div>
        <label class="choice"><input type="checkbox" name="is_drill" /> <span>{d.drill} <small class="quiet-text">{d.drillHint}</small></span></label>
        {needsPlace.value && !place.value && <p class="trouble" role="alert">{d.needPlace}</p>}
        {problem.value && <p class="trouble" role="alert" data-problem={problem.value.code}>{said(problem.value)}{problem.value.field ? ` (${fieldWords(trigger.value, problem.value.field.replace("subject.", ""))})` : ""}</p>}
        <div class="sheet-buttons"><button type="button" onClick={onClose}>{d.cancel} <kbd aria-hidden="true">Esc</kbd></button><button type="submit" class="primary" disabled={isBusy.value}>{isBusy.value ? d.sending : d.send}</button></div>
      </div>
    </form>
  );
}

export function AskForm({ onClose }: { onClose: () => void }) {
  const agreed = useSignal<Agreed[] | null>(null);
  const problem = useSignal<Problem | null>(null);
  const raising = useRaising(onClose);
  useEffect(() => {
    void call<{ agreements: Agreed[] }>("GET", "/api/agency/terms").then((told) => { agreed.value = told.agreements; }, (error: unknown) => { problem.value = asProblem(error); });
  }, []);
  return (
    <Dialog title={a().desk.title} onClose={onClose} isWide>
      {problem.value ? <p class="trouble" role="alert">{said(problem.value)}</p>
        : agreed.value === null ? <p class="region-state" role="status">{a().console.loading}</p>
          : agreed.value.length === 0 ? <><p>{a().desk.noAgreement}</p><div class="sheet-buttons"><button type="button" onClick={onClose}>{a().desk.cancel}</button></div></>
            : <Fields agreed={agreed.value} raising={raising} onClose={onClose} />}
    </Dialog>
  );
}
