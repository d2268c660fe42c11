import { useSignal } from "@preact/signals";
import { said } from "../lang";
import { seenNow } from "../geo";
import { t } from "../texts/agency";
import { Tile } from "../tile";
import type { CameraTicket, Problem } from "../wire";
import { askPictures, isCut, me, pictures } from "./desk";
import { Icon } from "./icons";
import { whyDark } from "./state";
import type { Case } from "./wire";

/** The console's tiles without its hands: no PTZ, no presets, no still. Why there is no picture is always said. */
export interface Dark { code: string; text: string }

export function VideoButton({ of: d, dark = null }: { of: Case; dark?: Dark | null }) {
  const held = pictures.value[d.dispatch_id];
  return (
    <button type="button" class="video" data-ask-video disabled={dark !== null || whyDark(d) !== null || held?.isAsking || isCut.value} onClick={() => void askPictures(d.dispatch_id)}>
      {held?.isAsking ? t().videoAsking : held?.tickets.length ? t().videoAgain : t().video} <kbd aria-hidden="true">V</kbd>
    </button>
  );
}

/** A desk asks for all its pictures together; the tile that asked takes its own. */
async function renewOne(dispatchId: string, cameraId: string): Promise<CameraTicket | Problem> {
  const answer = await askPictures(dispatchId);
  if (!Array.isArray(answer)) return answer;
  return answer.find((ticket) => ticket.camera_id === cameraId)
    ?? { code: "not_chosen", message_ko: "이 카메라는 더 이상 가까이에 있지 않습니다.", message_en: "This camera is no longer near." };
}

function words(d: Case): { text: string; code: string; isTrouble: boolean } {
  const held = pictures.value[d.dispatch_id];
  const dark = whyDark(d);
  if (dark) return { text: t().dark[dark], code: dark, isTrouble: dark.startsWith("agreement_") };
  if (held?.problem) return { text: t().refused[held.problem.code] ?? said(held.problem), code: held.problem.code, isTrouble: true };
  if (held?.isAsking) return { text: t().videoAsking, code: "asking", isTrouble: false };
  return held?.askedOnce ? { text: t().videoNone, code: "none", isTrouble: false } : { text: t().videoHint, code: "hint", isTrouble: false };
}

/** `dark`: why there is none, where that is not the case's own state. */
export function Pictures({ of: d, dark = null }: { of: Case; dark?: Dark | null }) {
  const held = pictures.value[d.dispatch_id];
  const large = useSignal<string | null>(null);
  const viewer = me.value ? `${me.value.name} ${me.value.login}` : "";
  const tickets = held?.tickets ?? [];
  const shown = tickets.filter((ticket) => !large.value || ticket.camera_id === large.value);
  const why = dark ? { ...dark, isTrouble: false } : words(d);
  return (
    <section class="pictures" aria-label={t().videoHead}>
      <header><h3>{t().videoHead}</h3><span class="quiet-text">{t().viewOnly}</span><VideoButton of={d} dark={dark} /></header>
      {(held?.problem || tickets.length === 0) && (
        <p class={`no-pictures${why.isTrouble ? " trouble" : ""}`} role="status" data-refused={why.code}>
          <Icon name={why.isTrouble ? "no" : "picture"} /> {why.text}
        </p>
      )}
      {tickets.length > 0 && (
        <div class={`tiles${large.value ? " one" : ""}`}>
          {shown.map((ticket) => (
            <Tile key={ticket.camera_id} camera={seenNow(ticket, d.position)} ticket={ticket} viewer={viewer} caseNo={d.case_no} texts={t().tile} metres={t().metres}
              isLarge={large.value !== null} renew={() => renewOne(d.dispatch_id, ticket.camera_id)}
              onEnlarge={() => { large.value = large.peek() ? null : ticket.camera_id; }} />
          ))}
        </div>
      )}
    </section>
  );
}
