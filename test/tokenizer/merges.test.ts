import { describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { openTokenizer } from '../../src/tokenizer/tokenizer.js';
import { tempFolder } from '../support/temp-folder.js';

/** A tokenizer whose one merge makes a token of `left` and `right`. */
function tokenizerFile(prefix: string | null, merge: unknown, vocab: string[]): string {
  const folder = tempFolder();
  const model = {
    ...{ type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: prefix, end_of_word_suffix: null },
    ...{ fuse_unk: false, byte_fallback: false, merges: [merge] },
    vocab: Object.fromEntries(vocab.map((token, id) => [token, id])),
  };
  const rest = { added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };
  writeFileSync(path.join(folder, 'tokenizer.json'), JSON.stringify({ version: '1.0', ...rest, model }));
  return folder;
}

describe('merges whose right half lacks the prefix of continued words', () => {
  // Without the check each of these ends the process by SIGABRT.
  it.each([
    ['inside a character', 'x', 'a Ġ', ['a', 'Ġ', 'aĠ']],
    ['shorter than the prefix', '##', 'a b', ['a', 'b', 'ab']],
    ['as a pair', '##', ['a', 'b'], ['a', 'b', 'ab']],
    ['empty', '##', ['a', ''], ['a', '']],
  ])('are refused by name: %s', async (_, prefix, merge, vocab) => {
    await expect(openTokenizer(tokenizerFile(prefix, merge, vocab))).rejects.toMatchObject({
      code: 'TOKENIZER_INVALID',
      message: expect.stringContaining('continuing_subword_prefix'),
    });
  });

  it.each([
    ['with the prefix', '##', 'a ##b', ['a', '##b', 'ab']],
    ['with one of two bytes', 'Ġ', ['a', 'Ġb'], ['a', 'Ġb', 'ab']],
    ['without a prefix', null, 'a b', ['a', 'b', 'ab']],
    ['with an empty one', '', 'a b', ['a', 'b', 'ab']],
  ])('are read where they have it: %s', async (_, prefix, merge, vocab) => {
    expect((await openTokenizer(tokenizerFile(prefix, merge, vocab))).vocabularySize).toBe(3);
  });

  it.each([[null], [17], ['text'], [[]], [{}], [['a']]])(
    'leaves what is no merge to the library: %j',
    async (merge) => {
      await expect(openTokenizer(tokenizerFile('##', merge, ['a']))).rejects.toMatchObject({
        code: 'TOKENIZER_INVALID',
      });
    },
  );
});
