import { describe, expect, it } from '@jest/globals';
import path from 'node:path';
import { ArrowFile } from '../../src/arrow/file.js';
import { REPORT_COLUMNS, writeReportTable, type ReportRow } from '../../src/evidence/report-table.js';
import { tempFolder } from '../support/temp-folder.js';

async function* one(row: ReportRow): AsyncGenerator<ReportRow> {
  yield Promise.resolve(row);
}

describe('report.arrow', () => {
  it('says of which model and windows its numbers are, whatever the names', async () => {
    const file = path.join(tempFolder(), 'report.arrow');
    const row = { metric: 'auc', score: 'ds', layer: 3, head: -1, k: 16, against: 'splice', domain: 'book', pairs: 8 };
    const metadata = { architecture: 'llama', revision: 'abc', window: '64', seed: '1', format: 'stream' };
    expect(await writeReportTable(file, one({ ...row, value: 0.5, low: 0.4, high: 0.6 }), metadata)).toBe(1);
    await using opened = await ArrowFile.open(file, REPORT_COLUMNS);
    expect(Object.fromEntries(opened.metadata)).toEqual(metadata);
    const { columns, rows } = await opened.batch(0, ['score', 'value']);
    expect([rows, columns.score.get(0), columns.value[0]]).toEqual([1, 'ds', 0.5]);
  });
});
