import type { Entry } from '../ledger/entry.ts';

/**
 * Entries of one team, in order, in parts of at most `limit`, none of which ends within a posting; a posting that is
 * longer than the limit is a part of its own.
 */
export function wholePostings(entries: readonly Entry[], limit: number): Entry[][] {
  const parts: Entry[][] = [];
  let part: Entry[] = [];
  for (const posting of postingsOf(entries)) {
    if (part.length > 0 && part.length + posting.length > limit) {
      parts.push(part);
      part = [];
    }
    part.push(...posting);
  }
  return part.length > 0 ? [...parts, part] : parts;
}

function postingsOf(entries: readonly Entry[]): Entry[][] {
  const postings: Entry[][] = [];
  for (const entry of entries) {
    const last = postings.at(-1);
    if (last?.[0]?.postingId === entry.postingId) last.push(entry);
    else postings.push([entry]);
  }
  return postings;
}
