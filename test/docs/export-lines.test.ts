// The lines of docs/export.md for trainers: each export runs as it stands, by a shell, and what opens it, up to the trainer's own part.
//
// The trainers' readers of token files and MDS need torch: node scripts/check-export-readers.mjs runs those.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { select } from '../../src/pipeline/pipeline.js';
import { root, temporaryFolder } from '../support/cli.js';
import { INSTALL_TIMEOUT_MS, installReaders, readWithPython } from '../support/python-readers.js';

const folder = temporaryFolder();
const page = readFileSync(path.join(root, 'docs', 'export.md'), 'utf8');
const section = page.slice(page.indexOf('| trainer '), page.indexOf('## Columns of the corpus'));
const rows = section
  .split('\n')
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\|/, '').replace(/\|$/, '').trim()))
  .filter(([, line]) => line?.startsWith('`longattn export'))
  .map(([trainer, line, then]) => ({ trainer: trainer!, line: line!.slice(1, -1), then: then! }));
/** Of a line that opens a data set, the part that needs no trainer. */
const LOADED = /load_dataset\([^()]*\)|load_from_disk\([^()]*\)/;
let readers: string;

beforeAll(async () => {
  readers = installReaders();
  const documents = [100, 200].map((length, n) => ({
    ...{ id: `d${n}`, ids: Array.from({ length }, (_, i) => (i * i + n) % 101) },
  }));
  const corpus = path.join(folder, 'a.jsonl');
  writeFileSync(corpus, documents.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const model = path.join(root, 'test', 'fixtures', 'models', 'llama');
  const output = path.join(folder, 'RUN');
  await select({ input: `book=${corpus}`, idsField: 'ids', model, window: 16, output, score: 'gzip', keep: 0.5 });
}, INSTALL_TIMEOUT_MS);
afterAll(() => rmSync(folder, { recursive: true }));

function exported(line: string): void {
  const command = line.replace(/^longattn/, '"$NODE" "$LONGATTN"');
  const env = { ...process.env, NODE: process.execPath, LONGATTN: path.join(root, 'dist', 'cli', 'bin.cjs') };
  const { status, stderr } = spawnSync('sh', ['-c', command], { cwd: folder, env, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, expect.anything()]);
}

it('are all of the table', () => expect(rows).toHaveLength(9));

describe.each(rows)('$trainer: $line', ({ line, then }) => {
  const loads = LOADED.exec(then)?.[0];
  const columns = /--columns (\S+)/.exec(line)?.[1]?.split(',');

  it('runs, and what the line after it names is there', () => {
    exported(line);
    const named = [...then.matchAll(/RUN\/export[^"'`,}\s]*/g)].map(([name]) => name.replace(/\*.*$/, ''));
    expect(named.length).toBeGreaterThan(0);
    for (const name of named) {
      const there = [name, `${name}.bin`, `${name}data-00000-of-00001.parquet`];
      expect([name, there.some((file) => existsSync(path.join(folder, file)))]).toEqual([name, true]);
    }
    if (!columns) return;
    // Axolotl opens the folder by the head of the card, LLaMA-Factory as a data set on a disk.
    const opens =
      loads ??
      (line.includes('parquet') ? 'load_dataset("./RUN/export", split="train")' : 'load_from_disk("RUN/export")');
    const [seen] = readWithPython(readers, folder, [{ how: 'expression', paths: [folder, opens] }]);
    expect(Object.keys(seen!.columns)).toEqual(columns);
    expect(seen!.rows.length).toBeGreaterThan(5);
    for (const row of seen!.rows as Record<string, number[]>[]) {
      expect(row['input_ids']).toHaveLength(16);
      if (columns.includes('labels')) expect(row['labels']).toEqual(row['input_ids']);
      if (columns.includes('attention_mask')) expect(row['attention_mask']).toEqual(row['input_ids']!.map(() => 1));
    }
  }, 120_000);
});
