/** Two plates sign by sign, so that the eye finds what differs; pure. */
export interface Pair { wanted: string; read: string }

/** The shortest way from one text to the other; a sign that the other lacks stands beside "". */
export function paired(wanted: string, read: string): Pair[] {
  const a = [...wanted], b = [...read];
  const cost = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)));
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const swap = cost[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      cost[i]![j] = Math.min(swap, cost[i - 1]![j]! + 1, cost[i]![j - 1]! + 1);
    }
  }
  const found: Pair[] = [];
  let i = a.length, j = b.length;
  while (i > 0 || j > 0) {
    const swap = i > 0 && j > 0 ? cost[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1) : Infinity;
    if (swap === cost[i]![j]) found.push({ wanted: a[--i]!, read: b[--j]! });
    else if (i > 0 && cost[i - 1]![j]! + 1 === cost[i]![j]) found.push({ wanted: a[--i]!, read: "" });
    else found.push({ wanted: "", read: b[--j]! });
  }
  return found.reverse();
}

export const differing = (pairs: Pair[]) => pairs.filter((one) => one.wanted !== one.read);

/** What a probability says to somebody who has to decide now. */
export function chance(probability: number): { inTen: number; step: "likely" | "even" | "doubtful" } {
  return { inTen: Math.max(1, Math.min(10, Math.round(probability * 10))), step: probability >= 0.7 ? "likely" : probability >= 0.35 ? "even" : "doubtful" };
}
