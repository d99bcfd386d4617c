// Statistics of a text that show what a selection throws out besides the weak: another script, tables of numbers, markup, long lines,
// what repeats itself.
import { GOPHER_SHARES, gopherShares } from './gopher.js';

export const TEXT_STATISTICS = [
  'latin',
  'otherLetters',
  'digits',
  'spaces',
  'symbols',
  'wordLength',
  'lineLength',
  ...GOPHER_SHARES,
] as const;

/** Shares of the characters (0..1), then means: characters a word, characters a line; then the shares of gopher.ts. */
export type TextStatistics = Record<(typeof TEXT_STATISTICS)[number], number>;

const LATIN = /\p{Script=Latin}/gu;
const LETTERS = /\p{L}|\p{M}/gu;
const DIGITS = /\p{N}/gu;
const SPACES = /\s/gu;
const WORDS = /[\p{L}\p{M}\p{N}]+/gu;
const CHARACTERS = /[^]/gu;

/** @param text of a window; an empty one gives zeros */
export function textStatistics(text: string): TextStatistics {
  const characters = count(text, CHARACTERS);
  const share = (found: number): number => (characters === 0 ? 0 : found / characters);
  const [latin, digits, spaces, words] = [LATIN, DIGITS, SPACES, WORDS].map((pattern) => count(text, pattern));
  const letters = count(text, LETTERS);
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return {
    latin: share(latin!),
    otherLetters: share(letters - latin!),
    digits: share(digits!),
    spaces: share(spaces!),
    symbols: share(characters - letters - digits! - spaces!),
    wordLength: words === 0 ? 0 : (letters + digits!) / words!,
    lineLength: lines.length === 0 ? 0 : characters / lines.length,
    ...gopherShares(text),
  };
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
