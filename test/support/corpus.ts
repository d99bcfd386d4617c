// A small corpus of real and made text in several files and formats, so that a run has a dozen parts.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

const WORDS =
  'the whale sea ship captain of and a to in that his it with was for all this at by but not him from be on so'.split(
    ' ',
  );

/** Text that a seed decides, about 1.3 tokens a word. */
export function madeText(words: number, seed: number): string {
  let state = seed;
  return Array.from({ length: words }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return WORDS[(state >>> 8) % WORDS.length];
  }).join(' ');
}

/** Inputs for `--input`: 6 .txt books, a .jsonl.gz and a .jsonl of code, all under `folder`. */
export function makeCorpus(folder: string, words = 1500): string[] {
  mkdirSync(path.join(folder, 'book'), { recursive: true });
  for (let i = 0; i < 6; i++) writeFileSync(path.join(folder, 'book', `b${i}.txt`), madeText(words + 97 * i, i + 1));
  const rows = (first: number): string =>
    Array.from(
      { length: 5 },
      (_, i) => `${JSON.stringify({ id: `c${first + i}`, text: madeText(words, 100 + first + i) })}\n`,
    ).join('');
  writeFileSync(path.join(folder, 'more.jsonl.gz'), gzipSync(rows(0)));
  writeFileSync(path.join(folder, 'code.jsonl'), rows(5));
  return [`book=${path.join(folder, 'book', '*.txt')}`, `code=${path.join(folder, '*.jsonl*')}`];
}
