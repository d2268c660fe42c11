// Keeps the SOS page on the device: it opens at once and without a network. What it holds is replaced behind her back,
// whole: a page and the files that it names are one generation. Alerts never pass through here.
const PAGE = "/sos";
const PHRASES = "/api/phrases";
const OURS = 'name="ansim-router"';
const NEWEST = "ansim-sos";

/** Fetch the page with every file that it names; all of it or nothing. */
async function renew() {
  const answer = await fetch(PAGE, { cache: "no-cache", credentials: "same-origin" });
  if (!answer.ok || answer.redirected) return;
  const html = await answer.clone().text();
  if (!html.includes(OURS)) return; // a portal's page, or a proxy's own: kept, it would stand there in place of help
  const named = [...html.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)].map((found) => found[1]);
  const cache = await caches.open(NEWEST);
  const known = new Set((await cache.keys()).map((request) => new URL(request.url).pathname));
  await cache.addAll(named.filter((path) => !known.has(path)));
  await cache.put(PAGE, answer);
  const needed = new Set([...named, PAGE, PHRASES]);
  for (const request of await cache.keys()) {
    if (!needed.has(new URL(request.url).pathname)) await cache.delete(request);
  }
}

async function phrases() {
  const cache = await caches.open(NEWEST);
  try {
    const answer = await fetch(PHRASES, { signal: AbortSignal.timeout(4000) });
    if (answer.ok) await cache.put(PHRASES, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(PHRASES);
    if (kept) return kept;
    throw error;
  }
}

async function page(event) {
  const cache = await caches.open(NEWEST);
  const kept = await cache.match(PAGE);
  const fresh = renew().catch(() => {});
  event.waitUntil(fresh);
  if (kept) return kept;
  return fetch(event.request);
}

async function file(request) {
  const kept = await (await caches.open(NEWEST)).match(request, { ignoreSearch: true, ignoreVary: true });
  return kept ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(renew().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && url.pathname === PAGE) event.respondWith(page(event));
  else if (url.pathname.startsWith("/static/")) event.respondWith(file(event.request));
  else if (url.pathname === PHRASES) event.respondWith(phrases());
});
