import { circular, type default as Polygon } from "ol/geom/Polygon";
import { fromLonLat } from "ol/proj";
import { Fill, Stroke, Text } from "ol/style";
import type { Theme } from "./theme";

/** Colours of everything on a map, for rooms and for daylight; text on its ground is at least 4.5:1 in both. */
export const INK = {
  dark: {
    own: "#86aff9", neighbour: "#76808a", text: "#f4f5f6", halo: "#0b0d10", caller: "#f48771", dot: "#9aa5b0", dotBad: "#58616a",
    chosen: "#ffb114", ground: "#131416", sea: "#0a141d", land: "#1d2126", outside: "#05080b8c",
    province: "#8b96a1", municipality: "#66707a", district: "#4f5861", dong: "#3a4148",
    nameStrong: "#cdd3d9", name: "#a9b2bb", predicted: "#d0a9ff", network: "#5fb5f7", police: "#5fb5f7", fire: "#f48771", other: "#7ec88e",
    traffic: "#ffb114", note: "#7ec88e", walk: "#6fc7bf", source: "#f29ad2", road: "#3b424a", roadWide: "#565f69", building: "#262b31", water: "#0d1b27", park: "#1b2721",
  },
  light: {
    own: "#0b50d0", neighbour: "#76808a", text: "#1e2124", halo: "#ffffff", caller: "#bd2c0f", dot: "#58616a", dotBad: "#a9b2bb",
    chosen: "#8a5c00", ground: "#f4f5f6", sea: "#d9e4ed", land: "#f8f7f3", outside: "#8a949e33",
    province: "#76808a", municipality: "#9aa5b0", district: "#b8c0c8", dong: "#d5dade",
    nameStrong: "#33393f", name: "#4e5862", predicted: "#6d2fb5", network: "#0b6cb4", police: "#0b6cb4", fire: "#bd2c0f", other: "#217a37",
    traffic: "#8a5c00", note: "#217a37", walk: "#0d6e66", source: "#a0237a", road: "#ffffff", roadWide: "#f3dfb0", building: "#e6e3dc", water: "#c3d9e8", park: "#dfe9d8",
  },
};
export type Ink = (typeof INK)["dark"];
export const inkOf = (theme: Theme): Ink => INK[theme];

export const FAMILY = '"Pretendard GOV", "Noto Sans CJK KR", sans-serif';
export const FONT = `700 14px ${FAMILY}`;
export const at = (p: { lat: number; lon: number }) => fromLonLat([p.lon, p.lat]);
/** So many metres around a place, as they are on the ground. */
export const around = (p: { lat: number; lon: number }, metres: number, corners = 64) => circular([p.lon, p.lat], metres, corners).transform("EPSG:4326", "EPSG:3857") as Polygon;

/** Words with a rim in the colour of the ground, legible over anything. */
export function label(ink: Ink, text: string, offsetY = 0, font = FONT, color = ink.text): Text {
  return new Text({ text, font, offsetY, fill: new Fill({ color }), stroke: new Stroke({ color: ink.halo, width: 4 }), overflow: true });
}

/** Who asked for less motion gets none. */
export const motionMs = (ms: number) => (matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : ms);
