import { togglePin } from "../console/arrangement";
import { bindKeys } from "../console/keys";
import { enlarged } from "../console/seat";
import { Enlarged, Wall } from "../console/wall";
import { openMonitor } from "./frame";
import "../styles/base.css";
import "../styles/fonts.css";
import "../styles/tile.css";
import "../styles/sheet.css";
import "../styles/video.css";
import "../styles/console.css";
import "../styles/seat.css";

/** The five cameras, large. Its pictures are disclosures of their own: the console's go on. */
const enlarge = (number: number) => () => { enlarged.value = enlarged.peek() === number ? null : number; };

bindKeys({ camera1: enlarge(1), camera2: enlarge(2), camera3: enlarge(3), camera4: enlarge(4), camera5: enlarge(5),
  pin1: () => togglePin(1), pin2: () => togglePin(2), pin3: () => togglePin(3), pin4: () => togglePin(4), pin5: () => togglePin(5) });
openMonitor(<><Wall /><Enlarged /></>, true);
