/** Whether somebody may be inside a warning's area; the same question and the same answer as on the phone
 * (mobile_app/core/warnings.py). The place stays in this page; pure. */
export interface Place { lat: number; lon: number; accuracy_m: number }
export interface Shapes { is_whole?: boolean; rings?: [number, number][][]; circles?: [number, number, number][] }

const M_PER_DEG = 111_195;
const BORDER_M = 1;

/** A vague place counts as inside, and so does the border: rather a warning too many. */
export function isInside(part: Shapes, place: Place): boolean {
  if (part.is_whole) return true;
  const doubtM = Math.max(place.accuracy_m, 0) + BORDER_M;
  const seen = (lat: number, lon: number): [number, number] => [(lat - place.lat) * M_PER_DEG, (lon - place.lon) * M_PER_DEG * Math.cos((place.lat * Math.PI) / 180)];
  if ((part.circles ?? []).some(([lat, lon, radiusM]) => Math.hypot(...seen(lat, lon)) <= radiusM + doubtM)) return true;
  return (part.rings ?? []).some((ring) => covers(ring.map(([lat, lon]) => seen(lat, lon)), doubtM));
}

/** Of corners as seen from the place: an odd number of sides to the east, or a side within the doubt. */
function covers(corners: [number, number][], doubtM: number): boolean {
  let crossings = 0;
  for (let i = 0; i < corners.length; i++) {
    const [y1, x1] = corners[i];
    const [y2, x2] = corners[(i + 1) % corners.length];
    if (y1 > 0 !== y2 > 0 && x1 - (y1 * (x2 - x1)) / (y2 - y1) > 0) crossings += 1;
    if (away(y1, x1, y2, x2) <= doubtM) return true;
  }
  return crossings % 2 === 1;
}

function away(y1: number, x1: number, y2: number, x2: number): number {
  const length = (y2 - y1) ** 2 + (x2 - x1) ** 2;
  const share = length > 0 ? Math.min(Math.max(-(y1 * (y2 - y1) + x1 * (x2 - x1)) / length, 0), 1) : 0;
  return Math.hypot(y1 + share * (y2 - y1), x1 + share * (x2 - x1));
}
