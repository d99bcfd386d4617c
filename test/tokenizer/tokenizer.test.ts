import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openTokenizer } from '../../src/tokenizer/tokenizer.js';

const FIXTURES = fileURLToPath(new URL('../fixtures/tokenizers/', import.meta.url));
const GOLDENS = JSON.parse(readFileSync(path.join(FIXTURES, 'goldens.json'), 'utf8')) as Record<
  string,
  { text: string; ids: number[]; ids_no_special: number[]; offsets_no_special: [number, number][] }[]
>;

describe.each(Object.keys(GOLDENS))('%s', (kind) => {
  it("equals Python's ids and offsets", async () => {
    const tokenizer = await openTokenizer(path.join(FIXTURES, kind));
    for (const golden of GOLDENS[kind]!) {
      const encoded = await tokenizer.encode(golden.text);
      expect([...encoded.ids]).toEqual(golden.ids);
      const spans = golden.ids.map((_, i) => encoded.span(i));
      const added = golden.ids.length - golden.ids_no_special.length;
      expect(spans.slice(0, added)).toEqual(Array.from({ length: added }, () => undefined));
      expect(spans.slice(added)).toEqual(golden.offsets_no_special);
    }
  });

  it('gives a text back from its ids', async () => {
    const tokenizer = await openTokenizer(path.join(FIXTURES, kind));
    const text = 'the whale and the sea';
    const { ids } = await tokenizer.encode(text);
    const { added } = tokenizer;
    const own = ids.filter((id) => !added.includes(id));
    expect((await tokenizer.decode(own)).trim()).toBe(text);
  });

  it('ignores truncation and padding that tokenizer.json asks for', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'longattn-tokenizer-'));
    const file = path.join(FIXTURES, kind, 'tokenizer.json');
    const json = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    json['truncation'] = { direction: 'Right', max_length: 3, strategy: 'LongestFirst', stride: 0 };
    const pad = { pad_id: 0, pad_type_id: 0, pad_token: '<pad>' };
    json['padding'] = { strategy: { Fixed: 64 }, direction: 'Right', pad_to_multiple_of: null, ...pad };
    writeFileSync(path.join(folder, 'tokenizer.json'), JSON.stringify(json));
    const cut = await openTokenizer(folder);
    const plain = await openTokenizer(file);
    const text = 'Hello, world! This has more than three tokens.';
    expect((await cut.encode(text)).ids).toEqual((await plain.encode(text)).ids);
    expect(cut.sha256).not.toBe(plain.sha256);
    rmSync(folder, { recursive: true });
  });

  it('knows the size of its vocabulary and the sum of its file', async () => {
    const tokenizer = await openTokenizer(path.join(FIXTURES, kind));
    const largest = Math.max(...GOLDENS[kind]!.flatMap((golden) => golden.ids));
    expect(tokenizer.vocabularySize).toBeGreaterThan(largest);
    expect(tokenizer.sha256).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('a tokenizer.json that cannot be used', () => {
  it('missing: says which file and what to do', async () => {
    await expect(openTokenizer('/nonexistent')).rejects.toMatchObject({
      code: 'TOKENIZER_MISSING',
      exitCode: 3,
      message: expect.stringMatching(
        /\/nonexistent does not exist\..*save_pretrained\('DIR'\).*--ids-field/,
      ) as unknown as string,
    });
  });

  it.each(['', '{"version":"1.0"}', '{"model":{"type":"Nonsense"}}', '[]', '{"version"'])(
    'corrupt: %j',
    async (content) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'longattn-tokenizer-'));
      writeFileSync(path.join(folder, 'tokenizer.json'), content);
      await expect(openTokenizer(folder)).rejects.toMatchObject({ code: 'TOKENIZER_INVALID', exitCode: 3 });
      rmSync(folder, { recursive: true });
    },
  );
});
