// Tables of tiktoken's. tiktoken-goldens.json is what it makes of them (test/fixtures/make_tiktoken_goldens.py).
import { beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { RECIPES, tokenizerOfTiktoken } from '../../src/tokenizer/tiktoken.js';
import { openTokenizer, type Tokenizer } from '../../src/tokenizer/tokenizer.js';
import { tempFolder } from '../support/temp-folder.js';

const FOLDER = fileURLToPath(new URL('../fixtures/tokenizers/', import.meta.url));
const read = (file: string): unknown => JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8'));
const GOLDENS = read('tiktoken-goldens.json') as ({ text: string } & Record<string, number[]>)[];
const TEKKEN = read('tekken/tekken.json') as { vocab: { token_bytes: string }[] };
const SIZE = 3000;
const SMALL = TEKKEN.vocab.slice(0, SIZE).map(({ token_bytes }, rank) => `${token_bytes} ${rank}\n`);
const small = RECIPES.map((recipe) => ({ ...recipe, ranks: SIZE }));
const NAMES = new Map([[SIZE, '[BOS]']]);

async function openSmall(file: string): Promise<Tokenizer> {
  const folder = tempFolder();
  const json = tokenizerOfTiktoken(SMALL.join(''), file, NAMES, small);
  writeFileSync(path.join(folder, 'tokenizer.json'), JSON.stringify(json));
  return openTokenizer(folder);
}

describe.each(RECIPES.map(({ file }) => file))('%s', (file) => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await openSmall(file);
  });

  it("has tiktoken's ids for texts without special tokens", async () => {
    const rows = GOLDENS.filter(({ text }) => text !== '' && !text.includes('<s>'));
    expect(rows.length).toBeGreaterThan(150);
    for (const row of rows) {
      expect([...(await tokenizer.encode(row.text)).ids]).toEqual([...tokenizer.added, ...row[file]!]);
    }
  });

  it('has its special tokens behind the ranks, and BOS where its program adds it', async () => {
    const first = {
      'qwen.tiktoken': '<|endoftext|>',
      'tiktoken.model': '[BOS]',
      'tokenizer.model': '<|begin_of_text|>',
    };
    expect([...(await tokenizer.encode(first[file as keyof typeof first])).ids].at(-1)).toBe(SIZE);
    expect(tokenizer.added).toEqual(file === 'tokenizer.model' ? [SIZE] : []);
  });
});

/** A table as large as that of a recipe: all bytes, and three of them. */
function table(ranks: number): string {
  const lines = Array.from({ length: ranks }, (_, rank) => {
    const bytes = rank < 256 ? [rank] : [255, rank & 255, (rank >> 8) & 255, rank >> 16];
    return `${Buffer.from(bytes).toString('base64')} ${rank}\n`;
  });
  return lines.join('');
}

const folderWith = (files: Record<string, string | Buffer>): string => {
  const folder = tempFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
  return folder;
};

describe('a folder with a table', () => {
  it('is opened where there is no tokenizer.json', async () => {
    const tokenizer = await openTokenizer(folderWith({ 'qwen.tiktoken': table(151_643) }));
    expect(tokenizer.vocabularySize).toBe(151_851);
    expect([...(await tokenizer.encode('a b<|im_end|>')).ids]).toEqual([97, 32, 98, 151_645]);
  });

  it("takes the names of Kimi's special tokens from tokenizer_config.json", async () => {
    const names = { added_tokens_decoder: { 163_584: { content: '[BOS]' }, 163_586: { content: '<|im_end|>' } } };
    const files = { 'tiktoken.model': table(163_584) };
    const folder = folderWith({ ...files, 'tokenizer_config.json': JSON.stringify(names) });
    const ids = [...(await (await openTokenizer(folder)).encode('[BOS]a<|reserved_token_163585|><|im_end|>')).ids];
    expect(ids).toEqual([163_584, 97, 163_585, 163_586]);
    await expect(openTokenizer(folderWith(files))).rejects.toMatchObject({
      ...{ code: 'TOKENIZER_INVALID', message: expect.stringContaining('added_tokens_decoder') },
    });
  });

  it('is refused with the command that converts where its kind is another', async () => {
    for (const file of ['tokenizer.model', 'tiktoken.model']) {
      await expect(openTokenizer(folderWith({ [file]: Buffer.from('\n\x0e\n\x05<unk>') }))).rejects.toMatchObject({
        ...{ code: 'TOKENIZER_MISSING', message: expect.stringMatching(/no table of ranks.*save_pretrained/) },
      });
    }
  });
});

describe('a table that cannot be used', () => {
  const changed = (at: number, line: string) => [...SMALL.slice(0, at), line, ...SMALL.slice(at + 1)].join('');
  it.each<[string, string, string, Map<number, string>]>([
    ['of another size', SMALL.slice(1).join(''), '2999 ranks', NAMES],
    ['a rank out of order', changed(300, 'QUJD 301\n'), 'line 301', NAMES],
    ['no base64', changed(300, '* 300\n'), 'line 301', NAMES],
    ['a byte without a token', changed(65, 'cXp4 65\n'), 'byte 65', NAMES],
    ['a special token that is text', SMALL.join(''), 'looks like text', new Map([[SIZE, 'the']])],
    [...(['a special token twice', SMALL.join(''), 'twice'] as const), new Map([0, 1].map((n) => [SIZE + n, '[A]']))],
  ])('%s', (_, text, reason, names) => {
    expect(() => tokenizerOfTiktoken(text, 'tiktoken.model', names, small)).toThrow(reason);
  });
});
