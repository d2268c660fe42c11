import { MapRegion } from "../console/map-region";
import { openMonitor } from "./frame";
import "../styles/base.css";
import "../styles/fonts.css";
import "../styles/map.css";
import "../styles/sheet.css";
import "../styles/console.css";
import "../styles/seat.css";

/** The map on a screen of its own; it follows the caller or stays where it was dragged to, whatever the console's does. */
openMonitor(<MapRegion />, true);
