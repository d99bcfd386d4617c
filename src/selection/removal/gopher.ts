// How much of a text repeats itself, in lines and in words: the shares by which Gopher's rules throw out a document (Rae et al., 2021,
// arXiv 2112.11446, appendix A). Here they throw out nothing: they show whether a selection keeps what those rules would not.
//
// The paper leaves open what a line and a word are. A line is what stands between line feeds, without white space around it, and not
// empty; a word is what stands between white space. A duplicate is a line that stood earlier: the first time does not count.
import { codePointCount } from '../../base/code-points.js';
import { ngramNames } from '../../scores/counts/ngram-names.js';

export const GOPHER_SHARES = ['duplicateLines', 'duplicateLineChars', 'top2gram', 'top3gram', 'top4gram'] as const;

/**
 * Shares, 0..1: lines that are duplicates, of the lines; characters in them, of the text's; characters in all places of the most
 * frequent n-gram of words, of the text's.
 */
export type GopherShares = Record<(typeof GOPHER_SHARES)[number], number>;

/** @param text of a window, whose lines and words at both ends may be cut; an empty one gives zeros */
export function gopherShares(text: string): GopherShares {
  const characters = codePointCount(text);
  const of = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  const seen = new Set<string>();
  let [lines, duplicates, duplicated] = [0, 0, 0];
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line === '') continue;
    lines++;
    if (seen.has(line)) {
      duplicates++;
      duplicated += codePointCount(line);
    }
    seen.add(line);
  }
  const words = text.split(/\s+/u).filter((word) => word !== '');
  const names = new Map<string, number>();
  const ids = Int32Array.from(words, (word) => names.get(word) ?? (names.set(word, names.size), names.size - 1));
  const lengths = words.map(codePointCount);
  const top = (n: number): number => of(topNgramChars(ids, lengths, n), characters);
  return {
    duplicateLines: of(duplicates, lines),
    duplicateLineChars: of(duplicated, characters),
    ...{ top2gram: top(2), top3gram: top(3), top4gram: top(4) },
  };
}

/**
 * Characters of the words in all places of the most frequent n-gram, each word once where places overlap ("ha ha ha"); of n-grams that
 * are as frequent the first. 0 where none occurs twice.
 * @param ids of the words
 * @param lengths of the words, characters
 */
function topNgramChars(ids: Int32Array, lengths: readonly number[], n: number): number {
  const grams = ngramNames(ids, n);
  const counts = new Uint32Array(grams.length);
  for (const gram of grams) counts[gram]!++;
  const top = counts.reduce((best, count, gram) => (count > counts[best]! ? gram : best), 0);
  if (!(counts[top]! > 1)) return 0;
  let [characters, covered] = [0, 0];
  grams.forEach((gram, start) => {
    if (gram !== top) return;
    for (let at = Math.max(covered, start); at < start + n; at++) characters += lengths[at]!;
    covered = start + n;
  });
  return characters;
}
