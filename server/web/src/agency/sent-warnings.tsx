import { useSignal } from "@preact/signals";
import { asProblem, call } from "../api";
import { dayAndTime } from "../clock";
import { Dialog } from "../dialog";
import { lang, named, said } from "../lang";
import { Loaded, Loader } from "../loaded";
import { w } from "../texts/warnings";
import type { Problem } from "../wire";
import { isCut, me } from "./desk";

/** The disaster warnings that this agency has sent: how each stands at each center, and taken back here where it came by
 * the agency's own line. How many people were told is nobody's to know. */
interface At { code: string; name_ko: string; name_en: string; state: string; reason: string }
interface Sent {
  warning_id: string; kind: string; severity: string; is_drill: boolean; is_public: boolean; sent_at: string; expires_at: string; via: "router" | "center"; state: string; may_cancel: boolean;
  texts: Partial<Record<"ko" | "en", { headline?: string; event?: string }>>; centers: At[];
}

const loader = new Loader(async () => (await call<{ warnings: Sent[] }>("GET", "/api/agency/warnings/sent")).warnings);

function Center({ of, isSame }: { of: At; isSame: boolean }) {
  return <li data-center={of.code} data-center-state={of.state}>{named(of)}{!isSame && ` · ${w().sent.state[of.state] ?? of.state}`}{of.reason && ` (${w().sent.hidden[of.reason] ?? of.reason})`}</li>;
}

function Row({ of: one }: { of: Sent }) {
  const isAsking = useSignal(false);
  const isBusy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const s = w().sent;
  const words = one.texts[lang.value] ?? one.texts.ko ?? one.texts.en ?? {};
  const takeBack = async () => {
    isBusy.value = true;
    problem.value = await call("POST", `/api/agency/warnings/${one.warning_id}/cancel`).then(() => null, asProblem);
    isBusy.value = isAsking.value = false;
    void loader.again();
  };
  return (
    <li data-sent-warning={one.warning_id} data-sent-state={one.state}>
      <p class="row"><strong>{w().severity[one.severity] ?? one.severity} · {words.headline || words.event}</strong><span class="chip">{s.state[one.state] ?? one.state}</span>
        <small>{[one.is_drill && w().drill, !one.is_public && w().notPublic, one.kind === "Update" && w().update, `${dayAndTime(one.sent_at)} – ${dayAndTime(one.expires_at)}`].filter(Boolean).join(" · ")}</small></p>
      <ul class="sent-centers" aria-label={s.centers}>{one.centers.map((at) => <Center key={at.code} of={at} isSame={at.state === one.state} />)}</ul>
      {one.may_cancel && !isAsking.value && <button type="button" disabled={isCut.value} onClick={() => { isAsking.value = true; }}>{s.takeBack}</button>}
      {isAsking.value && (
        <p class="row" role="group" aria-label={s.takeBack}><span>{s.sure}</span>
          <button type="button" class="danger" disabled={isBusy.value || isCut.value} onClick={() => void takeBack()}>{s.yes}</button>
          <button type="button" onClick={() => { isAsking.value = false; }}>{s.no}</button></p>
      )}
      {one.via === "router" && ["running", "hidden"].includes(one.state) && <p class="quiet-text">{s.byRouter}</p>}
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
    </li>
  );
}

function Sheet({ onClose }: { onClose: () => void }) {
  const s = w().sent;
  return (
    <Dialog title={s.title} onClose={onClose} isWide>
      <p class="quiet-text">{s.lead}</p>
      <Loaded of={loader} isEmpty={(all) => all.length === 0} empty={<div class="empty"><p>{s.none}</p><p>{s.noneHint}</p></div>}>
        {(all) => <ul class="requests sent-warnings">{all.map((one) => <Row key={one.warning_id} of={one} />)}</ul>}
      </Loaded>
      <div class="sheet-buttons"><button type="button" onClick={() => void loader.again()}>{s.again}</button><button type="button" onClick={onClose}>{w().close} <kbd aria-hidden="true">Esc</kbd></button></div>
    </Dialog>
  );
}

/** For disaster rooms alone. */
export function SentWarningsButton() {
  const isOpen = useSignal(false);
  if (me.value?.agency?.kind !== "disaster") return null;
  return (
    <>
      <button type="button" class="quiet" data-sent-warnings onClick={() => { isOpen.value = true; void loader.again(); }}>{w().sent.button}</button>
      {isOpen.value && <Sheet onClose={() => { isOpen.value = false; }} />}
    </>
  );
}
