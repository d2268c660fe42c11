import { effect } from "@preact/signals";
import { render } from "preact";
import { section } from "../admin/address";
import { t } from "../texts/router";
import { sectionOf } from "./sections";
import { enter, session } from "./session";
import { Shell } from "./shell";
import { isWrong, startLooking } from "./live";
import "../styles/base.css";
import "../styles/fonts.css";
import "../styles/sheet.css";
import "../styles/admin.css";
import "../styles/map.css";
import "../styles/router.css";

/** Administration of the national location router. */
effect(() => {
  const open = sectionOf(section.value);
  const name = open ? `${open.title()} — ${t().title}` : t().title;
  document.title = session.value && isWrong() ? `(!) ${name}` : name;
});

effect(() => { if (session.value) startLooking(); });
void enter();
render(<Shell />, document.getElementById("page")!);
