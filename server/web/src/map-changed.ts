/**
 * What a map has been told anew: of all that it shows, only what differs from what is drawn. A seat tells its map the same
 * with each frame of the feed, and each drawing is the whole canvas. Pure.
 */
export function changedIn<Shown extends object>(shown: Shown, told: Partial<Shown>, small: ReadonlySet<keyof Shown>): Partial<Shown> {
  const isSame = (name: keyof Shown) => {
    const [a, b] = [shown[name], told[name]] as unknown[];
    if (a === b) return true;
    if (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, i) => one === b[i])) return true;
    return small.has(name) && JSON.stringify(a) === JSON.stringify(b); // few and small: compared by what they say
  };
  return Object.fromEntries(Object.entries(told).filter(([name]) => !isSame(name as keyof Shown))) as Partial<Shown>;
}
