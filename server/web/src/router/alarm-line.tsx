import { section } from "../admin/address";
import { Link } from "../admin/kit/link";
import { timeOfDay } from "../clock";
import { Icon } from "../admin/kit/icons";
import { t } from "../texts/router";
import { alarms, askedAt, chime, isSoundOn, isWrong, setSound } from "./live";
import type { AlarmsNow } from "./wire";

/** What is wrong, each in its own words; empty when nothing is, or when nothing is known. */
export function troubles(of: AlarmsNow): string[] {
  const a = t().alarms;
  return [
    of.postgis !== "up" && a.postgis, of.bus !== "up" && a.bus, of.postgis === "up" && !of.swept && a.swept,
    of.undelivered?.length && a.undelivered(of.undelivered.length), of.desk_112?.length && a.desk(of.desk_112.length),
  ].filter((one): one is string => typeof one === "string");
}

/** One line that is still when all is well and loud when something is wrong, or when nobody answers. */
export function AlarmLine({ onlyWrong = false }: { onlyWrong?: boolean }) {
  const a = t().alarms;
  const held = alarms.state.value;
  const wrong = isWrong();
  if (onlyWrong && wrong !== true) return null;
  const list = held.is === "ready" ? troubles(held.data) : [];
  const title = wrong === null ? a.asking : !wrong ? a.ok : held.is === "ready" ? a.bad : a.unknown;
  return (
    <div class={`alarm-line ${wrong === null ? "" : wrong ? "loud" : "well"}`} data-alarm={wrong === null ? "asking" : wrong ? "loud" : "well"}>
      <Icon name={wrong ? "warning" : "check"} />
      <p role={wrong ? "alert" : "status"}><strong>{title}</strong> <span>{wrong === false ? a.okText : held.is === "ready" ? list.join(" · ") : wrong ? a.unknownText : ""}</span></p>
      {askedAt.value > 0 && <span class="asked timer" aria-hidden="true">{a.asked(timeOfDay(askedAt.value))}</span>}
      {section.value !== "alarms" && <Link to="alarms" button>{a.see}</Link>}
    </div>
  );
}

export function SoundSwitch() {
  const a = t().alarms;
  const on = isSoundOn.value;
  const isBlocked = on && chime.value !== null && !chime.value.running.value;
  return (
    <>
      {isBlocked && <span class="warn" role="status">{a.soundBlocked}</span>}
      <button type="button" class="quiet" aria-pressed={on} title={a.soundHelp} onClick={() => setSound(!on)}>{on ? a.soundOff : a.soundOn}</button>
    </>
  );
}
