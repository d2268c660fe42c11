import type { CameraChoice } from "./wire";

/** Distances and bearings of facts that the map draws and the page also says in words. Metres, degrees from north. */
const EARTH_M = 6_371_008.8;
const rad = (deg: number) => (deg * Math.PI) / 180;

interface Place { lat: number; lon: number }

export function distanceM(from: Place, to: Place): number {
  const dLat = rad(to.lat - from.lat);
  const dLon = rad(to.lon - from.lon);
  const a = Math.sin(dLat / 2) ** 2 + Math.cos(rad(from.lat)) * Math.cos(rad(to.lat)) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(a)));
}

/** Initial bearing, clockwise from north. */
export function bearingDeg(from: Place, to: Place): number {
  const dLon = rad(to.lon - from.lon);
  const y = Math.sin(dLon) * Math.cos(rad(to.lat));
  const x = Math.cos(rad(from.lat)) * Math.sin(rad(to.lat)) - Math.sin(rad(from.lat)) * Math.cos(rad(to.lat)) * Math.cos(dLon);
  return (Math.atan2(y, x) * 180) / Math.PI;
}

/** Index 0–7 of the eight winds, clockwise from north. */
export function wind(bearingDeg: number): number {
  return Math.round((((bearingDeg % 360) + 360) % 360) / 45) % 8;
}

/** The place `m` metres from `from` towards `bearingDeg`; flat earth, good for a camera's reach. */
export function offset(from: Place, bearingDeg: number, m: number): Place {
  const north = Math.cos(rad(bearingDeg)) * m;
  const east = Math.sin(rad(bearingDeg)) * m;
  return {
    lat: from.lat + (north / EARTH_M) * (180 / Math.PI),
    lon: from.lon + (east / (EARTH_M * Math.cos(rad(from.lat)))) * (180 / Math.PI),
  };
}

/** While she stands where she stood, the center knows better: it reckons with the pole's foot and the picture's edge. */
const MOVED_M = 10;

/** A camera as it stands to where she is now; what was told with its choice is of the moment of the choice. */
export function seenNow<Camera extends CameraChoice>(camera: Camera, place: Place | null): Camera {
  if (!place || camera.distance_m === null) return camera; // of an area, or opened by hand: it is near to nobody
  const distance_m = distanceM(place, camera);
  const chosenAt = camera.bearing_deg === null ? null : offset(camera, camera.bearing_deg + 180, camera.distance_m);
  const stands = chosenAt !== null && distanceM(chosenAt, place) < MOVED_M;
  return { ...camera, distance_m, bearing_deg: (bearingDeg(place, camera) + 360) % 360, in_view: stands ? camera.in_view : isInView(camera, place, distance_m) };
}

/** In reach, and between the edges of its picture; a dome looks all round. What stands between them nobody knows. */
function isInView({ lat, lon, heading_deg: heading, field_of_view_deg: wide, range_m: reach }: CameraChoice, place: Place, metres: number): boolean {
  if (metres > reach) return false;
  if (heading === null || wide >= 360 || metres < 1) return true;
  const off = Math.abs(((bearingDeg({ lat, lon }, place) - heading + 540) % 360) - 180);
  return off <= wide / 2;
}
