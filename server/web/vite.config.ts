import { defineConfig } from "vite";

// Five pages, one build. Everything is served by the center's own server: HTML at its route, assets under /static/.
export default defineConfig({
  base: "/static/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../console/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      input: ["login.html", "console.html", "agency.html", "follow.html", "admin-cameras.html"],
    },
  },
});
