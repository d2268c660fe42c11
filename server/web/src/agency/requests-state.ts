import { signal } from "@preact/signals";
import { call } from "../api";
import { Loader } from "../loaded";
import type { Request } from "./wire";

/** The agency's own requests for pictures, read again at each piece of news. */
export const ASKING_KINDS = ["112", "119", "disaster"];
export const requests = signal<Request[]>([]);

export const loader = new Loader(async () => {
  const got = await call<{ requests: Request[] }>("GET", "/api/agency/video-requests");
  requests.value = got.requests;
  return got.requests;
});

/** The request that opened this case, when it came by one. */
export function requestOf(dispatchId: string): Request | null {
  return requests.value.find((one) => one.dispatch_id === dispatchId) ?? null;
}
