// Texts that are unusual, with the demo's tokenizer.
import { describe, expect, it } from '@jest/globals';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openTokenizer } from '../../src/tokenizer/tokenizer.js';
import { demoModel } from '../support/cli.js';
import { tempFolder } from '../support/temp-folder.js';
import { files, runWindow } from './run-window.js';

const text = { textField: 'text' };
const line = (content: string): string => `${JSON.stringify({ text: content })}\n`;
const words = 'the whale and the sea '.repeat(40);

/** The demo's model with a token in its tokenizer that it has no embedding for, as many fine-tunes have one. */
function modelWithPad(): string {
  const folder = tempFolder();
  for (const name of ['config.json', 'model.safetensors'])
    copyFileSync(path.join(demoModel, name), path.join(folder, name));
  const json = JSON.parse(readFileSync(path.join(demoModel, 'tokenizer.json'), 'utf8')) as { added_tokens: object[] };
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  json.added_tokens.push({ id: 49_152, content: '[PAD]', ...flags });
  writeFileSync(path.join(folder, 'tokenizer.json'), JSON.stringify(json));
  return folder;
}

// llama-cookbook#189, LLaVA#94: one such text must not end the run, again and again.
describe('a special token that the model has no embedding for', () => {
  const corpus = { 'a.jsonl': line(`${words}[PAD]`) + line(words).repeat(199) };

  it('refuses its document with the reason, and is named beforehand', async () => {
    const { documents, summary, warnings, output } = await runWindow(files(corpus), { ...text, model: modelWithPad() });
    expect([documents, summary.rejects]).toEqual([199, 1]);
    expect(warnings).toContainEqual({
      code: 'TOKENS_BEYOND_MODEL',
      message: expect.stringMatching(
        /has a token that the model has no embedding for: "\[PAD\]"\..*--special-tokens text/,
      ),
    });
    expect(readFileSync(path.join(output, 'rejects.jsonl'), 'utf8')).toMatch(
      /the token \\"\[PAD\]\\" \(id 49152, at \d+\)/,
    );
  });

  it('is plain text with specialTokens: text', async () => {
    const options = { ...text, model: modelWithPad(), specialTokens: 'text' as const };
    const { documents, summary, warnings } = await runWindow(files(corpus), options);
    expect([documents, summary.rejects, warnings]).toEqual([200, 0, []]);
  });
});

it('special tokens as text are those of the characters, and the default takes them for the tokens', async () => {
  const asText = await openTokenizer(demoModel, { specialTokens: 'text' });
  const parsed = await openTokenizer(demoModel);
  const [id] = (await parsed.encode('<|endoftext|>')).ids;
  expect(parsed.nameOf(id!)).toBe('<|endoftext|>');
  expect((await parsed.encode('a<|endoftext|>b')).ids).toContain(id);
  const { ids } = await asText.encode('a<|endoftext|>b');
  expect(ids).not.toContain(id);
  expect([...ids].map((token) => asText.nameOf(token)).join('')).toBe('a<|endoftext|>b');
});

it('a document that cannot be cut is refused above maxDocument, with its size', async () => {
  const input = files({ 'a.jsonl': line('x'.repeat(200_000)) + line(words).repeat(150) });
  const { documents, summary, output } = await runWindow(input, { ...text, maxDocument: 150_000 });
  expect([documents, summary.rejects]).toEqual([150, 1]);
  expect(readFileSync(path.join(output, 'rejects.jsonl'), 'utf8')).toMatch(
    /200000 bytes of it .* more than --max-document 150000/,
  );
});

it('a long text has the spans of its words, whatever is kept of them', async () => {
  const { encode } = await openTokenizer(demoModel);
  const [words, times] = ['the whale and the sea ', 25_000];
  const { ids, span } = await encode(words.repeat(times));
  const first = await encode(words.repeat(2));
  const [start, end] = [first.ids.indexOf(first.ids[1]!), first.ids.indexOf(first.ids[1]!, 2)];
  const period = end - start;
  for (let token = start; token + period < ids.length; token += 997) {
    const place = (token - start) % period;
    const shift = words.length * Math.floor((token - start) / period);
    expect(span(token)).toEqual(first.span(start + place)!.map((at) => at + shift));
  }
});
