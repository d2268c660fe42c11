import { effect } from "@preact/signals";
import { render } from "preact";
import { call, Refused } from "../api";
import { deskOf } from "../desk";
import { timeOfDay } from "../clock";
import { t } from "../texts/console";
import { s } from "../texts/seat";
import type { Me } from "../wire";
import { Header, Strip } from "./bars";
import { IncidentPanel } from "./incident";
import { MapRegion } from "./map-region";
import { Queue } from "./queue";
import { feed, fresh, me } from "./seat";
import { Sheets } from "./sheets";
import { HandOverBars } from "./work/hand-over";
import { Enlarged, Wall } from "./wall";
import "./key-actions";
import "../styles/base.css";
import "../styles/fonts.css";
import "../styles/map.css";
import "../styles/tile.css";
import "../styles/sheet.css";
import "../styles/video.css";
import "../styles/console.css";
import "../styles/seat.css";
import "../styles/work.css";
import "../styles/asks.css";

/** One screen, four fixed regions: queue, map, incident, and five cameras beneath. */
function Console() {
  const isLost = feed.link.state.value === "lost";
  return (
    <div class={`console${isLost ? " is-old" : ""}`}>
      <Header />
      <Strip />
      <Queue />
      <main class="middle">
        {isLost && feed.link.heardAt.value && <p class="as-of">{s().asOf(timeOfDay(feed.link.heardAt.value))}</p>}
        <MapRegion />
        <Enlarged />
      </main>
      <HandOverBars />
      <IncidentPanel />
      <Wall />
      <Sheets />
    </div>
  );
}

effect(() => {
  document.title = fresh.value.length > 0 ? `▲ ${fresh.value.length} — ${t().title}` : t().title;
});

async function start(): Promise<void> {
  try {
    me.value = await call<Me>("GET", "/api/me");
    if (!["operator", "supervisor", "admin"].includes(me.value.role)) location.replace(deskOf(me.value));
  } catch (error) {
    if (error instanceof Refused && (error.status === 401 || error.status === 403)) location.replace("/login");
    else setTimeout(() => void start(), 2000); // the feed's own state says that the server is away
  }
}

void start();
render(<Console />, document.getElementById("page")!);
