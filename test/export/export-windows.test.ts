import { beforeEach, describe, expect, it } from '@jest/globals';
import { tableFromIPC } from 'apache-arrow';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readSelection } from '../../src/arrow/reader.js';
import { loadRun } from '../../src/run/directory.js';
import { requireSameKernel } from '../../src/run/kernel.js';
import { exportWindows, type ExportOptions, type ExportResult } from '../../src/export/export-windows.js';
import { selectWindows } from '../../src/selection/select-windows.js';
import { collect } from '../support/collect.js';
import { CORPUS, makeSelectedRun, SETTINGS, textOfCorpus, type MadeExport } from '../support/exported-run.js';
import { faultyFs } from '../support/faulty-fs.js';
import { tempFolder } from '../support/temp-folder.js';

interface ExportedRow {
  window_id: string;
  doc_id: string;
  domain: string;
  source: string;
  text: string;
  /** `hf`; the others' name is token_ids. */
  input_ids: number[];
  token_ids: number[];
  token_start: number;
  char_start: number;
  char_end: number;
  ds: number;
  du: number;
  lds: number;
  score: number;
  rank: number;
}

let made: MadeExport;
beforeEach(async () => {
  made = await makeSelectedRun(tempFolder());
});

const write = (changes: Partial<ExportOptions> = {}): Promise<ExportResult> =>
  exportWindows(made.run, made.selection, { format: 'hf', textOf: made.textOf, ...changes });

function rowsOf({ folder, files }: ExportResult): ExportedRow[] {
  return files.flatMap(({ name, rows }) => {
    if (rows === 0) return []; // an index
    const bytes = readFileSync(path.join(folder, name));
    if (name.endsWith('.jsonl'))
      return bytes
        .toString()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as ExportedRow);
    return tableFromIPC(bytes)
      .toArray()
      .map(
        (row) =>
          JSON.parse(
            JSON.stringify(row, (_, v: unknown) => (ArrayBuffer.isView(v) ? [...(v as Int32Array)] : v)),
          ) as ExportedRow,
      );
  });
}

const folderBytes = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(path.join(folder, name)).toString('base64')]),
  );

describe('exportWindows', () => {
  it.each(['hf', 'arrow', 'jsonl'] as const)(
    'writes the kept windows as %s: exact text, exact ids, scores of the selection',
    async (format) => {
      const result = await write({ format });
      const kept = (await collect(readSelection(made.selection.path))).filter((row) => row.selected);
      const rows = rowsOf(result);
      expect(rows.length).toBe(result.rows);
      expect(
        rows.map(({ window_id, domain, ds, du, lds, score, rank }) => ({
          windowId: window_id,
          domain,
          ds,
          du,
          lds,
          score,
          rank,
        })),
      ).toEqual(kept.map(({ selected: _, reason: _r, ...row }) => row));
      for (const row of rows) {
        const document = CORPUS.flat().find(({ key }) => row.window_id === `${key}:${row.token_start}`)!;
        const points = [...document.text].slice(row.char_start, row.char_end);
        expect(row.text).toBe(points.join(''));
        expect(row[format === 'hf' ? 'input_ids' : 'token_ids']).toEqual(
          points.map((point) => point.codePointAt(0)! % 1000),
        );
        expect([row.doc_id, row.source]).toEqual([document.docId, document.source]);
      }
    },
  );

  it('writes the same bytes each time, and nothing at all when they are there', async () => {
    const first = await write();
    const bytes = folderBytes(first.folder);
    const again = await write({
      textOf: () => {
        throw new Error('read again');
      },
    });
    expect([first.written, again.written]).toEqual([true, false]);
    expect(again.files).toEqual(first.files);
    rmSync(first.folder, { recursive: true });
    await write();
    expect(folderBytes(first.folder)).toEqual(bytes);
  });

  it('replaces an export of other settings or format, whole', async () => {
    await write({ shardBytes: 1 });
    const other = await write({ format: 'jsonl' });
    expect(readdirSync(other.folder).sort()).toEqual(['README.md', 'data-00000-of-00001.jsonl', 'longattn.json']);
    const fewer = await selectWindows(made.run, { ...SETTINGS, keep: 0.1 });
    const result = await exportWindows(made.run, fewer, { format: 'hf', textOf: made.textOf });
    expect(result.rows).toBe(rowsOf(result).length);
    expect(result.rows).toBeLessThan(other.rows);
    expect(readdirSync(made.run.dir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('writes again what is damaged', async () => {
    const { folder, files } = await write();
    writeFileSync(path.join(folder, files[0]!.name), 'cut');
    expect((await write()).written).toBe(true);
    writeFileSync(path.join(folder, 'longattn.json'), '{');
    expect((await write()).written).toBe(true);
  });

  it('splits into files of bounded size that hold the same rows', async () => {
    const whole = rowsOf(await write({ format: 'jsonl' }));
    const result = await write({ format: 'jsonl', shardBytes: 1500 });
    expect(result.files.length).toBeGreaterThan(2);
    expect(result.files.map(({ name }) => name)).toEqual(
      result.files.map((_, i) => `data-0000${i}-of-0000${result.files.length}.jsonl`),
    );
    expect(rowsOf(result)).toEqual(whole);
    expect(result.files.reduce((sum, { rows }) => sum + rows, 0)).toBe(whole.length);
  });

  it('describes itself in a data card and a record', async () => {
    const { folder, rows } = await write();
    const card = readFileSync(path.join(folder, 'README.md'), 'utf8');
    expect(card).toMatch(/^---\ntags:/);
    expect(card).toContain(`\n${rows} windows, ${rows * 64} tokens`);
    for (const domain of made.selection.domains)
      expect(card).toContain(`| ${domain.domain} | ${domain.documents} | ${domain.windows} |`);
    expect(card).toContain('"alpha": 0.5');
    expect(card).toContain('"model": "fake"');
    expect(card).not.toContain(made.run.dir);
    expect(JSON.parse(readFileSync(path.join(folder, 'longattn.json'), 'utf8'))).toMatchObject({ rows });
  });

  it('gives windows of ready token ids an empty text, without reading the corpus', async () => {
    const dir = tempFolder();
    const ids = CORPUS.map((documents) => documents.map((document) => ({ ...document, text: document.text })));
    made = await makeSelectedRun(dir, {}, ids);
    const { windows } = made.run;
    // The same windows as a corpus of ids has them: no place in a text.
    const { writeArrowPart } = await import('../../src/run/arrow-part.js');
    const { readWindows } = await import('../../src/arrow/reader.js');
    const { windowRow } = await import('../../src/arrow/rows.js');
    const { WINDOW_COLUMNS } = await import('../../src/arrow/schema.js');
    for (const name of ['part-00000', 'part-00001', 'part-00002']) {
      const rows = (await collect(readWindows(windows.file(name)))).map((window) =>
        windowRow({ ...window, charStart: 0, charEnd: 0 }),
      );
      await writeArrowPart(windows, name, { columns: WINDOW_COLUMNS, rows });
    }
    const result = await write({
      textOf: () => {
        throw new Error('read');
      },
    });
    expect(rowsOf(result).every((row) => row.text === '' && row.input_ids.length === 64)).toBe(true);
  });
});

describe('an export that cannot be made', () => {
  const untouched = async (attempt: () => Promise<unknown>, expected: object): Promise<void> => {
    const before = folderBytes((await write()).folder);
    await expect(attempt()).rejects.toMatchObject(expected);
    expect(folderBytes(path.join(made.run.dir, 'export'))).toEqual(before);
    expect(readdirSync(made.run.dir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  };

  it('leaves the old one: the corpus has changed', async () => {
    const other = CORPUS.map((documents) =>
      documents.map((document) => ({ ...document, text: document.text.replace('a', 'b') })),
    );
    await untouched(() => write({ format: 'jsonl', textOf: textOfCorpus(made.run, other) }), {
      code: 'CORPUS_CHANGED',
    });
  });

  it('leaves the old one: the disk is full', async () => {
    const run = await loadRun(made.run.dir, faultyFs({ fullAfterBytes: 3000 }));
    await untouched(() => exportWindows(run, made.selection, { format: 'arrow', textOf: made.textOf }), {
      code: 'DISK_FULL',
      exitCode: 4,
    });
  });

  it('leaves the old one: it was stopped', async () => {
    const controller = new AbortController();
    const onProgress = (): void => controller.abort(new Error('enough'));
    await untouched(() => write({ format: 'jsonl', signal: controller.signal, onProgress }), { message: 'enough' });
  });

  it('leaves the old one: a part of windows was changed', async () => {
    const file = made.run.windows.file('part-00002');
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 1;
    await untouched(
      async () => {
        writeFileSync(file, bytes);
        await write({ format: 'jsonl' });
      },
      { code: 'PART_CHANGED' },
    );
  });

  it('says so: nothing was kept', async () => {
    const selection = await selectWindows(made.run, { ...SETTINGS, keep: 0 });
    await expect(exportWindows(made.run, selection, { format: 'hf', textOf: made.textOf })).rejects.toMatchObject({
      code: 'NOTHING_SELECTED',
      exitCode: 3,
    });
  });

  it('never removes files of the user', async () => {
    const folder = path.join(made.run.dir, 'mine');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'thesis.txt'), 'precious');
    await expect(write({ folder })).rejects.toMatchObject({
      code: 'FOLDER_IN_USE',
      message: expect.stringContaining('thesis.txt'),
    });
    expect(existsSync(path.join(folder, 'thesis.txt'))).toBe(true);
  });

  it('says so: the selection belongs to other windows', async () => {
    const other = await makeSelectedRun(tempFolder(), {}, [CORPUS[2]!, CORPUS[1]!, CORPUS[0]!]);
    await expect(exportWindows(made.run, other.selection, { format: 'hf', textOf: made.textOf })).rejects.toMatchObject(
      { code: 'SELECTION_STALE' },
    );
  });
});

it('names every kernel of a run that was let mix them', async () => {
  await requireSameKernel(made.run, 'avx512', false);
  await requireSameKernel(made.run, 'portable', true);
  const { folder } = await write();
  expect(readFileSync(path.join(folder, 'README.md'), 'utf8')).toContain('"kernel": "avx512, portable (mixed');
});
