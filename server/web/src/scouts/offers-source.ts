import { call } from "../api";
import { Loader } from "../loaded";
import type { Offers } from "./offer";

/** What is written down, of the centers of whoever asks. */
export const offers = new Loader<Offers>(() => call("GET", "/api/scouts/offers"));
export const pathOf = (center: string, startsOn: string) => `/api/scouts/offers/${encodeURIComponent(center)}/${startsOn}`;
