/**
 * `npm run types`: src/generated.ts from the server's own models (server/page_wire). Needs the project's .venv and no
 * database; written only when it changes, so that a watching build does not wake up.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const root = fileURLToPath(new URL("../../", import.meta.url));
const target = new URL("src/generated.ts", import.meta.url);
const python = [`${root}.venv/bin/python`].find(existsSync);
if (!python) throw new Error("There is no .venv/bin/python: run `make setup` first.");

const schemas = execFileSync(python, ["-m", "server.page_wire"], { cwd: root, encoding: "utf8", maxBuffer: 1 << 24 });
const types = astToString(await openapiTS(JSON.parse(schemas), { defaultNonNullable: false }));
const text = `// Made by \`npm run types\` from server/page_wire; not committed.\n${types}`;
if (!existsSync(target) || readFileSync(target, "utf8") !== text) writeFileSync(target, text);
