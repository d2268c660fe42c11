import { useSignal } from "@preact/signals";
import { asProblem, call } from "../../api";
import { named, said } from "../../lang";
import { w } from "../../texts/work";
import type { IncidentCard, Problem } from "../../wire";
import { mayAct } from "../feed";
import { detail, feed } from "../seat";

/** To the crew in the field: words, and one picture of a camera as it is now. */
export function Responders({ card }: { card: IncidentCard }) {
  const r = w().responders;
  const text = useSignal("");
  const camera = useSignal("");
  const done = useSignal("");
  const problem = useSignal<Problem | null>(null);
  const asking = card.requests.filter((one) => one.state === "accepted");
  const isComing = card.dispatches.some((one) => ["accepted", "en_route", "on_scene"].includes(one.state)) || asking.length > 0;
  const to = useSignal("");
  if (!mayAct(card) || (card.dispatches.length === 0 && asking.length === 0)) return null;
  const send = async (path: string, body: object) => {
    done.value = "";
    try {
      await call("POST", `/api/incidents/${card.incident_id}/${path}`, body, 15_000);
      problem.value = null;
      done.value = r.sent;
      text.value = path === "responder_message" ? "" : text.value;
    } catch (error) {
      problem.value = asProblem(error);
    }
  };
  const isOff = feed.link.state.value === "lost";
  const cameras = detail.value?.cameras ?? [];
  return (
    <section class="responders" aria-labelledby="responders-head">
      <h3 id="responders-head">{r.head}</h3>
      {!isComing ? <p class="quiet-text">{r.none}</p> : (
        <>
          <form class="row" onSubmit={(event) => { event.preventDefault(); void send("responder_message", { text: text.value.trim(), ...(to.value ? { request_id: to.value } : {}) }); }}>
            {asking.length > 0 && (
              <select aria-label={r.to} onChange={(event) => { to.value = event.currentTarget.value; }}>
                <option value="">{r.all}</option>
                {asking.map((one) => <option key={one.request_id} value={one.request_id}>{named(one.agency)}</option>)}
              </select>
            )}
            <label class="hidden-text" for="responder-text">{r.text}</label>
            <input id="responder-text" value={text.value} maxLength={500} autocomplete="off" placeholder={r.text} onInput={(event) => { text.value = event.currentTarget.value; }} />
            <button type="submit" disabled={isOff || !text.value.trim()}>{w().send}</button>
          </form>
          {cameras.length > 0 && (
            <form class="row" onSubmit={(event) => { event.preventDefault(); void send("stills", { camera_id: camera.value || cameras[0].camera_id }); }}>
              <label class="hidden-text" for="responder-camera">{r.camera}</label>
              <select id="responder-camera" onChange={(event) => { camera.value = event.currentTarget.value; }}>
                {cameras.map((one) => <option key={one.camera_id} value={one.camera_id}>{one.number}. {one.name}</option>)}
              </select>
              <button type="submit" disabled={isOff}>{r.still}</button>
            </form>
          )}
        </>
      )}
      {done.value && <p role="status">{done.value}</p>}
      {problem.value && <p class="trouble" role="alert">{said(problem.value)}</p>}
    </section>
  );
}
