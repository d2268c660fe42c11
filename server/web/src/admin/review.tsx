import { call } from "../api";
import { t } from "../texts/oversight";
import { Area, Choice, Form } from "./kit/form";
import { Panel } from "./kit/page";
import { tell } from "./kit/told";

/** A verdict with its explanation; it can't be taken back, so the button's own words say so. */
export function Review({ path, onDone }: { path: string; onDone: () => Promise<void> }) {
  const r = t().review;
  return (
    <Panel title={r.title} id="review-title">
      <Form send={r.save} onSend={async (words) => {
        await call("POST", path, { verdict: words.one("verdict"), note: words.one("note") });
        tell(r.done);
        await onDone();
      }}>
        <Choice name="verdict" label={r.verdict} options={Object.entries(r.verdicts)} needed />
        <Area name="note" label={r.note} help={r.noteHelp} most={2000} needed />
        <p class="quiet-text">{r.confirm}</p>
      </Form>
    </Panel>
  );
}
