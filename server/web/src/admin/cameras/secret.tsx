import { useRef } from "preact/hooks";

let fields = 0;

/** A device's password: not kept by the browser, not readable over a shoulder. */
export function Secret({ name, label }: { name: string; label: string }) {
  const id = useRef("");
  id.current ||= `secret-${++fields}`;
  return <div class="field"><label for={id.current}>{label}</label><input id={id.current} name={name} type="password" maxLength={200} autocomplete="new-password" /></div>;
}
