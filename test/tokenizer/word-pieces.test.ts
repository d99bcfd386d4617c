import { Tokenizer as Native } from '@anush008/tokenizers';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { encodePieces } from '../../src/tokenizer/encode-pieces.js';
import { openTokenizer } from '../../src/tokenizer/tokenizer.js';
import { wordRule } from '../../src/tokenizer/word-pieces.js';

type Json = Record<string, unknown>;
const SPM = path.join(import.meta.dirname, '..', 'fixtures', 'tokenizers', 'spm', 'tokenizer.json');

/** The fixture with Chinese characters that are tokens, one token of two of them, and tokens that start or end with `▁`. */
function base(): Json {
  const json = JSON.parse(readFileSync(SPM, 'utf8')) as Json & { model: Json & { merges: unknown[] } };
  const vocab = { ...(json.model['vocab'] as Record<string, number>) };
  const add = (token: string): void => void (vocab[token] ??= Object.keys(vocab).length);
  for (const token of ['白', '鲸', '在', '海', '，', '。', '\n', '白鲸', '▁▁', '.▁', 'e▁']) add(token);
  const isPair = typeof json.model.merges[0] === 'string';
  const merge = (left: string, right: string): unknown => (isPair ? `${left} ${right}` : [left, right]);
  const more = [merge('白', '鲸'), merge('▁', '▁'), merge('.', '▁'), merge('e', '▁')];
  return { ...json, model: { ...json.model, vocab, merges: [...json.model.merges, ...more] } };
}

const REPLACE = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
const metaspace = (prepend_scheme: string, split: boolean): Json => ({
  normalizer: null,
  pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme, split },
});
const token = (id: number, content: string): Json => ({
  ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: false },
});
const VARIANTS: Record<string, () => Json> = {
  'Llama 2: put in front by the normaliser': base,
  'Mistral: put in front of the first': () => ({ ...base(), ...metaspace('first', false) }),
  'each word for itself': () => ({ ...base(), ...metaspace('always', true) }),
  'Gemma: nothing in front, added white space': () => ({
    ...base(),
    normalizer: REPLACE,
    pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false },
    added_tokens: [...(base()['added_tokens'] as Json[]), token(900, '\n\n'), token(901, '▁▁▁'), token(902, 'x a')],
  }),
};

const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'the whale ',
        'and the sea ',
        'a b',
        "it's here",
        ' ',
        '  ',
        '   ',
        '\n',
        '\n\n',
        '.',
        '. ',
        'e ',
      ),
      fc.constantFrom(
        '白鲸在海',
        '白',
        '鲸',
        '，海',
        '。',
        '字',
        '词。',
        '▁',
        '▁a',
        'é',
        'e\u0301 a',
        '😀',
        '😀 a',
        'x a',
      ),
      fc.constantFrom('<s>', '</s> a', '<unk>', 'a</s>', '<0x41>', '\t', '\u00a0', '\u0000'),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { minLength: 10, maxLength: 50 },
  )
  .map((parts) => parts.join(''));

describe.each(Object.entries(VARIANTS))('a text in pieces, %s', (_name, make) => {
  const json = make();
  const rule = wordRule(json)!;
  const native = Native.fromString(JSON.stringify(json));
  const continued = Native.fromString(JSON.stringify(rule.continued));

  it('has the ids and the spans of the whole', async () => {
    let cuts = 0;
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 6 }), async (whole, units) => {
        const pieces = rule.cut(whole, units);
        cuts += pieces.length - 1;
        expect(pieces.join('')).toBe(whole);
        if (pieces.length === 1) return;
        const expected = await native.encode(whole);
        const encoded = await encodePieces(pieces, rule, async (piece, isFirst) => {
          const one = await (isFirst ? native : continued).encode(piece, null, { addSpecialTokens: false });
          return { ids: Int32Array.from(one.getIds()), span: (index) => one.getOffsets()[index] as [number, number] };
        });
        expect([...encoded.ids]).toEqual(expected.getIds());
        const spans = [...encoded.ids].map((_, index) => encoded.span(index) ?? [0, 0]);
        expect(spans).toEqual(expected.getOffsets());
      }),
      { numRuns: 300 },
    );
    expect(cuts).toBeGreaterThan(60);
  });

  it('openTokenizer cuts long texts, and nothing changes', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-words-'));
    const file = path.join(folder, 'tokenizer.json');
    writeFileSync(file, JSON.stringify(json));
    const long = 'the whale swims。白鲸在海，in the sea\n'.repeat(2500);
    const tokenizer = await openTokenizer(file, { maxDocument: 262_144 });
    rmSync(folder, { recursive: true });
    expect((await tokenizer.encode(long)).ids).toEqual(Int32Array.from((await native.encode(long)).getIds()));
    // Characters that are no tokens have no places.
    await expect(tokenizer.encode('字'.repeat(100_000))).rejects.toThrow('300000 bytes of it must be encoded in one');
  });
});

describe('wordRule', () => {
  const unknown: [string, Json][] = [
    ['pieces by likelihood', { model: { ...(base()['model'] as Json), type: 'Unigram' } }],
    ['dropout', { model: { ...(base()['model'] as Json), dropout: 0.1 } }],
    ['another normaliser', { normalizer: { type: 'Sequence', normalizers: [REPLACE, { type: 'NFKC' }] } }],
    [
      'an expression',
      { pre_tokenizer: { type: 'Split', pattern: { Regex: '.' }, behavior: 'Isolated', invert: false } },
    ],
    ['spaces that stay', { normalizer: null }],
    ['an added token that takes spaces', { added_tokens: [{ ...token(0, '<a>'), rstrip: true }] }],
    ['an added token that looks at its neighbours', { added_tokens: [{ ...token(0, '<a>'), single_word: true }] }],
  ];
  it.each(unknown)('%s: a text is encoded in one', (_name, change) => {
    expect(wordRule({ ...base(), ...change })).toBeUndefined();
  });
});
