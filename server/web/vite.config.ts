import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";
import { markPng } from "./mark-png";

/** What every page's head says; a page's own file has its title, its theme and its script. */
const head: Plugin = {
  name: "ansim-head",
  transformIndexHtml: () => [
    { tag: "meta", attrs: { charset: "utf-8" }, injectTo: "head-prepend" },
    { tag: "meta", attrs: { name: "viewport", content: "width=device-width, initial-scale=1, viewport-fit=cover" }, injectTo: "head" },
    { tag: "meta", attrs: { name: "robots", content: "noindex" }, injectTo: "head" },
    { tag: "meta", attrs: { name: "referrer", content: "no-referrer" }, injectTo: "head" },
    { tag: "link", attrs: { rel: "icon", href: "/static/mark.svg", type: "image/svg+xml" }, injectTo: "head" },
    { tag: "link", attrs: { rel: "apple-touch-icon", href: "/static/mark-180.png" }, injectTo: "head" },
  ],
};

/** For home screens: an iPhone's takes no SVG. */
const icons: Plugin = {
  name: "ansim-icons",
  apply: "build",
  generateBundle() {
    this.emitFile({ type: "asset", fileName: "mark-180.png", source: markPng(180) });
  },
};

/** `name.br` and `name.gz` beside each asset that shrinks: the servers give them away as they are. */
const pack: Plugin = {
  name: "ansim-pack",
  apply: "build",
  writeBundle: ({ dir = "." }, bundle) => {
    for (const one of Object.values(bundle)) {
      if (!/\.(js|css|svg|json)$/.test(one.fileName)) continue;
      const content = one.type === "chunk" ? one.code : one.source;
      writeFileSync(join(dir, `${one.fileName}.br`), brotliCompressSync(content));
      writeFileSync(join(dir, `${one.fileName}.gz`), gzipSync(content, { level: 9 }));
    }
  },
};

/**
 * Two builds of one source tree: the center's pages, and with `--mode router` those of the location router (folder
 * `router/`). Each is served by its own server: HTML at its route, assets under /static/.
 */
export default defineConfig(({ mode }) => {
  const isRouter = mode === "router";
  const folder = isRouter ? "router/" : "";
  /** `PAGES=console,follow` builds only these: somebody else's page may be half-done. */
  const wanted = process.env.PAGES?.split(",");
  return {
    base: "/static/",
    plugins: [head, icons, pack],
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      outDir: isRouter ? process.env.PAGES_DIR_ROUTER || "../../location_router/static" : process.env.PAGES_DIR || "../console/static",
      emptyOutDir: true,
      target: "es2022",
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      rolldownOptions: {
        input: readdirSync(`./${folder || "."}`)
          .filter((name) => name.endsWith(".html") && (!wanted || wanted.includes(name.slice(0, -5)))).map((name) => folder + name),
      },
    },
  };
});
