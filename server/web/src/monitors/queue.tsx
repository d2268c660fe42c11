import { bindEnter, bindKeys } from "../console/keys";
import { Queue } from "../console/queue";
import { selected, takeNext } from "../console/seat";
import { step } from "../console/stepping";
import { openMonitor } from "./frame";
import "../styles/base.css";
import "../styles/fonts.css";
import "../styles/sheet.css";
import "../styles/console.css";
import "../styles/seat.css";
import "../styles/work.css";
import "../styles/asks.css";

/** The list of alerts; what is chosen here opens at the console, and is taken there and here alike. */
bindKeys({ take: takeNext, next: () => step(1), previous: () => step(-1) });
bindEnter(() => { if (!selected.peek()) step(1); });
openMonitor(<Queue />, false);
