import { lang } from "./lang";

/** Says the other language's name in that language, so that who needs it can read it. */
export function LanguageSwitch({ label }: { label: string }) {
  const other = lang.value === "ko" ? "en" : "ko";
  return (
    <button type="button" class="quiet language" lang={other} onClick={() => { lang.value = other; }}>{label}</button>
  );
}
