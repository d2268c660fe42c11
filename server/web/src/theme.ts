import { effect, signal } from "@preact/signals";

/** `dark` is KRDS's high-contrast mode, for rooms; `light` for administration and phones. Remembered on this device. */
export type Theme = "dark" | "light";

const KEY = "ansim.theme";
/** What the page's own HTML says is its default. */
const DEFAULT: Theme = document.documentElement.dataset.krdsMode === "high-contrast" ? "dark" : "light";

/** `data-theme="phone"` on a page's root: it wears what the phone wears, also when that changes at sunset. */
const phone = document.documentElement.dataset.theme === "phone" ? matchMedia("(prefers-color-scheme: dark)") : null;

function remembered(): Theme {
  if (phone) return phone.matches ? "dark" : "light";
  try {
    const kept = localStorage.getItem(`${KEY}.${DEFAULT}`);
    return kept === "dark" || kept === "light" ? kept : DEFAULT;
  } catch {
    return DEFAULT; // storage may be forbidden on a locked-down seat
  }
}

export const theme = signal<Theme>(remembered());
phone?.addEventListener("change", () => { theme.value = remembered(); });

effect(() => {
  const root = document.documentElement;
  if (theme.value === "dark") root.dataset.krdsMode = "high-contrast";
  else delete root.dataset.krdsMode;
  if (phone) return;
  try {
    localStorage.setItem(`${KEY}.${DEFAULT}`, theme.value);
  } catch {
    // the choice then lasts as long as the page
  }
});
