// Mistral's tekken.json. goldens.json is what mistral-common makes of it (test/fixtures/make_tekken_goldens.py).
import { describe, expect, it } from '@jest/globals';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openTokenizer } from '../../src/tokenizer/tokenizer.js';
import { tempFolder } from '../support/temp-folder.js';

const FOLDER = fileURLToPath(new URL('../fixtures/tokenizers/tekken/', import.meta.url));
const GOLDENS = JSON.parse(readFileSync(path.join(FOLDER, 'goldens.json'), 'utf8')) as {
  text: string;
  ids: number[];
}[];
const BOS = 1;

interface Tekken {
  config: Record<string, unknown>;
  vocab: { rank: number; token_bytes: string }[];
  special_tokens?: { rank: number; token_str: string }[];
}
const fixture = (): Tekken => JSON.parse(readFileSync(path.join(FOLDER, 'tekken.json'), 'utf8')) as Tekken;

async function openWith(content: string): ReturnType<typeof openTokenizer> {
  const folder = tempFolder();
  writeFileSync(path.join(folder, 'tekken.json'), content);
  return openTokenizer(folder);
}

describe('tekken.json', () => {
  it("has mistral-common's ids, with BOS in front, and spans that make up the text", async () => {
    const tokenizer = await openTokenizer(FOLDER, { specialTokens: 'text' });
    expect(tokenizer.added).toEqual([BOS]);
    expect(GOLDENS.length).toBeGreaterThan(150);
    for (const { text, ids } of GOLDENS.filter((golden) => golden.text !== '')) {
      const encoded = await tokenizer.encode(text);
      expect([...encoded.ids]).toEqual([BOS, ...ids]);
      expect(encoded.span(0)).toBeUndefined();
      expect(encoded.span(1)![0]).toBe(0);
      expect(encoded.span(ids.length)![1]).toBe([...text].length);
    }
  });

  it('finds special tokens in a text, as every tokenizer does', async () => {
    const tokenizer = await openTokenizer(FOLDER);
    expect([...(await tokenizer.encode('<s>[INST]</s><SPECIAL_20>')).ids]).toEqual([BOS, 1, 3, 2, 20]);
    expect(tokenizer.vocabularySize).toBe(fixture().config['default_vocab_size']);
  });

  it('takes its own special tokens where it lists them', async () => {
    const special_tokens = ['<unk>', '<s>', '</s>', '[MINE]'].map((token_str, rank) => ({ rank, token_str }));
    const tokenizer = await openWith(JSON.stringify({ ...fixture(), special_tokens }));
    expect([...(await tokenizer.encode('[MINE]<SPECIAL_4>')).ids]).toEqual([BOS, 3, 4]);
  });

  it('gives way to a tokenizer.json, and is named by its sum', async () => {
    const folder = tempFolder();
    mkdirSync(folder, { recursive: true });
    const other = path.join(FOLDER, '..', 'bytelevel', 'tokenizer.json');
    writeFileSync(path.join(folder, 'tokenizer.json'), readFileSync(other));
    writeFileSync(path.join(folder, 'tekken.json'), '{}');
    expect((await openTokenizer(folder)).sha256).toBe((await openTokenizer(other)).sha256);
    const named = await openTokenizer(path.join(FOLDER, 'tekken.json'));
    expect(named.sha256).toBe((await openTokenizer(FOLDER)).sha256);
    expect(named.sha256).not.toBe((await openTokenizer(other)).sha256);
  });
});

const bytes = (value: Buffer) => value.toString('base64');
const changed = (change: (file: Tekken) => void) => {
  const file = fixture();
  change(file);
  return JSON.stringify(file);
};

describe('a tekken.json that cannot be used', () => {
  it.each<[string, string, string]>([
    ['no JSON', '{', 'JSON'],
    ['no table', '{}', 'config'],
    ['an unknown expression', changed(({ config }) => (config['pattern'] = '(a+)+$')), 'expression'],
    ['fewer tokens than promised', changed(({ vocab }) => (vocab.length = 500)), 'promises'],
    ['a size that is none', changed(({ config }) => (config['default_vocab_size'] = 1e300)), 'default_vocab_size'],
    [
      'more special tokens than can be',
      changed(({ config }) => (config['default_num_special_tokens'] = 1e9)),
      'number',
    ],
    ['a rank out of order', changed(({ vocab }) => (vocab[300]!.rank = 301)), 'rank 301'],
    ['no base64', changed(({ vocab }) => (vocab[300]!.token_bytes = 'a*')), 'vocab.300.token_bytes'],
    ['a byte without a token', changed(({ vocab }) => (vocab[65]!.token_bytes = bytes(Buffer.from('qzx')))), 'byte 65'],
    ['a token twice', changed(({ vocab }) => (vocab[300]!.token_bytes = vocab[301]!.token_bytes)), 'same token'],
    ['an empty token', changed(({ vocab }) => (vocab[300]!.token_bytes = '')), '0 bytes'],
    ['a token of 2,000 bytes', changed(({ vocab }) => (vocab[300]!.token_bytes = bytes(Buffer.alloc(2000)))), '2000'],
    [
      ...(['a word as a special token'] as const),
      changed((file) => (file.special_tokens = [{ rank: 0, token_str: 'the' }])),
      'special_tokens.0.token_str',
    ],
    [
      ...(['a special token twice'] as const),
      changed((file) => (file.special_tokens = [0, 1].map((rank) => ({ rank, token_str: '<s>' })))),
      'twice',
    ],
  ])('%s', async (_, content, reason) => {
    await expect(openWith(content)).rejects.toMatchObject({
      ...{ code: 'TOKENIZER_INVALID', message: expect.stringContaining(reason) },
    });
  });
});
