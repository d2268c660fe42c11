import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asProblem, call } from "../../api";
import { said } from "../../lang";
import { Loaded, useLoader } from "../../loaded";
import { t } from "../../texts/camera-admin";
import { centers, centerName, loadCenters } from "../house";
import { Choice, Form, Text, type Words } from "../kit/form";
import { Link } from "../kit/link";
import { Panel } from "../kit/page";
import { DataTable } from "../kit/table";
import { tell } from "../kit/told";

/** Looking for ONVIF devices on a subnet. The search goes on at the server when one looks elsewhere. */
interface Device { url: string; host: string; port: number; camera_id: string | null }
interface Search { discovery_id: string; state: "running" | "done" | "cancelled"; asked: number; to_ask: number; subnet: string; found: Device[] }
const PATH = "/api/cameras/discoveries";
const EVERY_MS = 1500;
const KEPT = "ansim.discovery";
const search = signal<Search | null>(null);

async function look(id: string): Promise<void> {
  try {
    search.value = await call<Search>("GET", `${PATH}/${encodeURIComponent(id)}`);
  } catch (error) {
    if (!search.peek()) sessionStorage.removeItem(KEPT);
    else tell(said(asProblem(error)));
  }
}

export function Devices() {
  const f = t().find;
  const loader = useLoader(loadCenters, "devices");
  const begin = async (words: Words) => {
    const ports = words.one("ports").split(/[\s,]+/).filter(Boolean).map(Number);
    search.value = await call<Search>("POST", "/api/cameras/discover", { subnet: words.one("subnet"), ports, center: words.one("center") });
    sessionStorage.setItem(KEPT, search.value.discovery_id);
  };
  const check = (words: Words): Record<string, string> => (words.one("ports").split(/[\s,]+/).filter(Boolean).every((one) => /^\d{1,5}$/.test(one)) ? {} : { ports: f.portsHelp });
  const held = search.value;
  useEffect(() => { const id = sessionStorage.getItem(KEPT); if (id && !search.peek()) void look(id); }, []);
  useEffect(() => {
    if (held?.state !== "running") return undefined;
    const timer = setInterval(() => void look(held.discovery_id), EVERY_MS);
    return () => clearInterval(timer);
  }, [held?.discovery_id, held?.state]);
  return (
    <Loaded of={loader}>
      {() => (
        <>
          <p class="lead-text">{f.lead}</p>
          <Panel title={t().tabs.devices} id="find-title">
            <Form send={f.begin} onSend={begin} check={check}>
              <div class="fields-2">
                <Text name="subnet" label={f.subnet} help={f.subnetHelp} most={60} needed />
                <Text name="ports" label={f.ports} help={f.portsHelp} value="80" most={60} needed />
              </div>
              <Choice name="center" label={f.center} value={centers.value[0]?.code ?? ""} options={centers.value.map((one) => [one.code, centerName(one.code)] as const)} />
            </Form>
          </Panel>
          {held && <Found of={held} />}
        </>
      )}
    </Loaded>
  );
}

function Found({ of }: { of: Search }) {
  const f = t().find;
  const cancel = async () => { search.value = await call<Search>("POST", `${PATH}/${of.discovery_id}/cancel`).catch((error) => { tell(said(asProblem(error))); return of; }); };
  return (
    <Panel title={`${f.found}: ${of.subnet}`} id="found-title" actions={of.state === "running" && <button type="button" onClick={() => void cancel()}>{f.cancel}</button>}>
      <p role="status"><strong>{f.states[of.state]}</strong> · {f.progress(of.asked, of.to_ask)}</p>
      {of.state === "running" && <progress max={of.to_ask} value={of.asked} aria-labelledby="found-title" />}
      {of.found.length > 0 && <p class="quiet-text">{f.bindHelp}</p>}
      <DataTable caption={f.found} rows={of.found} keyOf={(one) => one.url} isSearched={of.found.length > 10} empty={<p>{of.state === "running" ? "…" : f.none}</p>} columns={[
        { id: "url", title: f.head.url, value: (one) => one.url },
        { id: "camera", title: f.head.camera, value: (one) => one.camera_id, cell: (one) => (one.camera_id ? <Link to="cameras" item={`camera:${one.camera_id}`}>{one.camera_id}</Link> : f.unbound) },
      ]} />
    </Panel>
  );
}
