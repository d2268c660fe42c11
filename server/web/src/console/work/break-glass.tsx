import { useSignal } from "@preact/signals";
import { asProblem, call } from "../../api";
import { timeOfDay } from "../../clock";
import { Dialog } from "../../dialog";
import { named, said } from "../../lang";
import { Loaded, type Loader, useLoader } from "../../loaded";
import { o } from "../../texts/desk-work";
import { w } from "../../texts/work";
import type { Problem } from "../../wire";
import { me } from "../seat";

/** Another center's incident in an emergency: one asks, a second person agrees, a third reviews it afterwards. */
interface Glass {
  breakglass_id: string; center: string; by: { account_id: string; login: string; desk: string }; reason: string; state: string; ends_at: string | null; needs_review: boolean; requested_at: string;
}
const SHORTEST = 20;

function Row({ one, again }: { one: Glass; again: () => Promise<void> }) {
  const g = o().glass;
  const problem = useSignal<Problem | null>(null);
  const mine = one.by.account_id === me.value?.account_id;
  const act = async (what: string) => {
    try {
      await call("POST", `/api/breakglass/${one.breakglass_id}/${what}`);
      problem.value = null;
    } catch (error) {
      problem.value = asProblem(error);
    }
    await again();
  };
  return (
    <li data-glass={one.state}>
      <p><strong>{g.state[one.state] ?? one.state}</strong> · {one.center} · {g.by(one.by.login)} · {timeOfDay(one.requested_at)} {one.state === "open" && one.ends_at && g.until(timeOfDay(one.ends_at))} {one.needs_review && <span class="badge">{g.review}</span>}</p>
      <p>{one.reason}</p>
      <span class="row">
        {one.state === "asked" && !mine && me.value?.permissions.includes("breakglass.approve") && (
          <><button type="button" class="primary" onClick={() => void act("approve")}>{g.approve}</button><button type="button" onClick={() => void act("decline")}>{g.decline}</button></>
        )}
        {one.state === "open" && <button type="button" onClick={() => void act("end")}>{g.end}</button>}
      </span>
      {problem.value && <p class="trouble" role="alert" data-problem={problem.value.code}>{said(problem.value)}</p>}
    </li>
  );
}

/** The centers around the desk's own; the first ones of the country where it has none. */
async function neighbours(): Promise<Around> {
  const { centers } = await call<{ centers: { code: string }[] }>("GET", "/api/centers");
  return call<Around>("GET", `/api/jurisdictions?${centers[0] ? `center=${encodeURIComponent(centers[0].code)}&` : ""}limit=30`);
}

interface Around { features: { properties: { code: string; name_ko: string; name_en: string } }[] }

function Ask({ list }: { list: Loader<{ breakglass: Glass[] }> }) {
  const g = o().glass;
  const center = useSignal("");
  const reason = useSignal("");
  const basis = useSignal("pipa-18-2-3");
  const problem = useSignal<Problem | null>(null);
  const around = useLoader(neighbours);
  const missing = SHORTEST - reason.value.trim().length;
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      await call("POST", "/api/breakglass", { center: center.value, incident_id: null, reason: reason.value.trim(), basis: basis.value });
      problem.value = null;
      reason.value = "";
    } catch (error) {
      problem.value = asProblem(error);
    }
    await list.again();
  };
  return (
    <form onSubmit={send}>
      <Loaded of={around}>
        {(data) => (
          <p><label for="glass-center">{g.center}</label>
            <select id="glass-center" required value={center.value} onChange={(event) => { center.value = event.currentTarget.value; }}>
              <option value="">{w().choose}</option>
              {data.features.map(({ properties: one }) => <option key={one.code} value={one.code}>{named(one)}</option>)}
            </select></p>
        )}
      </Loaded>
      <p><label for="glass-reason">{g.reason}</label>
        <textarea id="glass-reason" rows={2} required minLength={SHORTEST} maxLength={2000} value={reason.value} onInput={(event) => { reason.value = event.currentTarget.value; }} />
        {reason.value && missing > 0 && <small class="warn">{g.left(missing)}</small>}</p>
      <p><label for="glass-basis">{g.basis}</label>
        <select id="glass-basis" value={basis.value} onChange={(event) => { basis.value = event.currentTarget.value; }}>{Object.entries(g.bases).map(([code, words]) => <option key={code} value={code}>{words}</option>)}</select></p>
      {problem.value && <p class="trouble" role="alert" data-problem={problem.value.code}>{said(problem.value)}</p>}
      <div class="sheet-buttons"><button type="submit" class="primary" disabled={!center.value || missing > 0}>{g.ask}</button></div>
    </form>
  );
}

export function GlassSheet({ onClose }: { onClose: () => void }) {
  const g = o().glass;
  const list = useLoader(() => call<{ breakglass: Glass[] }>("GET", "/api/breakglass"));
  return (
    <Dialog title={g.title} onClose={onClose} isWide>
      <p>{g.lead}</p>
      {me.value?.permissions.includes("breakglass.request") && <Ask list={list} />}
      <h3>{g.list}</h3>
      <Loaded of={list} isEmpty={(data) => data.breakglass.length === 0} empty={<p>{g.none}</p>}>
        {(data) => <ul class="glass-list">{data.breakglass.map((one) => <Row key={one.breakglass_id} one={one} again={list.again} />)}</ul>}
      </Loaded>
      <div class="sheet-buttons"><button type="button" onClick={onClose}>{w().closeWord} <kbd aria-hidden="true">Esc</kbd></button></div>
    </Dialog>
  );
}
