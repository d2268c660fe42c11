import { call } from "../../api";
import { agencies, loadCenters } from "../house";
import type { About, Line, Release } from "./wire";

/** The state of the chains, with the names that the log's codes need. */
export async function loadAbout(): Promise<About> {
  const [about] = await Promise.all([call<About>("GET", "/api/log/chains"), loadCenters()]);
  agencies.value = about.agencies as typeof agencies.value;
  return about;
}

export async function lineOf(eventId: string | null): Promise<Line | null> {
  if (!eventId) return null;
  return (await call<{ events: Line[] }>("GET", `/api/log/events?${new URLSearchParams({ event_id: eventId })}`)).events[0] ?? null;
}

export async function releaseOf(releaseId: string): Promise<Release | null> {
  return (await call<{ releases: Release[] }>("GET", `/api/log/releases?${new URLSearchParams({ release_id: releaseId })}`)).releases[0] ?? null;
}
