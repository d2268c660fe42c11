import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { call } from "../api";
import { now } from "../clock";
import { BrowserPush } from "../follow/push";
import { lang } from "../lang";
import { t } from "../texts/mine-warnings";
import { isInside, type Place } from "./inside";
import { type DisasterWarning, disasters } from "./source";

/** This browser is told that there is something to read, and finds out here whether it is inside: with a place that is
 * asked for by a press, held by this page and sent nowhere. Without one it shows what runs in the municipalities. */
type Here = "unknown" | "looking" | "refused" | (Place & { foundMs: number });
export const here = signal<Here>("unknown");
const PATIENCE_MS = 20_000;
/** Who reads this page on her way is somewhere else by then: her place counts no more, and is asked for anew. */
const OLD_MS = 5 * 60_000;

function placeNow(): Place | null {
  const found = here.value;
  return typeof found !== "string" && now.value - found.foundMs < OLD_MS ? found : null;
}

export function findMe(): void {
  if (!("geolocation" in navigator)) { here.value = "refused"; return; }
  here.value = "looking";
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => { here.value = { lat: coords.latitude, lon: coords.longitude, accuracy_m: coords.accuracy, foundMs: now.peek() }; },
    () => { here.value = "refused"; },
    { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 60_000 },
  );
}

/** Who has allowed this page her place before is not asked again. */
export async function findMeIfAllowed(): Promise<void> {
  const may = await navigator.permissions?.query({ name: "geolocation" }).catch(() => null);
  if (may?.state === "granted" && here.peek() === "unknown") findMe();
}

/** Of one warning: inside, elsewhere, or not known. */
export function whereOf(of: DisasterWarning): "inside" | "outside" | "unknown" {
  const place = placeNow();
  if (of.parts.some((part) => part.is_whole)) return "inside";
  if (place === null) return "unknown";
  return of.parts.some((part) => isInside(part, place)) ? "inside" : "outside";
}

class OwnPush extends BrowserPush {
  constructor() { super("/api/people/me/warnings/browser", "/mine"); }
  protected override async leave(): Promise<void> { await call("DELETE", this.base); }
  protected override async tell(held: PushSubscription): Promise<void> {
    const { endpoint, keys } = held.toJSON();
    await call("PUT", this.base, { endpoint, keys, language: lang.peek() });
  }
}

/** Only for who has agreed: before that there is nothing to be told. */
export function TellHere() {
  const push = useMemo(() => new OwnPush(), []);
  useEffect(() => {
    void push.look();
    const heard = (event: MessageEvent<{ kind?: string; event?: string }>) => { if (event.data?.kind === "push" && event.data.event === "disaster") { void disasters.again(); if (typeof here.peek() !== "string") findMe(); } };
    navigator.serviceWorker?.addEventListener("message", heard);
    return () => navigator.serviceWorker?.removeEventListener("message", heard);
  }, []);
  const state = push.state.value;
  if (state === "looking") return null;
  const words = { off: t().hereOff, busy: t().hereOff, on: t().hereOn, denied: t().hereDenied, failed: t().hereFailed, unsupported: t().hereNever, home_screen: t().hereHome }[state];
  return (
    <div class="item" data-push={state}>
      <p role="status">{words}</p>
      <div class="item-acts">
        {["off", "busy", "failed"].includes(state) && <button type="button" disabled={state === "busy"} onClick={() => void push.turnOn()}>{t().turnOn}</button>}
        {state === "on" && <button type="button" onClick={() => void push.turnOff()}>{t().turnOff}</button>}
      </div>
    </div>
  );
}

/** Asked where it makes a difference: a warning that runs, and no place yet. */
export function FindMe() {
  if (placeNow() !== null) return <p class="quiet-text" data-here="known">{t().hereKnown}</p>;
  const place = typeof here.value === "string" ? here.value : "unknown";
  return (
    <p data-here={place}>
      <button type="button" disabled={place === "looking"} onClick={findMe}>{place === "looking" ? t().finding : t().find}</button>{" "}
      <span class="quiet-text">{place === "refused" ? t().findRefused : t().findWhy}</span>
    </p>
  );
}
