import { useComputed } from "@preact/signals";
import { dateAndTime, now } from "./clock";
import "./styles/watermark.css";

/**
 * Who looks, when, and at which case, over every picture: a photo of the screen names its source. It is drawn by the
 * page: it tells an honest viewer's photo apart, it can't stop somebody who changes the page. What is handed out
 * (evidence) has it drawn into the film by the server.
 *
 * Two readable lines at the edges, and faint ones across; the middle stays free. No style of any state hides it.
 */
export function Watermark({ viewer, caseNo }: { viewer: string; caseNo?: string }) {
  const line = useComputed(() => [viewer, caseNo, dateAndTime(now.value)].filter(Boolean).join(" · "));
  return (
    <div class="watermark" aria-hidden="true" data-case={caseNo}>
      <span class="at-top">{line}</span>
      <span class="across upper">{line}</span>
      <span class="across lower">{line}</span>
      <span class="at-foot">{line}</span>
    </div>
  );
}
