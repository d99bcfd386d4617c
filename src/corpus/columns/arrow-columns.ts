// Columns of an Arrow file, a record batch at a time.
import { RecordBatchReader } from 'apache-arrow';
import { openFile } from '../../storage/storages.js';
import { decodeBatch, readHead } from '../arrow-input.js';
import { arrowLayout, readRange } from '../arrow-messages.js';
import { BrokenInput, reading } from '../broken-input.js';
import type { ColumnSource } from './column-source.js';
import { readersOf } from './parquet-columns.js';

export const arrowColumns: ColumnSource = {
  async fields(file) {
    const { head, footer } = await arrowLayout(file);
    const handle = await reading(file.path, () => openFile(file));
    try {
      const bytes = await reading(file.path, () => readHead(handle, { head, ...(footer && { footer }) }));
      return RecordBatchReader.from(bytes).open().schema.fields;
    } catch (error) {
      throw broken(error);
    } finally {
      await handle.close();
    }
  },

  async *stretches(file, fields) {
    const { head, batches, footer } = await arrowLayout(file);
    const handle = await reading(file.path, () => openFile(file));
    const columns = fields.map(({ name }) => name);
    try {
      for (const { start, end, firstRow, rows, heads } of batches) {
        const load = async (): Promise<(row: number) => ReturnType<ReturnType<typeof readersOf>[number]>[]> => {
          const place = { head: head.slice(0, heads), ...(footer && { footer }) };
          const bytes = await reading(file.path, async () =>
            Buffer.concat([await readHead(handle, place), await readRange(handle, start, end)]),
          );
          const readers = readersOf(decodeBatch(bytes, rows), columns);
          return (row) => readers.map((read) => read(row));
        };
        yield { first: firstRow + 1, rows, load };
      }
    } finally {
      await handle.close();
    }
  },
};

function broken(error: unknown): Error {
  if (error instanceof BrokenInput || !(error instanceof Error) || 'code' in error) return error as Error;
  return new BrokenInput(`the Arrow data is damaged (${error.message})`, { cause: error });
}
