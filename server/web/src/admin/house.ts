import { signal } from "@preact/signals";
import { call } from "../api";
import { named } from "../lang";
import { t as login } from "../texts/login";
import type { AgencyName } from "../wire";
import { me } from "./session";
import type { Center, Centers } from "./wire";

/** Names that several sections need: centers, desks, agencies. Fetched once, and again when somebody changes them. */
export const centers = signal<Center[]>([]);
export const agencies = signal<AgencyName[]>([]);

export async function loadCenters(): Promise<Centers> {
  const told = await call<Centers>("GET", "/api/centers");
  centers.value = told.centers;
  return told;
}

export async function loadAgencies(): Promise<AgencyName[]> {
  const told = await call<{ agencies: AgencyName[] }>("GET", "/api/agencies");
  agencies.value = told.agencies;
  return told.agencies;
}

/** "*" is all of them. */
export function centerName(code: string): string {
  const found = centers.value.find((one) => one.code === code);
  return found ? named(found) : code;
}

export function agencyName(id: string): string {
  const found = agencies.value.find((one) => one.agency_id === id);
  return found ? named(found) : id;
}

export function desks(): string[] {
  const all = new Set(centers.value.map((one) => one.desk));
  if (me.value?.desk) all.add(me.value.desk);
  return [...all].sort();
}

export function roleName(role: string): string {
  return login().roles[role] ?? role;
}
