/** What somebody may have meant. */
import { distance } from 'fastest-levenshtein';

/** The one of the candidates that a word begins, or that is two slips from it at most; fewer in a short one. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const begun = word.length > 2 ? candidates.filter((candidate) => candidate.startsWith(word)) : [];
  if (begun.length === 1) {
    return begun[0];
  }
  return candidates
    .map((candidate) => ({ candidate, slips: distance(word, candidate) }))
    .filter(({ candidate, slips }) => slips <= Math.min(2, Math.floor(candidate.length / 3)))
    .sort((left, right) => left.slips - right.slips)[0]?.candidate;
}
