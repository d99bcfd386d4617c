// Which columns of a corpus can be kept: their types over several files, and what is refused by name.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { KeptColumns, type KeptInput } from '../../../src/corpus/columns/kept-columns.js';
import { withKept } from '../../../src/export/formats/table-columns.js';
import { tempFolder } from '../../support/temp-folder.js';

// A new one for each test.
let folder: string;
beforeEach(() => void (folder = tempFolder()));

function input(name: string, content: string | Uint8Array): KeptInput {
  const place = path.join(folder, name);
  writeFileSync(place, content);
  const format = name.endsWith('.arrow') ? 'arrow' : name.endsWith('.parquet') ? 'parquet' : 'jsonl';
  const file = { path: name, name, bytes: statSync(place).size, format, compression: 'none', domain: 'd' } as const;
  return { file, place };
}

const lines = (...rows: unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const open = (inputs: KeptInput[], ...columns: string[]): Promise<KeptColumns> =>
  KeptColumns.open(inputs, { columns, fields: {} });
const typesOf = ({ fields }: KeptColumns): Record<string, string> =>
  Object.fromEntries(fields.map(({ name, type }) => [name, String(type)]));

describe('KeptColumns', () => {
  it('types JSON by all rows of all files, and leaves out with all what the run reads', async () => {
    const kept = await open(
      [
        input('a.jsonl', lines({ id: 1, text: 'x', n: 1, f: 1, e: {}, none: null })),
        input('b.jsonl', lines({ id: 'y', content: 'x', n: 2, f: 0.5, l: [null], s: { k: true } })),
      ],
      'all',
    );
    expect(typesOf(kept)).toEqual({
      ...{ n: 'Int64', f: 'Float64', e: 'Utf8', none: 'Null', l: 'List<Utf8>', s: 'Struct<{k:Bool}>' },
    });
    const [n, , , , , s] = await kept.valuesOf('b.jsonl', 'b.jsonl:1');
    expect([n, s]).toEqual([new Uint8Array(BigInt64Array.of(2n).buffer), [true]]);
    expect(await kept.valuesOf('a.jsonl', 'a.jsonl:1')).toHaveLength(6);
    await kept.close();
  });

  it('passes over lines that are no rows, and goes back where it is asked to', async () => {
    const kept = await open([input('c.jsonl', `${lines({ n: 1 })}\n{"n":\n${lines({ n: 4 })}`)], 'n');
    const one = (value: bigint): Uint8Array[] => [new Uint8Array(BigInt64Array.of(value).buffer)];
    expect(await kept.valuesAt('c.jsonl', 4)).toEqual(one(4n));
    expect(await kept.valuesAt('c.jsonl', 3)).toEqual([null]);
    expect(await kept.valuesAt('c.jsonl', 1)).toEqual(one(1n));
    await expect(kept.valuesAt('c.jsonl', 9)).rejects.toMatchObject({ code: 'COLUMN_UNREADABLE' });
    await kept.close();
  });

  it('refuses a column by name that is not there, that reading rounds, or that has two types', async () => {
    const a = input('d.jsonl', lines({ n: 2 ** 53, m: 1 }));
    await expect(open([a], 'url')).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/"url".*one of n, m, or all/),
    });
    await expect(open([a], 'n')).rejects.toMatchObject({
      code: 'COLUMN_TYPE',
      message: expect.stringMatching(/"n" of "d.jsonl".*2\^53/),
    });
    const b = input('e.arrow', tableToIPC(tableFromArrays({ m: Int32Array.of(1) }), 'file'));
    await expect(open([a, b], 'm')).rejects.toMatchObject({
      code: 'COLUMN_TYPE',
      message: expect.stringMatching(/"m" is Int64 in "d.jsonl" and Int32 in "e.arrow"/),
    });
  });

  it('tells a file that is broken only when one of its rows is asked for', async () => {
    const kept = await open([input('f.jsonl', lines({ n: 1 })), input('g.parquet', 'PAR1 no')], 'n');
    await expect(kept.valuesAt('g.parquet', 1)).rejects.toMatchObject({ code: 'COLUMN_UNREADABLE' });
    expect(await kept.valuesAt('g.parquet', 0)).toEqual([null]);
  });
});

describe('withKept', () => {
  it('refuses names of our columns, and says which are left', async () => {
    const { fields } = await open([input('h.jsonl', lines({ source: 'x', url: 'y' }))], 'all');
    expect(() => withKept({ window_id: 'utf8' }, fields)).toThrow(/source.*: url/);
  });
});
