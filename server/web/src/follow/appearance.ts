import { effect, signal } from "@preact/signals";

/** Pages for phones wear what the phone wears, light or dark, also when it changes its mind at sunset. */
const prefersDark = matchMedia("(prefers-color-scheme: dark)");

export const isDark = signal(prefersDark.matches);
prefersDark.addEventListener("change", (event) => { isDark.value = event.matches; });

effect(() => {
  const root = document.documentElement;
  if (isDark.value) root.dataset.krdsMode = "high-contrast";
  else delete root.dataset.krdsMode;
});
