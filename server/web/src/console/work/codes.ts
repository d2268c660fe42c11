import { signal } from "@preact/signals";
import { call } from "../../api";
import { named } from "../../lang";
import type { CodeName, Codes } from "../../wire";

/** The center's code lists, asked for once: what a person may choose from, with names in both languages. */
export const codes = signal<Codes | null>(null);

export async function loadCodes(): Promise<void> {
  if (!codes.peek()) codes.value = await call<Codes>("GET", "/api/incidents/codes").catch(() => null);
}

export function nameOf(list: CodeName[] | undefined, code: string): string {
  const found = list?.find((one) => one.code === code);
  return found ? named(found) : code;
}
