// Folders as people have them: what lies in them besides the data, and what should lie there and does not.
import { expect, it } from '@jest/globals';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tempFolder } from '../support/temp-folder.js';
import { files, rows, runWindow, wildFile } from './run-window.js';

it('files of unknown format in a folder are counted in a warning', async () => {
  const folder = files({ 'a.jsonl': rows(5), 'README.md': '# data', 'sub/b.txt.bz2': 'BZh9' });
  const { documents, warnings } = await runWindow(`d=${folder}`);
  expect(documents).toBe(5);
  expect(warnings).toEqual([
    {
      code: 'FILES_SKIPPED',
      message: expect.stringMatching(/^2 files .*README\.md.* bzip2 -dc \S+b\.txt\.bz2 \| gzip > \S+b\.txt\.gz\.$/),
    },
  ]);
});

// `hf download` with patterns, or a cleaned cache, leaves links to blobs that are not there (huggingface_hub#4419).
it('a link that leads nowhere is named, in a folder, by a glob and by itself', async () => {
  const folder = files({ 'a.jsonl': rows(5) });
  symlinkSync('../blobs/none', path.join(folder, 'b.jsonl'));
  symlinkSync('a.jsonl', path.join(folder, 'c.jsonl'));
  symlinkSync('nowhere', path.join(folder, 'notes.md'));
  for (const input of [folder, `${folder}/*.jsonl`, path.join(folder, 'b.jsonl')]) {
    await expect(runWindow(input)).rejects.toMatchObject({
      code: 'INPUT_REFUSED',
      exitCode: 3,
      message: expect.stringMatching(/^1 file .*b\.jsonl.*the link leads nowhere/),
    });
  }
  const { documents, summary, output } = await runWindow(folder, { allowRefusedFiles: true });
  expect(documents).toBe(5);
  expect(summary.refused).toMatchObject([{ file: path.join(folder, 'b.jsonl') }]);
  expect(readFileSync(path.join(output, 'rejects.jsonl'), 'utf8')).toContain('"whole":"file"');
});

// What save_to_disk writes, with the cache of a map beside it (open-instruct PR#638).
it('in a folder of datasets state.json decides, and caches are no data', async () => {
  const data = readFileSync(wildFile('eight-bytes.zstd.arrow'));
  const state = JSON.stringify({ _data_files: [{ filename: 'data-0.arrow' }], _split: 'train' });
  const saved = files({ 'data-0.arrow': data, 'cache-1a2b.arrow': data, 'older.arrow': data, 'state.json': state });
  const cached = files({ 'x-train.arrow': data, 'cache-1a2b.arrow': data, 'tmp8z1.arrow': data });
  for (const input of [saved, cached, `${saved}/*.arrow`, `${cached}/*`])
    expect((await runWindow(input)).documents).toBe(20);
  const torn = files({ 'data-1.arrow': data, 'state.json': state.replace('}]', '},{"filename":"data-1.arrow"}]') });
  await expect(runWindow(torn)).rejects.toMatchObject({
    code: 'INPUT_REFUSED',
    message: expect.stringMatching(/data-0\.arrow.*state\.json names it/),
  });
});

// A clone without git-lfs (GRPO-Zero#1).
it.each(['a.txt', 'a.jsonl', 'a.jsonl.gz', 'a.parquet', 'a.arrow'])('a pointer of Git LFS as %s', async (name) => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 123456\n`;
  const folder = files({ [name]: pointer, 'b.jsonl': rows(5) });
  await expect(runWindow(`d=${folder}`)).rejects.toMatchObject({
    code: 'INPUT_REFUSED',
    exitCode: 3,
    message: expect.stringMatching(/not the data of 123456 bytes: run `git lfs pull`/),
  });
});

// Spark's folders are named like files, and Hive's like a column (polars#17362, arrow PR#4478).
it('globs name folders, marks are skipped, and the path names the domain', async () => {
  const folder = files({
    'source=wiki/x.jsonl/part-0.jsonl': rows(3),
    'source=wiki/x.jsonl/_SUCCESS': '',
    'source=wiki/x.jsonl/_temporary.jsonl': rows(9),
    'source=a%20b/y.jsonl': rows(2, { source: null }),
    'source=a%20b/z.jsonl': rows(4, { source: 'own' }),
    'source=a%20b/_marked.jsonl': rows(9),
  });
  const { summary } = await runWindow(`${folder}/*/*.jsonl`, { domainField: 'source' });
  const found = summary.domains.map(({ domain, documents }) => [domain, documents]);
  expect(Object.fromEntries(found)).toEqual({ wiki: 3, 'a b': 2, own: 4 });
});

// FineWeb-Edu has int_score; cluster ids are whole numbers too.
it('a domain may be a whole number', async () => {
  const parquet = await runWindow(wildFile('int8-score.parquet'), { domainField: 'score' });
  expect(parquet.domains.sort()).toEqual(['0', '1', '2']);
  const folder = files({ 'a.jsonl': rows(2, { c: 7 }) + rows(1, { c: -1 }) });
  expect((await runWindow(folder, { domainField: 'c' })).domains.sort()).toEqual(['-1', '7']);
});

it('one domain where nobody names any', async () => {
  const { domains, summary } = await runWindow(files({ 'moby.txt': 'Call me Ishmael. '.repeat(60) }), {
    textField: 'text',
  });
  expect(domains).toEqual(['all']);
  expect(summary.rejects).toBe(0);
});

it('a run that cannot be started leaves no folders', async () => {
  const output = path.join(tempFolder(), 'deep', 'RUN');
  await expect(runWindow('nothing/*.jsonl', { output })).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
  expect(existsSync(output)).toBe(false);
  mkdirSync(output, { recursive: true });
  writeFileSync(path.join(output, 'mine'), '');
  await expect(runWindow('nothing/*.jsonl', { output })).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
  expect(existsSync(path.join(output, 'mine')) && !existsSync(path.join(output, 'windows'))).toBe(true);
});
