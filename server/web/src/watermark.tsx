import { useComputed } from "@preact/signals";
import { dateAndTime, now } from "./clock";
import "./styles/watermark.css";

/**
 * Who looks, when, and at which case, over every picture: a photo of the screen names its source. It is drawn by the
 * page: it tells an honest viewer's photo apart, it can't stop somebody who changes the page. What is handed out
 * (evidence) has it drawn into the film by the server.
 *
 * Readable at the foot and along the side, one faint line above the middle: cameras write their own line at the top,
 * and people walk in the middle. No style of any state hides it.
 */
export function Watermark({ viewer, caseNo }: { viewer: string; caseNo?: string }) {
  const time = useComputed(() => dateAndTime(now.value));
  // on a narrow tile the line breaks between its parts: none of them is cut
  const line = <><b>{viewer} ·</b> <b>{time}{caseNo && " ·"}</b>{caseNo && <> <b>{caseNo}</b></>}</>;
  return (
    <div class="watermark" aria-hidden="true" data-case={caseNo}>
      <span class="across">{line}</span>
      <span class="at-side">{line}</span>
      <span class="at-foot">{line}</span>
    </div>
  );
}
