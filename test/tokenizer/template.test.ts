// BOS and EOS as AutoTokenizer of two versions of transformers has them (test/fixtures/make_tokenizer_templates.py).
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openTokenizer } from '../../src/tokenizer/tokenizer.js';

const FIXTURES = path.join(import.meta.dirname, '..', 'fixtures', 'tokenizers');
type Row = [source: string, name: string, bos: boolean | null, eos: boolean | null, template: string, ids: number[]];
type Json = Record<string, unknown>;
const rows = (version: number) =>
  JSON.parse(readFileSync(path.join(FIXTURES, `templates-${version}.json`), 'utf8')) as Row[];
const OLD = rows(4);

/** The folder that the script made: <s> and </s> are tokens, the template adds nothing or <s>. */
function folderOf([source, name, bos, eos, template]: Row): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'longattn-template-'));
  const json = JSON.parse(readFileSync(path.join(FIXTURES, source, 'tokenizer.json'), 'utf8')) as Json;
  const tokens = json['added_tokens'] as { content: string; id: number }[];
  const { vocab } = json['model'] as { vocab: Record<string, number> };
  let next = Math.max(...tokens.map(({ id }) => id), ...Object.values(vocab)) + 1;
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  for (const content of ['<s>', '</s>']) {
    if (!tokens.some((token) => token.content === content)) tokens.push(Object.assign({ id: next++, content }, flags));
  }
  const id = tokens.find(({ content }) => content === '<s>')!.id;
  const sequence = (name: string) => ({ Sequence: { id: name, type_id: 0 } });
  json['post_processor'] =
    template === 'none'
      ? null
      : {
          type: 'TemplateProcessing',
          single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, sequence('A')],
          pair: [sequence('A'), sequence('B')],
          special_tokens: { '<s>': { id: '<s>', ids: [id], tokens: ['<s>'] } },
        };
  const config = {
    tokenizer_class: name,
    bos_token: { content: '<s>' },
    eos_token: '</s>',
    ...(bos !== null && { add_bos_token: bos }),
    ...(eos !== null && { add_eos_token: eos }),
  };
  writeFileSync(path.join(folder, 'tokenizer.json'), JSON.stringify(json));
  writeFileSync(path.join(folder, 'tokenizer_config.json'), JSON.stringify(config));
  return folder;
}

describe('tokens around a text', () => {
  it.each(rows(5).map((row, index) => [row.slice(0, 5).join(' '), row, OLD[index]!] as const))(
    '%s',
    async (_, row, old) => {
      const folder = folderOf(row);
      const tokenizer = await openTokenizer(folder);
      expect([...(await tokenizer.encode('hello world')).ids]).toEqual(row[5]);
      const versionsDiffer = JSON.stringify(old[5]) !== JSON.stringify(row[5]);
      if (versionsDiffer) expect(tokenizer.warnings).not.toEqual([]);
      const [, , bos, eos, template] = row;
      const asAsked = (bos === null || bos === (template === 'bos')) && eos === null;
      if (!versionsDiffer && asAsked) expect(tokenizer.warnings).toEqual([]);
      rmSync(folder, { recursive: true });
    },
  );

  it('says what asks for what, and which version does which', async () => {
    const folder = folderOf(['bytelevel', 'LlamaTokenizerFast', true, null, 'none', []]);
    const { added, warnings } = await openTokenizer(folder);
    expect(added).toEqual([]);
    expect(warnings).toEqual([
      {
        code: 'TOKENIZER_TEMPLATE',
        message: expect.stringMatching(
          /add_bos_token: true.*asks for BOS \(<s>\).*no BOS is added.*transformers 4 adds it/,
        ),
      },
    ]);
    rmSync(folder, { recursive: true });
  });

  it('are told of a tokenizer_config.json that is no JSON', async () => {
    const folder = folderOf(['bytelevel', 'LlamaTokenizerFast', true, null, 'none', []]);
    writeFileSync(path.join(folder, 'tokenizer_config.json'), '[');
    await expect(openTokenizer(folder)).rejects.toMatchObject({ code: 'TOKENIZER_INVALID' });
    rmSync(folder, { recursive: true });
  });
});
