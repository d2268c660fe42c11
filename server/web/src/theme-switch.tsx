import { texts } from "./lang";
import { theme } from "./theme";

const t = texts({ dark: "어두운 화면", light: "밝은 화면" }, { dark: "Dark screen", light: "Light screen" });

/** Says what a press gives. */
export function ThemeSwitch() {
  const other = theme.value === "dark" ? "light" : "dark";
  return (
    <button type="button" class="quiet theme" data-theme={theme.value} onClick={() => { theme.value = other; }}>{t()[other]}</button>
  );
}
