/** The little of node that the build uses. */
declare module "node:fs" {
  export function readdirSync(path: string): string[];
  export function writeFileSync(path: string, content: string | Uint8Array): void;
}
declare module "node:path" {
  export function join(...parts: string[]): string;
}
declare module "node:zlib" {
  export function brotliCompressSync(content: string | Uint8Array): Uint8Array;
  export function crc32(content: Uint8Array): number;
  export function deflateSync(content: Uint8Array, options?: { level?: number }): Uint8Array;
  export function gzipSync(content: string | Uint8Array, options?: { level?: number }): Uint8Array;
}
declare const process: { env: Record<string, string | undefined> };
