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
