import { DreamlogError } from "../../core/errors.ts";

/**
 * Dreams by how near they end to the goal, nearest first; those of one tier are as near as each other.
 * Every dream stands in one tier.
 */
export type Tiers = readonly (readonly number[])[];

/** Letters A to P; the keys after them have other uses. */
export const letteredMax = 16;

/** @param place - 0 to `letteredMax` − 1. */
export function letterOf(place: number): string {
  return String.fromCharCode("A".charCodeAt(0) + place);
}

/**
 * Reads a ranking as raters write it: letters from the nearest on, `=` between those that are as near
 * as each other. `C > A = B`, `c>a=b` and `ca=b` say the same. What is not named comes last, all of it
 * equal, so one letter alone names the best; `=` alone says that all are equal.
 *
 * @param count - how many there are, 2 to `letteredMax`.
 * @returns places by tier, each tier in increasing order.
 * @throws {DreamlogError} `ANSWER_INVALID`; its context has the `column`, from 1.
 */
export function parseRanking(text: string, count: number): Tiers {
  if (text.trim() === "=") return [placesUpTo(count)];
  const tiers: number[][] = [];
  const named = new Set<number>();
  let isTie = false;
  for (const [at, sign] of Array.from(text).entries()) {
    if (sign === " " || sign === ">") continue;
    if (sign === "=") {
      if (isTie || tiers.length === 0) throw unreadable(at, "a letter", `"="`);
      isTie = true;
      continue;
    }
    const place = sign.toUpperCase().charCodeAt(0) - "A".charCodeAt(0);
    if (!(place >= 0 && place < count)) {
      throw unreadable(at, `letters A to ${letterOf(count - 1)}, ">" or "="`, JSON.stringify(sign));
    }
    if (named.has(place)) throw unreadable(at, "each letter once", `${letterOf(place)} again`);
    named.add(place);
    if (isTie) tiers.at(-1)!.push(place);
    else tiers.push([place]);
    isTie = false;
  }
  if (isTie) throw unreadable(text.length, `a letter after "="`, "none");
  if (tiers.length === 0) throw unreadable(0, "a ranking such as B or C > A = B", "none");
  const rest = placesUpTo(count).filter((place) => !named.has(place));
  return [...tiers, ...(rest.length === 0 ? [] : [rest])].map((tier) => tier.sort((a, b) => a - b));
}

/** The whole ranking, such as `C > A = B > D`. */
export function formatRanking(tiers: Tiers): string {
  return tiers.map((tier) => tier.map(letterOf).join(" = ")).join(" > ");
}

function placesUpTo(count: number): number[] {
  return Array.from({ length: count }, (_, place) => place);
}

function unreadable(at: number, expected: string, found: string): DreamlogError {
  const column = at + 1;
  return new DreamlogError(
    "ANSWER_INVALID",
    `ranking, column ${column}: expected ${expected}, found ${found}`,
    { column, expected, found },
  );
}
