import { effect } from "@preact/signals";
import { render } from "preact";
import { t } from "../texts/admin";
import { section } from "./address";
import { sectionOf } from "./sections";
import { enter } from "./session";
import { Shell } from "./shell";
import "../styles/base.css";
import "../styles/fonts.css";
import "../styles/sheet.css";
import "../styles/admin.css";
import "../styles/records.css";

/** Administration of a center: one frame, and a section for each thing that somebody looks after. */
effect(() => {
  const open = sectionOf(section.value);
  document.title = open ? `${open.title()} — ${t().title}` : t().title;
});

void enter();
render(<Shell />, document.getElementById("page")!);
