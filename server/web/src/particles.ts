/**
 * Korean particles after a word that is not known beforehand: "양평군으로", "안양시로". After a digit or a letter the
 * sound of its Korean reading decides; a word that can't be read gets both. Pure, so that node tests it as it is.
 */
type Pair = "을/를" | "이/가" | "은/는" | "으로/로";

/** Last consonant by how the sign is read: 영 일 이 삼 사 오 육 칠 팔 구; ㄹ is one of its own (1, 7, 8, L, R). */
const DIGITS = "nl.n..nll.";
const LETTERS: Record<string, string> = { l: "l", r: "l", m: "n", n: "n" };

function endOf(word: string): string {
  const last = word.trimEnd().replace(/[)\]’”"'.]+$/u, "").at(-1)?.toLowerCase() ?? "";
  const code = last.charCodeAt(0);
  if (code >= 0xac00 && code <= 0xd7a3) {
    const final = (code - 0xac00) % 28;
    return final === 0 ? "." : final === 8 ? "l" : "n";
  }
  if (last >= "0" && last <= "9") return DIGITS[Number(last)];
  return last >= "a" && last <= "z" ? (LETTERS[last] ?? ".") : "";
}

/** The word with the form of `pair` that belongs behind it. */
export function withParticle(word: string, pair: Pair): string {
  const [closed, open] = pair.split("/");
  const end = endOf(word);
  if (end === "") return `${word}${pair === "으로/로" ? "(으)로" : `${closed}(${open})`}`;
  const isOpen = end === "." || (end === "l" && pair === "으로/로");
  return word + (isOpen ? open : closed);
}
