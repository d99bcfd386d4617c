import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { readCorpus } from '../support/documents.js';

const FIXTURES = fileURLToPath(new URL('../fixtures/corpus/', import.meta.url));
const ROWS = readFileSync(path.join(FIXTURES, 'rows.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { id: string; text: string; input_ids: number[]; meta: { source: string } });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'longattn-corpus-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (name: string, data: string | Buffer): string => {
  const file = path.join(folder, name);
  writeFileSync(file, data);
  return file;
};
const fixture = (name: string): string => path.join(FIXTURES, name);
const read = (file: string, ...rest: [Parameters<typeof readCorpus>[1]?, Parameters<typeof readCorpus>[2]?]) =>
  readCorpus([{ domain: 'd', patterns: [file] }], ...rest);

const SAME_ROWS = [
  'rows.jsonl members.jsonl.gz frames.jsonl.zst unchecked.jsonl.zst',
  'none.parquet snappy.parquet gzip.parquet zstd.parquet lz4.parquet brotli.parquet page-index.parquet polars.parquet',
  'file.arrow stream.arrow zstd.arrow lz4.arrow large.arrow dictionary.arrow polars.arrow',
].flatMap((names) => names.split(' '));

describe('every format gives the same documents', () => {
  it.each(SAME_ROWS)('%s', async (name) => {
    const { documents, rejects } = await read(fixture(name), {}, { partBytes: 2000 });
    expect(rejects).toEqual([]);
    expect(documents).toEqual(
      ROWS.map(({ id, text }, i) => ({
        key: `${name}:${i + 1}`,
        docId: id,
        domain: 'd',
        source: fixture(name),
        row: i + 1,
        text,
      })),
    );
  });

  it.each(SAME_ROWS)('%s: ready token ids and the domain from a nested field', async (name) => {
    const { documents, rejects } = await readCorpus([{ patterns: [fixture(name)] }], {
      idsField: 'input_ids',
      domainField: 'meta.source',
    });
    expect(rejects).toEqual([]);
    expect(documents.map(({ ids, text, domain }) => ({ ids: [...ids!], text, domain }))).toEqual(
      ROWS.map(({ input_ids, meta }) => ({ ids: input_ids, text: undefined, domain: meta.source })),
    );
  });

  it('a page index lets a row group be read in pieces; the limit cuts through it', async () => {
    for (const limit of [1, 7, 49]) {
      const { documents } = await read(fixture('page-index.parquet'), {}, { limit });
      expect(documents.map((document) => document.text)).toEqual(ROWS.slice(0, limit).map((row) => row.text));
    }
  });
});

describe('cuts', () => {
  it('slices of any size give the same documents and rejects, with true line numbers', async () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }).map((text) => JSON.stringify({ text })),
      fc.constantFrom('', '  \t', '{"text":""}', 'not json', '{"text":"a"}\r', '[1]', '{"id":7,"content":"b"}'),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 30 }),
        fc.integer({ min: 1, max: 200 }),
        fc.boolean(),
        async (lines, partBytes, end) => {
          // A file that begins with a bracket is an array: one text, not lines.
          fc.pre(!lines.find((text) => text.trim() !== '')?.startsWith('['));
          const file = put('cut.jsonl', lines.join('\n') + (end ? '\n' : ''));
          const whole = await read(file);
          const cut = await read(file, {}, { partBytes });
          expect([cut.documents, cut.rejects]).toEqual([whole.documents, whole.rejects]);
          const seen = [...whole.documents.map((d) => d.row), ...whole.rejects.map((r) => r.line)].filter((n) => n > 0);
          const expected = lines.flatMap((text, i) => (text.trim() === '' ? [] : [i + 1]));
          expect(seen.sort((a, b) => a - b)).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each(['rows.jsonl', 'file.arrow', 'stream.arrow', 'snappy.parquet'])(
    '%s is cut into several parts',
    async (name) => {
      expect((await read(fixture(name), {}, { partBytes: 2000 })).parts).toBeGreaterThan(2);
      expect((await read(fixture(name), {}, { partBytes: 1 << 20 })).parts).toBe(1);
    },
  );

  it('a limit takes the first rows of each domain, whatever the format and the cut', async () => {
    const inputs = [
      { domain: 'a', patterns: [fixture('rows.jsonl'), fixture('stream.arrow')] },
      { domain: 'b', patterns: [fixture('frames.jsonl.zst'), fixture('zstd.parquet')] },
    ];
    for (const partBytes of [500, 1 << 20]) {
      const { documents } = await readCorpus(inputs, {}, { limit: 61, partBytes });
      const keys = (domain: string): string[] => documents.filter((d) => d.domain === domain).map((d) => d.key);
      const numbered = (name: string, n: number): string[] => Array.from({ length: n }, (_, i) => `${name}:${i + 1}`);
      expect(keys('a')).toEqual([...numbered('rows.jsonl', 50), ...numbered('stream.arrow', 11)]);
      expect(keys('b')).toEqual([...numbered('frames.jsonl.zst', 50), ...numbered('zstd.parquet', 11)]);
    }
  });
});

describe('fields', () => {
  it("the paper's names are accepted, a named field is taken at its word", async () => {
    const file = put('f.jsonl', '{"content":"abc","data_id":12}\n{"body":"xyz","uuid":"u"}\n{"body":"no id"}\n');
    expect((await read(file)).documents.map((d) => [d.docId, d.text])).toEqual([['12', 'abc']]);
    const named = await read(file, { textField: 'body', idField: 'uuid' });
    expect(named.documents.map((d) => [d.docId, d.text])).toEqual([['u', 'xyz']]);
    expect(named.rejects).toEqual([
      { file, line: 1, reason: '"uuid" is missing' },
      { file, line: 3, reason: '"uuid" is missing' },
    ]);
  });

  it('repeated ids keep different keys', async () => {
    const file = put('same.jsonl', '{"id":"x","text":"a"}\n{"id":"x","text":"a"}\n');
    const { documents } = await read(file);
    expect(documents.map((d) => d.docId)).toEqual(['x', 'x']);
    expect(documents.map((d) => d.key)).toEqual(['same.jsonl:1', 'same.jsonl:2']);
  });

  it('ids that JSON has rounded are not used', async () => {
    const { documents } = await read(put('big.jsonl', '{"id":9007199254740993,"text":"a"}\n'));
    expect(documents[0]!.docId).toBe('big.jsonl:1');
  });

  it('a missing column is named with those that are there', async () => {
    for (const name of ['snappy.parquet', 'file.arrow']) {
      const { documents, rejects } = await read(fixture(name), { textField: 'body' });
      expect(documents).toEqual([]);
      expect(rejects.length).toBeGreaterThan(0);
      expect(rejects[0]!.reason).toContain('no column "body"; there are: "id", "text", "input_ids", "meta"');
    }
  });
});

describe('broken rows are refused with file, line and reason, and the rest is read', () => {
  const bad: [name: string, line: string | Buffer, reason: RegExp][] = [
    ['no JSON', '{"text": "a"', /not valid JSON/],
    ['not an object', '["text"]', /not a JSON object/],
    ['null', 'null', /not a JSON object/],
    ['no text', '{"body":"a"}', /no field "text" or "content"/],
    ['empty text', '{"text":""}', /"text" is empty/],
    ['a number', '{"text":5}', /"text" is a number, not text/],
    ['an object', '{"text":{}}', /"text" is an object, not text/],
    ['half a surrogate pair', '{"text":"a\\ud800b"}', /half of a surrogate pair/],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), /not valid UTF-8/],
    ['a raw NUL in JSON', '{"text":"a\0b"}', /not valid JSON/],
  ];
  it.each(bad)('%s', async (_name, line, reason) => {
    const ok = Buffer.from('{"text":"fine"}\n');
    const file = put('bad.jsonl', Buffer.concat([ok, Buffer.from(line), Buffer.from('\n'), ok]));
    const { documents, rejects } = await read(file);
    expect(documents.map((d) => d.row)).toEqual([1, 3]);
    expect(rejects).toEqual([{ file, line: 2, reason: expect.stringMatching(reason) as unknown as string }]);
  });

  const badIds: [string, RegExp][] = [
    ['[1,2.5]', /has the number 2.5 at 1/],
    ['[-1]', /an id is not negative/],
    ['[1,2147483648]', /has 2147483648 at 1: ids must be below 2\^31/],
    ['["1"]', /has a string at 0/],
    ['"1 2"', /is a string, not a list/],
    ['[]', /is empty/],
    ['null', /is null, not a list/],
  ];
  it.each(badIds)('ids %s', async (ids, reason) => {
    const file = put('ids.jsonl', `{"i":[3]}\n{"i":${ids}}\n`);
    const { documents, rejects } = await read(file, { idsField: 'i' });
    expect(documents).toHaveLength(1);
    expect(rejects).toEqual([{ file, line: 2, reason: expect.stringMatching(reason) as unknown as string }]);
  });

  it('invalid UTF-8 in Parquet, Arrow and text files', async () => {
    for (const [name, row] of [
      ['invalid-utf8.parquet', 4],
      ['invalid-utf8.arrow', 2],
    ] as const) {
      const { documents, rejects } = await read(fixture(name));
      expect(documents.length).toBeGreaterThan(0);
      expect(rejects).toEqual([{ file: fixture(name), line: row, reason: '"text" is not valid UTF-8' }]);
    }
    const file = put('latin1.txt', Buffer.from('caf\xe9', 'latin1'));
    expect((await read(file)).rejects).toEqual([{ file, line: 0, reason: 'the file is not valid UTF-8' }]);
  });

  it('empty files and files that are something else', async () => {
    for (const name of ['a.txt', 'a.jsonl', 'a.jsonl.gz', 'a.jsonl.zst', 'a.parquet', 'a.arrow']) {
      expect((await read(put(name, ''))).rejects).toEqual([
        {
          ...{ file: path.join(folder, name), line: 0, reason: 'the file is empty' },
          ...(/parquet|arrow/.test(name) && { whole: 'file' }),
        },
      ]);
      if (name === 'a.txt') continue;
      const { documents, rejects } = await read(
        put(name, 'something else altogether, long enough to be a header of any kind'),
      );
      expect(documents).toEqual([]);
      expect(rejects).toHaveLength(1);
    }
  });

  it('says what to do about formats that it cannot decode', async () => {
    const { rejects } = await read(fixture('window27.jsonl.zst'), {}, { zstdWindow: 1 << 20 });
    expect(rejects[0]!.reason).toMatch(
      /needs a window of 134217728 bytes, more than --zstd-window 1048576 allows: raise/,
    );
  });
});

describe('text files', () => {
  it('are one document, named by the file, with line ends kept and the byte order mark gone', async () => {
    const file = put('a.txt', '\ufeffone\r\ntwo\0\n');
    const zipped = put('b.txt.gz', gzipSync('zipped'));
    const { documents } = await readCorpus([{ domain: 'd', patterns: [file, zipped] }]);
    expect(documents.map((d) => [d.key, d.docId, d.row, d.text])).toEqual([
      ['a.txt', 'a.txt', 0, 'one\r\ntwo\0\n'],
      ['b.txt.gz', 'b.txt.gz', 0, 'zipped'],
    ]);
  });

  it('a byte order mark at the start of JSON lines is no fault', async () => {
    const { documents } = await read(put('bom.jsonl', '\ufeff{"text":"a"}\n'));
    expect(documents.map((d) => d.text)).toEqual(['a']);
  });

  it('have no ids field', async () => {
    await expect(read(put('a.txt', 'x'), { idsField: 'i' })).rejects.toMatchObject({ code: 'FIELD_WITHOUT_ROWS' });
  });
});

describe('files that change or go away stop the run', () => {
  it('changed and missing', async () => {
    const file = put('c.jsonl', '{"text":"a"}\n');
    const { planInputs } = await import('../../src/corpus/plan.js');
    const { readSlices } = await import('../../src/corpus/read-slices.js');
    const { parts } = await planInputs([{ domain: 'd', patterns: [file] }]);
    const drain = async (): Promise<void> => {
      for await (const _ of readSlices(parts[0]!.slices, {}, { onReject: () => undefined }));
    };
    writeFileSync(file, '{"text":"longer"}\n');
    await expect(drain()).rejects.toMatchObject({ code: 'INPUT_CHANGED', exitCode: 3 });
    rmSync(file);
    await expect(drain()).rejects.toMatchObject({ code: 'INPUT_UNREADABLE', exitCode: 4 });
  });
});
