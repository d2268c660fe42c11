/** The little of node that these tests use. */
declare module "node:module" {
  export function createRequire(from: URL | string): (name: string) => unknown;
}
declare module "node:test" {
  export function test(name: string, story: () => void | Promise<void>): void;
}
declare module "node:assert/strict" {
  export function deepEqual(found: unknown, wanted: unknown, words?: string): void;
  export function equal(found: unknown, wanted: unknown, words?: string): void;
  export function ok(found: unknown, words?: string): void;
}
interface ImportMeta { url: string }
declare const process: { env: Record<string, string | undefined> };
declare module "node:fs" {
  export function readFileSync(path: URL, encoding: "utf8"): string;
}
declare module "node:vm" {
  export function createContext(world: object): object;
  export function runInContext(source: string, context: object): unknown;
}
