import { feed } from "../seat";

/** Commands of the work on an incident: over the feed, each with its state under one key of the incident. */
export const workKey = (id: string) => `work:${id}`;

export async function work(incidentId: string, name: string, args: object = {}): Promise<boolean> {
  return (await feed.command(workKey(incidentId), name, incidentId, args)) !== null;
}
