// What `check` says of a corpus is what a run then does with it.
import { describe, expect, it } from '@jest/globals';
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { check } from '../../src/pipeline/check.js';
import { cli, demoModel } from '../support/cli.js';
import { files, row, rows, runWindow, wildFile } from '../wild/run-window.js';
import { readFileSync } from 'node:fs';

const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`;

/** Ids of 80 tokens a row; of every kind of refusal one or more. */
function mixedFolder(): string {
  const group = readFileSync(wildFile('int8-score.parquet'));
  group.fill(0xff, 300, 400);
  const folder = files({
    'a.jsonl':
      rows(50, { score: null }) + '{"id":"x"}\n{"id":"y"}\nnot json\n[1]\n' + row(99).replace('}', ',"v":NaN}'),
    'b.jsonl.gz': gzipSync(rows(200)).subarray(0, -20),
    'c.parquet': POINTER,
    'd.parquet': group,
    'notes.docx': 'x',
  });
  symlinkSync('nowhere', path.join(folder, 'e.arrow'));
  return folder;
}

describe('check', () => {
  it('finds what a run refuses, groups it, and counts what is read', async () => {
    const folder = mixedFolder();
    const options = { input: folder, idsField: 'input_ids', window: 64 } as const;
    const report = await check(options);
    expect(
      report.reasons.map(({ what, count, example }) => [what, count, path.basename(example.file), example.line]),
    ).toEqual([
      ['file', 1, 'b.jsonl.gz', 0],
      ['file', 1, 'c.parquet', 0],
      ['file', 1, 'e.arrow', 0],
      ['group', 1, 'd.parquet', 1],
      ['row', 2, 'a.jsonl', 51],
      ['row', 1, 'a.jsonl', 53],
      ['row', 1, 'a.jsonl', 54],
    ]);
    expect(report).toMatchObject({
      listed: { files: 5 },
      read: { files: 1 },
      readInPart: { files: 1 },
      unread: { files: 3 },
      ...{ rejects: 4, nonFinite: 1, skipped: [path.join(folder, 'notes.docx')] },
      stops: [{ code: 'INPUT_REFUSED' }, { code: 'TOO_MANY_REJECTS' }],
    });
    const { listed, read, readInPart, unread } = report;
    expect(read.bytes + readInPart.bytes + unread.bytes).toBe(listed.bytes);
    const { summary, documents } = await runWindow(folder, { allowRefusedFiles: true, maxRejectRate: 0.1 });
    expect(summary).toMatchObject({ rejects: 4, nonFinite: 1 });
    expect(summary.refused).toEqual(report.refused);
    const [domain] = report.domains;
    expect(domain).toMatchObject({
      documents,
      windows: summary.domains[0]!.windows,
      tokens: summary.domains[0]!.tokens,
    });
    expect((await check({ ...options, allowRefusedFiles: true, maxRejectRate: 0.1 })).stops).toEqual([]);
  });

  it('without tokenizer counts documents; with one finds what it refuses; with the model also ids beyond it', async () => {
    const text = 'Call me Ishmael. '.repeat(200);
    const folder = files({ 'a.txt': text, 'b.jsonl': `${JSON.stringify({ text: '' })}\n` });
    const input = `${folder}/*`;
    const plain = await check({ input });
    expect(plain.domains).toEqual([{ domain: 'all', documents: 1, characters: text.length }]);
    expect(plain.stops.map(({ code }) => code)).toEqual(['TOO_MANY_REJECTS']);
    const cut = await check({ input, tokenizer: demoModel, window: 128, maxRejectRate: 1 });
    expect(cut.domains[0]).toMatchObject({ documents: 1, windows: expect.any(Number), shortDocuments: 0 });
    expect(cut.domains[0]!.windows).toBeGreaterThan(3);
    const ids = files({ 'a.jsonl': '{"ids":[1,2,49151]}\n{"ids":[1,49152]}\n' });
    const beyond = await check({ input: ids, idsField: 'ids', model: demoModel, window: 2, maxRejectRate: 1 });
    expect(beyond.reasons).toMatchObject([{ what: 'row', count: 1, example: { line: 2 } }]);
  });

  it('says where no run would have a window', async () => {
    const folder = files({ 'a.jsonl': rows(3) });
    const report = await check({ input: folder, idsField: 'input_ids', window: 128 });
    expect(report.stops).toMatchObject([{ code: 'ALL_DOCUMENTS_TOO_SHORT' }]);
    await expect(check({ input: path.join(folder, 'none*') })).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
  });

  it('stops by its signal', async () => {
    const folder = files({ 'a.jsonl': rows(3) });
    await expect(check({ input: folder }, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    );
  });
});

it('longattn check exits with 3 where a run would stop, and prints the report', async () => {
  const folder = mixedFolder();
  const flags = ['check', '--input', folder, '--ids-field', 'input_ids', '--window', '64'];
  const { code, stdout } = await cli(flags);
  expect(code).toBe(3);
  expect(stdout).toMatch(/unread +3 files[\s\S]*git lfs pull[\s\S]*a run would stop/);
  const json = await cli([...flags, '--json', '--allow-refused-files', '--max-reject-rate', '10%']);
  expect(json.code).toBe(0);
  expect(JSON.parse(json.stdout)).toMatchObject({ rejects: 4, stops: [] });
});
