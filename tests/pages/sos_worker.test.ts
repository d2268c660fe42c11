/** The SOS page's worker: what it keeps is the SOS page, never what a portal or a proxy answered in its place. */
import { deepEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";

const SOURCE = new URL("../../server/web/public/sos-worker.js", import.meta.url);
const PAGE = '<html><head><script src="/static/assets/sos-1.js"></script><meta name="ansim-router" content="x"></head></html>';

class Kept extends Map<string, string> {
  async put(key: string, answer: { text(): Promise<string> }) { this.set(key, await answer.text()); }
  async addAll(paths: string[]) { for (const path of paths) this.set(path, "file"); }
}

function answer(body: string, more: object = {}) {
  const made = { ok: true, redirected: false, text: async () => body, ...more, clone: () => made };
  return made;
}

/** The worker in a world of its own; `say` is what the network answers to the page's address. */
function world(say: () => unknown) {
  const kept = new Kept();
  const cache = {
    keys: async () => [...kept.keys()].map((path) => ({ url: `https://home${path}` })),
    put: kept.put.bind(kept),
    addAll: kept.addAll.bind(kept),
    delete: async (request: { url: string }) => kept.delete(new URL(request.url).pathname),
  };
  const heard: Record<string, (event: unknown) => void> = {};
  const self = { addEventListener: (name: string, act: (event: unknown) => void) => { heard[name] = act; }, skipWaiting() {}, location: { origin: "https://home" } };
  runInContext(readFileSync(SOURCE, "utf8"), createContext({ self, caches: { open: async () => cache }, fetch: async () => say(), URL, Set, AbortSignal }));
  return { kept, renew: () => new Promise((done, failed) => heard.install!({ waitUntil: (work: Promise<unknown>) => work.then(done, failed) })) };
}

test("a portal's page, a way elsewhere and an error leave the kept page as it is", async () => {
  let now: unknown = answer(PAGE);
  const { kept, renew } = world(() => now);
  await renew();
  const good = [["/static/assets/sos-1.js", "file"], ["/sos", PAGE]];
  deepEqual([...kept], good);
  for (const bad of [answer("<html>Please log in to the Wi-Fi</html>"), answer(PAGE, { redirected: true }), answer("", { ok: false })]) {
    now = bad;
    await renew();
    deepEqual([...kept], good);
  }
});
