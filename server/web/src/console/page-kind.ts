/**
 * Which page of a seat this is: the console, or one of its monitors, which says so in its own HTML. A monitor chooses
 * nothing by itself: it shows what is open at the console, and asks the console (through the server) to open another.
 */
export type PageKind = "console" | "wall" | "map" | "queue";
export type MonitorKind = Exclude<PageKind, "console">;

const said = document.documentElement.dataset.monitor;

export const pageKind: PageKind = said === "wall" || said === "map" || said === "queue" ? said : "console";
export const isMonitor = pageKind !== "console";
/** A page that shows no pictures asks for none: each opening is a disclosure on record. */
export const showsPictures = pageKind === "console" || pageKind === "wall";
/** The same for the track and the cameras of an incident. */
export const showsDetail = pageKind !== "queue";
