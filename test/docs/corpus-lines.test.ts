// The lines of docs/corpus.md, "A line a source", of files on a disk: each runs as it stands, by a shell, beside files of those names.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root, temporaryFolder } from '../support/cli.js';

const fixtures = path.join(root, 'test', 'fixtures');
const folder = temporaryFolder();
const page = readFileSync(path.join(root, 'docs', 'corpus.md'), 'utf8');
const section = page.slice(page.indexOf('## A line a source'), page.indexOf('## Fields'));
const lines = [...section.matchAll(/`longattn (check .*)`/g)].map(([, args]) => args!);
const local = lines.filter((line) => !line.includes('://'));

/** Name in the lines -> file of the fixtures. */
const FILES = {
  'data/2024/part.jsonl.gz': 'corpus/members.jsonl.gz',
  'shards/part-0.parquet': 'corpus/snappy.parquet',
  'wiki_disk/data-00000-of-00001.arrow': 'corpus/stream.arrow',
  'ids.arrow': 'exports/arrow/data-00000-of-00001.arrow',
  'code_text_document.idx': 'exports/tokens/code/00000/tokens.idx',
  'code_text_document.bin': 'exports/tokens/code/00000/tokens.bin',
};

beforeAll(() => {
  for (const [name, from] of Object.entries(FILES)) {
    mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
    cpSync(path.join(fixtures, from), path.join(folder, name));
  }
  const state = { _data_files: [{ filename: 'data-00000-of-00001.arrow' }] };
  writeFileSync(path.join(folder, 'wiki_disk', 'state.json'), JSON.stringify(state));
  mkdirSync(path.join(folder, 'books'));
  writeFileSync(path.join(folder, 'books', 'moby.txt'), 'Call me Ishmael.');
});
afterAll(() => rmSync(folder, { recursive: true }));

it('are all of the table', () => expect([lines.length, local.length]).toEqual([10, 6]));

it.each(local)('%s', (line) => {
  // Their documents are short.
  const command = `"$NODE" "$LONGATTN" ${line} --window 2`;
  const env = { ...process.env, NODE: process.execPath, LONGATTN: path.join(root, 'dist', 'cli', 'bin.cjs') };
  const { status, stdout } = spawnSync('sh', ['-c', command], { cwd: folder, env, encoding: 'utf8' });
  expect(stdout).toMatch('a run would go through');
  expect(status).toBe(0);
});
