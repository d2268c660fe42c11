import { computed, signal } from "@preact/signals";

/**
 * Where in the administration one is: `/admin/<section>#<item>`, with the browser's own history. Items are ids, never
 * names or numbers of people.
 */
/** The router's administration stands at an address of its own, and says so in its HTML. */
const BASE = document.documentElement.dataset.base ?? "/admin";

interface Place { section: string; item: string }

function read(): Place {
  return { section: location.pathname.split("/")[2] ?? "", item: decodeURIComponent(location.hash.slice(1)) };
}

const place = signal<Place>(read());

/** "" is the landing page. */
export const section = computed(() => place.value.section);
/** What of the section is open ("" none); a section decides what it means. */
export const item = computed(() => place.value.item);

export function hrefOf(to: string, what = ""): string {
  return `${BASE}${to ? `/${to}` : ""}${what ? `#${encodeURIComponent(what)}` : ""}`;
}

export function go(to: string, what = ""): void {
  history.pushState(null, "", hrefOf(to, what));
  place.value = read();
  window.scrollTo(0, 0);
}

/** The same place without a step in the history (an item that is gone, a choice inside a page). */
export function goInstead(to: string, what = ""): void {
  history.replaceState(null, "", hrefOf(to, what));
  place.value = read();
}

addEventListener("popstate", () => { place.value = read(); });
addEventListener("hashchange", () => { place.value = read(); });
