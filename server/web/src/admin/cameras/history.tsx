import { call } from "../../api";
import { dayAndTime } from "../../clock";
import { Loaded, useLoader } from "../../loaded";
import { t } from "../../texts/camera-admin";
import { t as cameras } from "../../texts/cameras";
import type { Health } from "../../wire";
import { Panel } from "../kit/page";
import type { CameraFacts } from "./wire";

/** What became of the camera, from the log: its health as it changed, who changed what, its end. */
interface Line { event_id: string; tag: string; at: string; actor: { kind: string; name: string }; payload: Record<string, unknown> }
const TAGS = ["camera:health", "camera:changed", "camera:bound", "camera:retired"];
const LOOK = 500;
const SHOWN = 50;

async function fetchLines(id: string): Promise<Line[]> {
  const pages = await Promise.all(TAGS.map((tag) => call<{ events: Line[] }>("GET", `/api/log/events?${new URLSearchParams({ tag, camera_id: id, newest: "true", limit: String(LOOK) })}`)));
  return pages.flatMap((page) => page.events).sort((one, other) => other.at.localeCompare(one.at)).slice(0, SHOWN);
}

export function History({ camera }: { camera: CameraFacts }) {
  const c = t().one;
  const loader = useLoader(() => fetchLines(camera.camera_id), `${camera.camera_id} ${camera.updated_at} ${camera.retired_at}`);
  return (
    <Panel title={c.history} id="camera-history">
      <p class="quiet-text">{c.historyHelp}</p>
      <Loaded of={loader} isEmpty={(lines) => lines.length === 0} empty={<p>{c.noHistory}</p>}>
        {(lines) => (
          <ol class="camera-history">{lines.map((one) => (
            <li key={one.event_id} data-tag={one.tag}><time dateTime={one.at}>{dayAndTime(one.at)}</time> <strong>{c.events[one.tag] ?? one.tag}</strong> <span>{wordsOf(one)}</span> <span class="quiet-text">{one.actor.name}</span></li>
          ))}</ol>
        )}
      </Loaded>
    </Panel>
  );
}

function wordsOf({ tag, payload }: Line): string {
  const states = cameras().cameras.states;
  if (tag === "camera:health") return `${states[payload.was as Health] ?? ""} → ${states[payload.health as Health] ?? ""}`;
  if (tag === "camera:retired") return String(payload.reason ?? "");
  const fields = Array.isArray(payload.fields) ? [...new Set(payload.fields.map((name) => nameOf(String(name))))] : [];
  return fields.join(", ");
}

/** A field by the name it has on this page. */
function nameOf(field: string): string {
  const c = t().one;
  const names: Record<string, string> = {
    lat: c.lat, lon: c.lon, heading_deg: c.heading, field_of_view_deg: c.view, range_m: c.range, name: c.name, purpose: c.purpose, purposes: c.purposes, owner_name: c.owner,
    office: c.office, office_phone: c.phone, management_no: c.number, site_address: c.address, installed_on: c.installed, retention_days: c.retention, height_m: c.height,
    night: c.night, is_indoor: c.indoor, is_ptz: c.ptz, is_anpr: c.anpr, is_buffered: c.buffered, is_private: c.private, consent_until: c.consent, sub_url: c.streams, main_url: c.streams,
  };
  return names[field] ?? field;
}
