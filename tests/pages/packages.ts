/** Packages of the pages for tests that lie outside their folder, where node would not look for them. */
import { createRequire } from "node:module";

const ofThePages = createRequire(new URL("../../server/web/package.json", import.meta.url));

export const fc = ofThePages("fast-check") as typeof import("fast-check");
