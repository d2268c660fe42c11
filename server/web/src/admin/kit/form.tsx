import { useSignal, type Signal } from "@preact/signals";
import { createContext, type ComponentChildren } from "preact";
import { useContext, useRef } from "preact/hooks";
import { asProblem } from "../../api";
import { lang, said } from "../../lang";
import { t } from "../../texts/admin";
import type { Problem } from "../../wire";

/** What the server says of single fields (422), and of a change that needs a second word (409). */
export interface FieldProblem { field: string; message?: string; message_ko?: string; message_en?: string; allowed?: string[] }
export type Refusal = Problem & { fields?: FieldProblem[]; [more: string]: unknown };

/** The words of a form by name. A checkbox group gives all its chosen values. */
export interface Words { one: (name: string) => string; all: (name: string) => string[]; is: (name: string) => boolean }

function wordsOf(form: HTMLFormElement): Words {
  const data = new FormData(form);
  return { one: (name) => String(data.get(name) ?? "").trim(), all: (name) => data.getAll(name).map(String), is: (name) => data.has(name) };
}

/** `body.networks.0` is of the field `networks`. */
function fieldOf(name: string): string {
  return name.replace(/^(body|query)\./, "").split(".")[0] ?? name;
}

function messageOf(one: FieldProblem): string {
  const said = lang.value === "ko" ? one.message_ko : one.message_en ?? one.message;
  const allowed = one.allowed?.length ? ` ${t().form.allowed(one.allowed.join(", "))}` : "";
  return (said || t().form.bad) + allowed;
}

interface FormState { problem: Signal<Refusal | null>; own: Signal<Record<string, string>>; prefix: string; alias: Record<string, string> }
const Context = createContext<FormState | null>(null);

function useTrouble(name: string): string {
  const state = useContext(Context);
  const ours = state?.own.value[name];
  if (ours) return ours;
  return (state?.problem.value?.fields ?? []).filter((one) => [name, ...aliasesOf(state, name)].includes(fieldOf(one.field))).map(messageOf).join(" ");
}

function aliasesOf(state: FormState | null, name: string): string[] {
  return Object.entries(state?.alias ?? {}).filter(([, field]) => field === name).map(([theirs]) => theirs);
}

let forms = 0;

/**
 * A form that sends once at a time, and says beside each field what the server did not take. `check` names what is wrong
 * before anything is sent; `onRefused` may take a refusal over (true: it is shown elsewhere).
 */
export function Form({ onSend, send, onCancel, children, check, onRefused, fieldOfCode, alias, more, tone = "primary", label }: {
  onSend: (words: Words) => Promise<unknown>; send: string; onCancel?: () => void; children: ComponentChildren; label?: string;
  check?: (words: Words) => Record<string, string>; onRefused?: (problem: Refusal) => boolean; tone?: "primary" | "danger";
  /** Which field a problem without `fields` speaks of, by its code. */
  fieldOfCode?: Record<string, string>;
  /** The form's field for a field of the API that has another name there. */
  alias?: Record<string, string>;
  /** What stands beside a refusal, such as a link to what it speaks of. */
  more?: (problem: Refusal) => ComponentChildren;
}) {
  const problem = useSignal<Refusal | null>(null);
  const own = useSignal<Record<string, string>>({});
  const isBusy = useSignal(false);
  const prefix = useRef("");
  prefix.current ||= `f${++forms}`;
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const words = wordsOf(form);
    own.value = { ...missing(form, words), ...check?.(words) };
    problem.value = null;
    if (Object.keys(own.value).length === 0) {
      isBusy.value = true;
      try {
        await onSend(words);
      } catch (error) {
        const refusal = asProblem(error) as Refusal;
        const field = fieldOfCode?.[refusal.code];
        if (field) own.value = { [field]: said(refusal) };
        else if (!onRefused?.(refusal)) problem.value = refusal;
      }
      isBusy.value = false;
    }
    requestAnimationFrame(() => form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
  };
  const edited = (event: InputEvent) => { // what is being mended is not called wrong any more
    const { [(event.target as HTMLInputElement).name]: was, ...rest } = own.peek();
    if (was) own.value = rest;
  };
  return (
    <Context.Provider value={{ problem, own, prefix: prefix.current, alias: alias ?? {} }}>
      <form class="kit-form" noValidate aria-label={label} onInput={edited} onSubmit={(event) => void submit(event)}>
        {children}
        <p class="trouble" role="alert">{problem.value ? <>{said(problem.value)} {more?.(problem.value)}</> : ""}</p>
        <div class="form-buttons">
          {onCancel && <button type="button" onClick={onCancel}>{t().form.cancel}</button>}
          <button type="submit" class={tone} disabled={isBusy.value}>{isBusy.value ? t().form.busy : send}</button>
        </div>
      </form>
    </Context.Provider>
  );
}

function missing(form: HTMLFormElement, words: Words): Record<string, string> {
  const names = [...form.querySelectorAll<HTMLInputElement>("[data-needed]")].map((one) => one.name || one.dataset.needed!);
  return Object.fromEntries(names.filter((name) => !words.one(name)).map((name) => [name, t().form.missing]));
}

interface Common { name: string; label: string; help?: ComponentChildren; needed?: boolean }

function Field({ name, label, help, needed, children }: Common & { children: (rest: Record<string, unknown>) => ComponentChildren }) {
  const id = `${useContext(Context)?.prefix ?? ""}-${name}`;
  const trouble = useTrouble(name);
  const described = [help ? `${id}-help` : "", trouble ? `${id}-trouble` : ""].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}{needed && <span class="needed"> · {t().form.required}</span>}</label>
      {help && <p class="help" id={`${id}-help`}>{help}</p>}
      {children({
        id, name, "aria-invalid": trouble ? "true" : undefined, "aria-describedby": described || undefined,
        "aria-required": needed || undefined, "data-needed": needed ? name : undefined,
      })}
      {trouble && <p class="trouble" id={`${id}-trouble`}>{trouble}</p>}
    </div>
  );
}

export function Text({ value = "", type = "text", most = 400, complete = "off", isFixed = false, ...common }: Common & {
  isFixed?: boolean; value?: string; type?: "text" | "number" | "datetime-local" | "date" | "search"; most?: number; complete?: string;
}) {
  return <Field {...common}>{(rest) => <input {...rest} type={type as "text"} maxLength={most} autocomplete={complete} spellcheck={false} readOnly={isFixed} min={type === "number" ? 0 : undefined} defaultValue={value} />}</Field>;
}

export function Area({ value = "", rows = 4, most = 4000, ...common }: Common & { value?: string; rows?: number; most?: number }) {
  return <Field {...common}>{(rest) => <textarea {...rest} rows={rows} maxLength={most} defaultValue={value} />}</Field>;
}

/** One of a list; `[code, words]`. Without a value the first line asks to choose. */
export function Choice({ options, value = "", onChange, blank, ...common }: Common & {
  options: readonly (readonly [string, string])[]; value?: string; onChange?: (value: string) => void; blank?: string;
}) {
  return (
    <Field {...common}>
      {(rest) => (
        <select {...rest} defaultValue={value} onChange={(event) => onChange?.(event.currentTarget.value)}>
          {(blank !== undefined || !value) && <option value="" selected={!value}>{blank ?? t().form.choose}</option>}
          {options.map(([code, words]) => <option key={code} value={code} selected={code === value}>{words}</option>)}
        </select>
      )}
    </Field>
  );
}

/** Several of a list. */
export function Checks({ name, label, help, options, values, isRow = false }: Common & { options: readonly (readonly [string, string])[]; values: readonly string[]; isRow?: boolean }) {
  const trouble = useTrouble(name);
  const id = `${useContext(Context)?.prefix ?? ""}-${name}`;
  return (
    <fieldset class={`field checks${isRow ? " row" : ""}`} aria-describedby={trouble ? `${id}-trouble` : undefined}>
      <legend>{label}</legend>
      {help && <p class="help">{help}</p>}
      {options.map(([code, words]) => (
        <label class="check" key={code}><input type="checkbox" name={name} value={code} defaultChecked={values.includes(code)} aria-invalid={trouble ? "true" : undefined} /> {words}</label>
      ))}
      {trouble && <p class="trouble" id={`${id}-trouble`}>{trouble}</p>}
    </fieldset>
  );
}

export function Check({ name, label, help, checked = false, onChange }: { name: string; label: string; help?: string; checked?: boolean; onChange?: (is: boolean) => void }) {
  const trouble = useTrouble(name);
  return (
    <div class="field">
      <label class="check"><input type="checkbox" name={name} defaultChecked={checked} aria-invalid={trouble ? "true" : undefined} onChange={(event) => onChange?.(event.currentTarget.checked)} /> <span>{label}{help && <small>{help}</small>}</span></label>
      {trouble && <p class="trouble">{trouble}</p>}
    </div>
  );
}

const KOREA_OFFSET = "+09:00";

/** A `datetime-local` text read as Korean time; null when empty. */
export function instant(text: string): string | null {
  return text ? new Date(`${text}:00${KOREA_OFFSET}`.replace(/(T\d\d:\d\d:\d\d):00/, "$1")).toISOString() : null;
}

/** The `datetime-local` text of an instant, in Korean time to the minute. */
export function localText(iso: string | null | undefined): string {
  if (!iso) return "";
  return new Date(Date.parse(iso) + 9 * 3600_000).toISOString().slice(0, 16);
}
