import { describe, expect, it } from '@jest/globals';
import { DocumentRows } from '../../src/documents/document-rows.js';

const document = (source: string, row: number): Parameters<DocumentRows['document']>[0] => ({
  ...{ key: `${source}:${row}`, docId: `d${row}`, domain: 'book', source, row },
});

describe('the documents of a part', () => {
  it('leave in the order of the corpus, whenever they came', () => {
    // The second slice of b.parquet comes after its first; refused rows are known before documents are tokenised.
    const rows = new DocumentRows(['z.jsonl', 'b.parquet', 'b.parquet']);
    rows.refused({ file: 'b.parquet', line: 3, reason: 'broken', whole: 'group', rows: 500 });
    rows.refused({ file: 'z.jsonl', line: 2, reason: 'no JSON' });
    rows.document(document('z.jsonl', 1), 90, 2);
    rows.document(document('z.jsonl', 3), 9, 0);
    rows.document(document('b.parquet', 503), 90, 2);
    rows.document(document('b.parquet', 1), 90, 2);
    const found = rows.inOrder().map(({ source, row, rows, windows, reason }) => [source, row, rows, windows, reason]);
    expect(found).toEqual([
      ['z.jsonl', 1, 1, 2, ''],
      ['z.jsonl', 2, 1, 0, 'no JSON'],
      ['z.jsonl', 3, 1, 0, 'shorter than a window'],
      ['b.parquet', 1, 1, 2, ''],
      ['b.parquet', 3, 500, 0, 'broken'],
      ['b.parquet', 503, 1, 2, ''],
    ]);
  });

  it('takes a claim of more rows than a number holds for the most it holds, and a whole file for one', () => {
    const rows = new DocumentRows(['a']);
    rows.refused({ file: 'a', line: 1, reason: 'broken', whole: 'group', rows: 2 ** 40 });
    rows.refused({ file: 'a', line: 0, reason: 'cut', whole: 'file', rows: 70 });
    expect(rows.inOrder().map(({ row, rows }) => [row, rows])).toEqual([
      [0, 1],
      [1, 2 ** 31 - 1],
    ]);
  });
});
