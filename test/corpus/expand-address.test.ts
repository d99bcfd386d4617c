// A bucket and a data set of the Hub are searched by the rules of a disk: the same tree lies in all three.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { listInputFiles } from '../../src/corpus/input-files.js';
import { FakeHub } from '../hub/fake-hub.js';
import { FileServer } from '../support/file-server.js';

const STATE = JSON.stringify({ _data_files: [{ filename: 'data-0.arrow' }, { filename: 'gone.arrow' }] });
const TREE: Record<string, string> = {
  'a.jsonl': '{}',
  'part[1].jsonl': '{}',
  'deep/b.jsonl.gz': 'gz',
  'deep/er/c.parquet': 'PAR1',
  'deep/er/c.json': '{}',
  'deep/_SUCCESS': '',
  'deep/_temporary/d.jsonl': '{}',
  'deep/.hidden/e.jsonl': '{}',
  'deep/notes.md': 'text',
  'dots.parquet/part-0.parquet': 'PAR1',
  'saved/state.json': STATE,
  'saved/data-0.arrow': 'ARROW1',
  'saved/cache-1.arrow': 'ARROW1',
  'mega/x.idx': 'MMIDIDX',
  'mega/x.bin': 'ids',
};

const server = new FileServer();
const hub = new FakeHub();
let folder: string;
const saved = { ...process.env };
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-test-'));
  await server.start();
  await hub.start();
  const inHub = Object.entries(TREE).flatMap(([name, text]) => [
    [`tree/${name}`, text],
    [`treetop/${name}`, text],
  ]);
  hub.add('datasets/org/name', Object.fromEntries(inHub) as Record<string, string>);
  for (const [name, content] of Object.entries(TREE)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    server.address(`bkt/tree/${name}`, content);
    server.address(`bkt/treetop/${name}`, content);
  }
  const endpoint = server.address('').slice(0, -1);
  Object.assign(process.env, { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' });
  process.env['HF_ENDPOINT'] = hub.endpoint;
});
afterAll(async () => {
  process.env = saved;
  rmSync(folder, { recursive: true });
  await server.stop();
  await hub.stop();
});

/** What a pattern below a root gives, with names below that root; or the code of the error. */
async function list(root: string, pattern: string): Promise<unknown> {
  const below = (text: string): string => text.replace(root, '').replace(/^\//, '');
  try {
    const found = await listInputFiles([{ domain: 'd', patterns: [root + pattern] }]);
    return {
      files: found.files.map((file) => ({ ...file, path: below(file.path), etag: undefined })),
      skipped: found.skipped.map(below),
      lost: found.lost.map((file) => ({ ...file, path: below(file.path) })),
    };
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

describe('a bucket and the Hub give what a disk gives', () => {
  it.each([
    '',
    '/',
    '/deep',
    '/deep/',
    '/saved',
    '/mega',
    '/a.jsonl',
    '/part[1].jsonl',
    '/deep/notes.md',
    '/*.jsonl',
    '/**/*.jsonl',
    '/**/*.{jsonl,gz}',
    '/**',
    '/*',
    '/deep/*',
    '/*/er',
    '/*.parquet',
    '/*.parquet/',
    '/deep/_*/*.jsonl',
    '/none.jsonl',
    '/none/*.jsonl',
    '/deep/_temporary',
  ])('%s', async (pattern) => {
    const local = await list(folder, pattern);
    expect(await list('s3://bkt/tree', pattern)).toEqual(local);
    expect(await list('hf://datasets/org/name/tree', pattern)).toEqual(local);
  });
});

it('a list is asked for, not each file', async () => {
  const before = server.asked.length;
  const { files } = await listInputFiles([{ domain: 'd', patterns: ['s3://bkt/tree/**/*.jsonl'] }]);
  expect(files.every(({ etag }) => etag !== undefined)).toBe(true);
  // The pattern as a file, as a folder, then its base.
  expect(server.asked.length - before).toBe(3);
});
