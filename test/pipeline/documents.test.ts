// documents/ of a run: every row of the corpus, in its order, from the windows in hand or by a pass over an older run.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ArrowFile } from '../../src/arrow/file.js';
import { DOCUMENT_COLUMNS } from '../../src/documents/columns.js';
import type { RunOptions } from '../../src/options/run-options.js';
import { completeDocuments } from '../../src/pipeline/complete-documents.js';
import { window } from '../../src/pipeline/pipeline.js';
import { prepare } from '../../src/pipeline/prepare.js';
import { tempFolder } from '../support/temp-folder.js';

const WINDOW = 16;
const model = path.join(import.meta.dirname, '..', 'fixtures', 'models', 'llama');
let folder: string;
let options: RunOptions;

beforeEach(() => {
  folder = tempFolder();
  const ids = (count: number): string => JSON.stringify({ ids: Array.from({ length: count }, (_, i) => i % 100) });
  mkdirSync(path.join(folder, 'in'));
  writeFileSync(path.join(folder, 'in', 'a.jsonl'), `${ids(40)}\n\n{"ids": [1,\n${ids(9)}\n`);
  writeFileSync(path.join(folder, 'in', 'b.jsonl'), '');
  writeFileSync(path.join(folder, 'in', 'c.jsonl'), `${ids(16)}\n`);
  const input = `book=${path.join(folder, 'in')}`;
  options = { input, idsField: 'ids', model, window: WINDOW, maxRejectRate: 1, output: path.join(folder, 'RUN') };
});

async function rowsOf(part: string): Promise<unknown[]> {
  await using file = await ArrowFile.open(path.join(folder, 'RUN', 'documents', `${part}.arrow`), DOCUMENT_COLUMNS);
  const rows: unknown[] = [];
  for await (const { columns, rows: count } of file.batches(['source', 'row', 'tokens', 'windows', 'reason'])) {
    const { source, row, tokens, windows, reason } = columns;
    for (let i = 0; i < count; i++) {
      rows.push([path.basename(source.get(i)), row[i], tokens[i], windows[i], reason.get(i).replace(/\(.*\)/, '')]);
    }
  }
  return rows;
}

describe('documents of a run', () => {
  it('are all rows of the corpus: with windows, too short, refused; but no blank line and no empty file', async () => {
    await window(options);
    expect(await rowsOf('part-00000')).toEqual([
      ['a.jsonl', 1, 40, 3, ''],
      ['a.jsonl', 3, 0, 0, 'the line is not valid JSON '],
      ['a.jsonl', 4, 9, 0, 'shorter than a window'],
      ['c.jsonl', 1, 16, 1, ''],
    ]);
  });

  it('are the same bytes by a pass over a run that has none', async () => {
    await window(options);
    const file = path.join(folder, 'RUN', 'documents', 'part-00000.arrow');
    const before = readFileSync(file);
    rmSync(path.join(folder, 'RUN', 'documents'), { recursive: true });
    await completeDocuments(await prepare(options), {});
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('are not made from a corpus that has changed', async () => {
    await window(options);
    rmSync(path.join(folder, 'RUN', 'documents'), { recursive: true });
    const file = path.join(folder, 'in', 'c.jsonl');
    const line = readFileSync(file, 'utf8');
    appendFileSync(file, '\n');
    await expect(completeDocuments(await prepare(options), {})).rejects.toMatchObject({ code: 'INPUT_CHANGED' });
    writeFileSync(file, line.replace('[0,1,', '[0,,1'));
    await expect(completeDocuments(await prepare(options), {})).rejects.toMatchObject({ code: 'CORPUS_CHANGED' });
  });
});
