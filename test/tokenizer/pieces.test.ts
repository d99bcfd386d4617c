import { Tokenizer as Native } from '@anush008/tokenizers';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodePieces } from '../../src/tokenizer/encode-pieces.js';
import * as EXPRESSIONS from '../../src/tokenizer/expressions.js';
import { cutIntoPieces, PIECE_UNITS, pieceRule, type PieceRule } from '../../src/tokenizer/pieces.js';
import { tokenizerOfRanks } from '../../src/tokenizer/rank-table.js';
import { openTokenizer } from '../../src/tokenizer/tokenizer.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FILES = {
  'Llama 3': 'test/fixtures/tokenizers/bytelevel/tokenizer.json',
  'GPT-2': 'test/fixtures/tokenizers/gpt2/tokenizer.json',
  SmolLM2: 'models/smollm2-135m-layer0/tokenizer.json',
};
interface Tekken {
  config: { default_vocab_size: number; default_num_special_tokens: number };
  vocab: { token_bytes: string }[];
}
const RUNS = 100;
type Json = Record<string, unknown>;
const json = (file: string): Json => JSON.parse(readFileSync(path.join(ROOT, file), 'utf8')) as Json;

/** All that an expression could trip over beside a letter and a space, and places to cut at. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'a b',
        'word next',
        "it's here",
        "I'LL re",
        "we'Ve B",
        'x/\n/y',
        'aB Cd',
        ' ',
        '  ',
        '\n',
        '\r\n',
        ' \n ',
        '\t',
        '1234',
        'x1 y2',
        '.',
        '("a',
      ),
      fc.constantFrom(
        'é',
        'e\u0301 a',
        'ſ s',
        '字 a',
        '字a b',
        '字\u0301、',
        '々。',
        '字。',
        '词，',
        '、か',
        'カ！\n字',
        '。\n',
        'é\nz',
        '\n\n字',
        '\u0085\n字',
        '1\nб',
        '😀',
        '\u00a0',
        '\u2003b',
        '<|end_of_text|>',
        '<|endoftext|> a',
        '</s>',
      ),
      fc.string({ unit: 'binary', maxLength: 6 }),
    ),
    { minLength: 15, maxLength: 60 },
  )
  .map((parts) => parts.join(''));

/** Cuts texts in pieces of a few units, and holds the tokens of the pieces against those of the whole. */
async function holdsWhole(rule: PieceRule, native: Native, numRuns = 150): Promise<void> {
  let cuts = 0;
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 6 }), async (whole, units) => {
      const pieces = cutIntoPieces(whole, units);
      cuts += pieces.length - 1;
      expect(pieces.join('')).toBe(whole);
      const expected = await native.encode(whole);
      const encoded = await encodePieces(pieces, rule, async (piece) => {
        const one = await native.encode(piece, null, { addSpecialTokens: false });
        return { ids: Int32Array.from(one.getIds()), span: (token) => one.getOffsets()[token] as [number, number] };
      });
      expect([...encoded.ids]).toEqual(expected.getIds());
      const spans = [...encoded.ids].map((_, token) => encoded.span(token) ?? [0, 0]);
      expect(spans).toEqual(expected.getOffsets());
    }),
    { numRuns },
  );
  expect(cuts).toBeGreaterThan(2 * numRuns);
}

describe.each(Object.entries(EXPRESSIONS))('a text in pieces, %s and a table of ranks', (_name, expression) => {
  it('has the ids and the spans of the whole', async () => {
    const { config, vocab } = json('test/fixtures/tokenizers/tekken/tekken.json') as unknown as Tekken;
    const size = config.default_vocab_size - config.default_num_special_tokens;
    const tokens = vocab.slice(0, size).map(({ token_bytes }) => Buffer.from(token_bytes, 'base64'));
    const special = [{ id: size, content: '</s>' }];
    const tokenizer = tokenizerOfRanks({ tokens, expression, special, firstId: 0, bos: '</s>' });
    await holdsWhole(pieceRule(tokenizer)!, Native.fromString(JSON.stringify(tokenizer)), RUNS);
  });
});

describe.each(Object.entries(FILES))('a text in pieces, %s', (_name, file) => {
  const rule = pieceRule(json(file))!;
  const native = Native.fromFile(path.join(ROOT, file));

  it('has the ids and the spans of the whole', () => holdsWhole(rule, native));

  it('text without spaces has places too', () => {
    const chinese = '白鲸在海里游了很久，船长一直看着它。水手们什么也没有说；'.repeat(9000);
    const lines = 'Белый_кит\n'.repeat(30_000);
    for (const whole of [chinese, lines]) {
      const pieces = cutIntoPieces(whole);
      expect(pieces.join('')).toBe(whole);
      expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(2 * PIECE_UNITS);
    }
  });

  it('openTokenizer cuts long texts, and nothing changes', async () => {
    const source = readFileSync(path.join(ROOT, 'node_modules/typescript/lib/typescript.js'), 'utf8');
    const long = `${source.slice(0, 3 * PIECE_UNITS)}\u{1f600} \u{1f600}${source.slice(200_000, 200_000 + 3 * PIECE_UNITS)}`;
    expect(cutIntoPieces(long).length).toBeGreaterThan(4);
    const encoded = await (await openTokenizer(path.join(ROOT, file))).encode(long);
    const expected = await native.encode(long);
    expect(encoded.ids).toEqual(Int32Array.from(expected.getIds()));
    const offsets = expected.getOffsets();
    for (let token = 0; token < offsets.length; token += 97) {
      if (encoded.span(token)) expect(encoded.span(token)).toEqual(offsets[token]);
    }
    expect(encoded.span(encoded.ids.length)).toBeUndefined();
  });
});

describe('pieceRule', () => {
  const base = (): Json => json(FILES['Llama 3']);
  const step = (type: string, more: Json = {}): Json => ({ type, ...more });
  const unknown: [string, (it: Json) => Json][] = [
    ['a normaliser that looks around', (it) => ({ ...it, normalizer: step('Prepend', { prepend: '_' }) })],
    [
      'an expression that is not known',
      (it) => ({ ...it, pre_tokenizer: step('Split', { pattern: { Regex: '.*' } }) }),
    ],
    ['no pre-tokenizer', (it) => ({ ...it, pre_tokenizer: null })],
    ['dropout', (it) => ({ ...it, model: { ...(it['model'] as Json), dropout: 0.1 } })],
    ['another model', (it) => ({ ...it, model: { ...(it['model'] as Json), type: 'Unigram' } })],
    ['trimmed offsets', (it) => ({ ...it, post_processor: step('ByteLevel', { trim_offsets: true }) })],
    ['an added token with a space inside', (it) => ({ ...it, added_tokens: [{ content: 'New York', rstrip: false }] })],
    [
      'an added token that takes the space after it',
      (it) => ({ ...it, added_tokens: [{ content: 'x', rstrip: true }] }),
    ],
  ];
  it.each(unknown)('%s: a text is encoded in one', (_name, change) => {
    expect(pieceRule(change(base()))).toBeUndefined();
  });

  it('takes what the template adds at both ends', () => {
    expect(pieceRule(base())).toEqual({ prefix: [1], suffix: [] });
    const special_tokens = { s: { ids: [5, 6] }, e: { ids: [7] } };
    const single = [{ SpecialToken: { id: 's' } }, { Sequence: { id: 'A' } }, { SpecialToken: { id: 'e' } }];
    const post_processor = step('TemplateProcessing', { single, special_tokens });
    expect(pieceRule({ ...base(), post_processor })).toEqual({ prefix: [5, 6], suffix: [7] });
    expect(pieceRule(json('test/fixtures/tokenizers/spm/tokenizer.json'))).toBeUndefined();
  });
});
