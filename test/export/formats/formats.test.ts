import { beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { tableFromIPC, type Table } from 'apache-arrow';
import { exportWindows, type ExportOptions, type ExportResult } from '../../../src/export/export-windows.js';
import { folderName } from '../../../src/export/formats/by-domain.js';
import { keptWindows } from '../../../src/export/kept-windows.js';
import type { Row } from '../../../src/arrow/rows.js';
import { loadRun } from '../../../src/run/directory.js';
import { collect } from '../../support/collect.js';
import { makeSelectedRun, type MadeExport } from '../../support/exported-run.js';
import { faultyFs } from '../../support/faulty-fs.js';
import { tempFolder } from '../../support/temp-folder.js';
import fc from 'fast-check';

let made: MadeExport;
let kept: Row[];
beforeEach(async () => {
  made = await makeSelectedRun(tempFolder());
  const { run, selection, textOf } = made;
  kept = await collect(
    keptWindows({ windows: run.windows, parts: run.manifest.parts, selectionPath: selection.path, textOf }),
  );
});

const noText: ExportOptions['textOf'] = () => {
  throw new Error('the corpus was read');
};
const write = (options: Partial<ExportOptions> & Pick<ExportOptions, 'format'>): Promise<ExportResult> =>
  exportWindows(made.run, made.selection, { textOf: made.textOf, ...options });
const ofDomain = (domain: string): number[][] =>
  kept.filter((row) => row['domain'] === domain).map((row) => [...(row['token_ids'] as Int32Array)]);
const ids32 = (file: string): number[] => [...new Uint32Array(new Uint8Array(readFileSync(file)).buffer)];

const texts = (table: Table, name: string): string[] => [...(table.getChild(name)! as Iterable<string>)];
const lists = (table: Table, name: string): number[][] =>
  [...(table.getChild(name)! as Iterable<Iterable<number>>)].map((list) => [...list]);

describe('tokens', () => {
  it('writes the ids of a domain once, with every name that a reader wants, and reads no text', async () => {
    const { folder, files, rows } = await write({ format: 'tokens', textOf: noText });
    expect(rows).toBe(kept.length);
    for (const domain of ['book', 'code']) {
      const at = (name: string): string => path.join(folder, domain, '00000', name);
      expect(ids32(at('tokens.bin'))).toEqual(ofDomain(domain).flat());
      expect(new Set(['tokens.bin', 'tokens.npy', 'tokens.ds'].map((name) => statSync(at(name)).ino)).size).toBe(1);
    }
    expect(files.map(({ name }) => name)).toEqual(
      ['book', 'code'].flatMap((domain) =>
        readdirSync(path.join(folder, domain, '00000'))
          .sort()
          .map((name) => `${domain}/00000/${name}`),
      ),
    );
    for (const { name, bytes } of files) expect(statSync(path.join(folder, name)).size).toBe(bytes);
  });

  it('names the windows in their order', async () => {
    const { folder } = await write({ format: 'tokens', settings: { for: ['megatron'] } });
    const names = readdirSync(path.join(folder, 'book', '00000')).sort();
    expect(names).toEqual(['provenance.arrow', 'tokens.bin', 'tokens.idx']);
    const table = tableFromIPC(readFileSync(path.join(folder, 'book', '00000', 'provenance.arrow')));
    expect(texts(table, 'window_id')).toEqual(
      kept.filter((row) => row['domain'] === 'book').map((row) => row['window_id']),
    );
  });

  it('adds an end token on request, as a part of the document', async () => {
    const { folder } = await write({ format: 'tokens', settings: { eos: 7 } });
    const file = path.join(folder, 'code', '00000', 'tokens.bin');
    expect(ids32(file)).toEqual(ofDomain('code').flatMap((ids) => [...ids, 7]));
  });

  it('writes 16 bits on request, and refuses an id that they cannot hold', async () => {
    const { folder } = await write({ format: 'tokens', settings: { idsType: 'uint16' } });
    const bytes = new Uint8Array(readFileSync(path.join(folder, 'book', '00000', 'tokens.bin')));
    expect([...new Uint16Array(bytes.buffer)]).toEqual(ofDomain('book').flat());
    const idx = readFileSync(path.join(folder, 'book', '00000', 'tokens.idx'));
    expect(idx.readUInt8(17)).toBe(8);
    const before = readdirSync(folder);
    await expect(write({ format: 'tokens', settings: { idsType: 'uint16', eos: 65_500 } })).rejects.toMatchObject({
      code: 'IDS_TOO_LARGE',
      message: expect.stringMatching(/65500.*--ids-type/) as unknown,
    });
    expect(readdirSync(folder)).toEqual(before);
  });

  it('begins a new folder where a file is full', async () => {
    const { folder } = await write({ format: 'tokens', shardBytes: 300 });
    const shards = readdirSync(path.join(folder, 'code')).sort();
    expect(shards.length).toBeGreaterThan(2);
    const all = shards.flatMap((shard) => ids32(path.join(folder, 'code', shard, 'tokens.bin')));
    expect(all).toEqual(ofDomain('code').flat());
  });

  it('copies the ids where the file system has no links', async () => {
    const run = await loadRun(made.run.dir, faultyFs({ fail: { link: 'EPERM' } }));
    const { folder } = await exportWindows(run, made.selection, { format: 'tokens', textOf: noText });
    const at = (name: string): Buffer => readFileSync(path.join(folder, 'book', '00000', name));
    expect(at('tokens.npy').equals(at('tokens.bin'))).toBe(true);
    expect(statSync(path.join(folder, 'book', '00000', 'tokens.npy')).nlink).toBe(1);
  });
});

describe('mds', () => {
  /** Samples of a shard, by the layout alone. */
  function samples(shard: Buffer): { id: string; ids: number[]; indices: number[]; length: number }[] {
    const count = shard.readUInt32LE(0);
    const places = Array.from({ length: count + 1 }, (_, i) => shard.readUInt32LE(4 + 4 * i));
    expect(places.at(-1)).toBe(shard.length);
    return places.slice(0, -1).map((place, i) => {
      const bytes = shard.subarray(place, places[i + 1]);
      const sizes = [0, 1, 2, 3].map((column) => bytes.readUInt32LE(4 * column));
      let at = 16;
      const [, id, indices, ids] = sizes.map((size) => bytes.subarray(at, (at += size)));
      const numbers = (cell: Buffer, head: number): number[] => [
        ...new Uint32Array(new Uint8Array(cell.subarray(head)).buffer),
      ];
      expect([ids!.readUInt8(0), indices!.readUInt8(0)]).toEqual([1 << 2, 2 << 2]);
      return {
        id: id!.toString(),
        ids: numbers(ids!, 2),
        indices: numbers(indices!, 3),
        length: Number(bytes.readBigInt64LE(at)),
      };
    });
  }

  it('writes an index and shards whose samples are the windows', async () => {
    const { folder } = await write({ format: 'mds', textOf: noText });
    const at = path.join(folder, 'code', '00000');
    expect(readdirSync(at).sort()).toEqual(['index.json', 'provenance.arrow', 'shard.00000.mds']);
    const found = samples(readFileSync(path.join(at, 'shard.00000.mds')));
    expect(found.map(({ ids }) => ids)).toEqual(ofDomain('code'));
    for (const { indices, length, ids } of found) expect([indices, length]).toEqual([[0, ids.length], ids.length]);
    const index = JSON.parse(readFileSync(path.join(at, 'index.json'), 'utf8')) as { shards: { samples: number }[] };
    expect(index.shards.map((shard) => shard.samples)).toEqual([found.length]);
  });
});

describe('the columns of a table', () => {
  it('are those that were asked for, in their order, with the provenance beside them', async () => {
    const settings = { columns: ['input_ids', 'labels', 'attention_mask'] };
    const { folder, files } = await write({ format: 'hf', settings, textOf: noText });
    const table = tableFromIPC(readFileSync(path.join(folder, files.find(({ rows }) => rows > 0)!.name)));
    expect(table.schema.fields.map(({ name }) => name)).toEqual(settings.columns);
    const cell = (name: string): unknown[] => lists(table, name);
    expect(cell('input_ids')).toEqual(kept.map((row) => [...(row['token_ids'] as Int32Array)]));
    expect(cell('labels')).toEqual(cell('input_ids'));
    expect(cell('attention_mask')).toEqual(
      kept.map((row) => [...new Int32Array((row['token_ids'] as Int32Array).length).fill(1)]),
    );
    const beside = tableFromIPC(readFileSync(path.join(folder, 'provenance', 'provenance.arrow')));
    expect(texts(beside, 'window_id')).toEqual(kept.map((row) => row['window_id']));
  });

  it('has the usual name of the ids, or the one that was asked for', async () => {
    const named = await write({ format: 'jsonl', settings: { idsColumn: 'ids' } });
    const [line] = readFileSync(path.join(named.folder, named.files[0]!.name), 'utf8').split('\n');
    expect(Object.keys(JSON.parse(line!) as object)).toEqual(
      Object.keys(kept[0]!).map((n) => (n === 'token_ids' ? 'ids' : n)),
    );
    expect(existsSync(path.join(named.folder, 'provenance'))).toBe(false);
  });

  it.each([
    [{ columns: ['input_ids', 'tokens'] }, /columns must not be "tokens".*input_ids.*labels/],
    [{ idsColumn: 'text' }, /idsColumn must not be "text"/],
  ])('refuses %j', async (settings, message) => {
    await expect(write({ format: 'parquet', settings })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(message) as unknown,
    });
  });
});

describe('an option that a format has no use for', () => {
  it.each([
    ['parquet', { for: ['megatron'] }, /^for must not be given with the format parquet.* It is of tokens\./],
    ['hf', { eos: 0 }, /^eos must not.* It is of tokens, mds\./],
    ['jsonl', { idsType: 'uint16' }, /^idsType must not/],
    ['tokens', { columns: ['input_ids'] }, /^columns must not.* It is of hf, arrow, parquet, jsonl, jsonl\.zst\./],
    ['mds', { idsColumn: 'ids' }, /^idsColumn must not/],
  ] as const)('%s: %j is refused', async (format, settings, message) => {
    const attempt = write({ format, settings });
    await expect(attempt).rejects.toMatchObject({ code: 'INVALID_OPTION', message: expect.stringMatching(message) });
  });
});

describe('parquet', () => {
  it('writes the same bytes each time, also in several files', async () => {
    const read = ({ folder, files }: ExportResult): string[] =>
      files.map(({ name }) => readFileSync(path.join(folder, name)).toString('base64'));
    const once = read(await write({ format: 'parquet', shardBytes: 1, folder: tempFolder() }));
    expect(read(await write({ format: 'parquet', shardBytes: 1, folder: tempFolder() }))).toEqual(once);
  });

  it('tells of a full disk', async () => {
    const run = await loadRun(made.run.dir, faultyFs({ fullAfterBytes: 2000 }));
    const attempt = exportWindows(run, made.selection, { format: 'parquet', textOf: made.textOf });
    await expect(attempt).rejects.toMatchObject({ code: 'DISK_FULL' });
  });
});

describe('jsonl.zst', () => {
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];
  const hasZstd = major > 22 || (major === 22 && minor >= 15);

  it('is what zstd makes of jsonl, or refused by name where Node has none', async () => {
    const attempt = write({ format: 'jsonl.zst', folder: tempFolder() });
    if (!hasZstd) {
      await expect(attempt).rejects.toMatchObject({ code: 'ZSTD_UNAVAILABLE' });
      return;
    }
    const packed = await attempt;
    const plain = await write({ format: 'jsonl', folder: tempFolder() });
    const zlib = (await import('node:zlib')) as unknown as { zstdDecompressSync(bytes: Buffer): Buffer };
    const bytes = zlib.zstdDecompressSync(readFileSync(path.join(packed.folder, packed.files[0]!.name)));
    expect(bytes.equals(readFileSync(path.join(plain.folder, plain.files[0]!.name)))).toBe(true);
  });
});

describe('folderName', () => {
  it('is a plain name, another for another domain', () => {
    const domain = fc.string({ minLength: 1, maxLength: 400, unit: 'grapheme' });
    fc.assert(
      fc.property(domain, domain, (a, b) => {
        expect(folderName(a)).toMatch(/^[A-Za-z0-9%_-][A-Za-z0-9%._-]{0,127}$/);
        if (a !== b) expect(folderName(a)).not.toBe(folderName(b));
      }),
    );
    expect([folderName('book'), folderName('..'), folderName('a/b')]).toEqual(['book', '%2e.', 'a%2Fb']);
  });
});
