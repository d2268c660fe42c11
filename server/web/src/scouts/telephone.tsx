import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { asProblem, call } from "../api";
import { Dialog } from "../dialog";
import { named, said } from "../lang";
import type { Place } from "../map-pins";
import { PinsOnMap } from "../pin-map";
import { byNight, type Offered, whyNot } from "../scout-times";
import { w } from "../texts/scout-times";
import { p } from "../texts/scouts-telephone";
import { t } from "../texts/scouts";
import type { Problem } from "../wire";
import { uuid7 } from "../sos/ids";
import { tell, type Board } from "./source";

/** A booking for who telephones: the place first, since it decides what is free; she is texted. */
export function Telephone({ of, onClose }: { of: Board; onClose: () => void }) {
  const id = useMemo(() => uuid7(Date.now()), []);
  const place = useSignal<Place | null>(null);
  const hub = useSignal("");
  const offered = useSignal<Offered | null>(null);
  const trouble = useSignal<Problem | null>(null);
  const isBusy = useSignal(false);
  const centers = of.centers.filter((one) => one.has_offer);
  const center = useSignal(centers[0]?.code ?? "");
  const hubs = useSignal<Offered["hubs"]>([]);
  useEffect(() => { void call<{ hubs: Offered["hubs"] }>("GET", `/api/scouts/hubs/${encodeURIComponent(center.value)}`).then((found) => { hubs.value = found.hubs; }, () => { hubs.value = []; }); }, [center.value]);
  const at = (next: Place, hubId = "") => {
    place.value = next;
    hub.value = hubId;
    offered.value = null;
    void call<Offered>("POST", "/api/scouts/offered", { lat: next.lat, lon: next.lon }).then((found) => { if (place.peek() === next) offered.value = found; }, (error: unknown) => { trouble.value = asProblem(error); });
  };
  const pins = useComputed(() => ({ pins: hubs.value.map((one) => ({ lat: one.lat, lon: one.lon, name: named(one) })), radiusM: null, picked: hub.value ? null : place.value, pair: null })).value;
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!place.value) return;
    const field = (name: string) => String(new FormData(event.currentTarget as HTMLFormElement).get(name) ?? "").trim();
    isBusy.value = true;
    const { lat, lon } = place.value;
    const wish = { name: field("name"), phone: field("phone"), at: field("at"), meet: { lat, lon }, meet_text: field("meet_text"), hub_id: hub.value, destination: field("destination"), note: field("note") };
    trouble.value = await tell("PUT", `bookings/${id}`, wish);
    isBusy.value = false;
    if (!trouble.peek()) onClose();
    else if (trouble.peek()!.code === "no_slot") at(place.value, hub.value);
  };
  const nights = byNight(offered.value?.slots ?? []);
  return (
    <Dialog title={p().head} onClose={onClose} isWide>
      <form class="telephone" onSubmit={submit}>
        <p>{p().lead}</p>
        <div class="two-fields">
          <div><label for="call-name">{p().name}</label><input id="call-name" name="name" required maxLength={40} autocomplete="off" /></div>
          <div><label for="call-phone">{p().phone}</label><input id="call-phone" name="phone" type="tel" required maxLength={40} autocomplete="off" placeholder="010-1234-5678" /></div>
        </div>
        <fieldset class="telephone-place"><legend>{p().meet}</legend>
          {centers.length > 1 && <label>{t().center}<select value={center.value} onChange={(event) => { center.value = event.currentTarget.value; }}>{centers.map((one) => <option key={one.code} value={one.code}>{named(one)}</option>)}</select></label>}
          <p class="quiet-text">{p().meetHint}</p>
          <div class="hub-buttons">{hubs.value.map((one, n) => <button key={one.hub_id} type="button" aria-pressed={hub.value === one.hub_id} onClick={() => at({ lat: one.lat, lon: one.lon }, one.hub_id)}>{n + 1} {named(one)}</button>)}</div>
          <PinsOnMap label={p().map} pins={pins} outlineOf={center.value} center={null} onPick={(next) => at(next)} follows={`${center.value} ${hubs.value.length}`} />
          <label>{p().words}<input name="meet_text" maxLength={120} autocomplete="off" required={!hub.value} placeholder={p().wordsHint} /></label>
        </fieldset>
        <div class="telephone-rest">
          {place.value && offered.value?.why && <p class="trouble" role="alert">{whyNot(offered.value)}</p>}
          <label>{p().at}<select name="at" required disabled={nights.length === 0}>
            {!place.value && <option value="">{p().placeFirst}</option>}
            {place.value && nights.length === 0 && <option value="">{offered.value ? w().nothingFree : w().looking}</option>}
            {nights.map((night) => <optgroup key={night.night} label={night.words}>{night.slots.map((slot) => <option key={slot.at} value={slot.at}>{slot.words}</option>)}</optgroup>)}
          </select></label>
          <label>{p().destination}<input name="destination" required maxLength={200} autocomplete="off" /></label>
          <label>{p().note}<input name="note" maxLength={200} autocomplete="off" /></label>
        </div>
        <p class="trouble" role="alert">{trouble.value ? said(trouble.value) : ""}</p>
        <div class="sheet-buttons"><button type="button" onClick={onClose}>{t().cancel}</button><button type="submit" class="primary" disabled={isBusy.value || nights.length === 0}>{p().book}</button></div>
      </form>
    </Dialog>
  );
}
