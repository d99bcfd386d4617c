// Columns of a Parquet file by parquet-wasm, which knows every type and what a writer noted of it; hyparquet, which reads the text, makes
// JavaScript values of cells and so loses which integer, timestamp or decimal they were.
import { tableFromIPC, type Field, type RecordBatch } from 'apache-arrow';
import { LongattnError } from '../../base/errors.js';
import { valueReader, type Value } from '../../arrow/values.js';
import type { OpenFile } from '../../storage/storage.js';
import { openFile } from '../../storage/storages.js';
import { BrokenInput, reading } from '../broken-input.js';
import type { ColumnSource, Stretch } from './column-source.js';

type ParquetFile = import('parquet-wasm').ParquetFile;

const BATCH_ROWS = 8192;

export const parquetColumns: ColumnSource = {
  async fields(file) {
    const handle = await reading(file.path, () => openFile(file));
    try {
      return await orBroken(file.path, async () => {
        const parquet = await open(handle);
        try {
          return tableFromIPC(parquet.schema().intoIPCStream()).schema.fields;
        } finally {
          parquet.free();
        }
      });
    } finally {
      await handle.close();
    }
  },

  async *stretches(file, fields) {
    const handle = await reading(file.path, () => openFile(file));
    try {
      const parquet = await orBroken(file.path, () => open(handle));
      const columns = fields.map(({ name }) => name);
      const own = new Set(tableFromIPC(parquet.schema().intoIPCStream()).schema.fields.map(({ name }) => name));
      const there = columns.filter((name) => own.has(name));
      const groups = parquet.metadata().numRowGroups();
      for (let group = 0, first = 1; group < groups; group++) {
        const rows = Number(parquet.metadata().rowGroup(group).numRows());
        yield { first, rows, load: () => orBroken(file.path, () => readGroup(parquet, group, columns, there)) };
        first += rows;
      }
      parquet.free();
    } finally {
      await handle.close();
    }
  },
};

async function readGroup(
  parquet: ParquetFile,
  group: number,
  columns: readonly string[],
  there: string[],
): Promise<Awaited<ReturnType<Stretch['load']>>> {
  if (there.length === 0) return () => columns.map(() => null);
  const table = await parquet.read({ rowGroups: [group], columns: there, batchSize: BATCH_ROWS });
  const { batches } = tableFromIPC(table.intoIPCStream());
  const readers = batches.map((batch) => readersOf(batch, columns));
  return (row) => {
    for (const [i, { numRows }] of batches.entries()) {
      if (row < numRows) return readers[i]!.map((read) => read(row));
      row -= numRows;
    }
    throw new BrokenInput('the Parquet data has fewer rows than it says');
  };
}

/** The cells of each named column of a batch; of one that it lacks they are null. */
export function readersOf(batch: RecordBatch, columns: readonly string[]): ((row: number) => Value)[] {
  return columns.map((name) => {
    const column = batch.schema.fields.findIndex((field: Field) => field.name === name);
    return column === -1 ? () => null : valueReader(batch.data.children[column]!);
  });
}

async function open(handle: OpenFile): Promise<ParquetFile> {
  const { ParquetFile } = await import('parquet-wasm');
  return ParquetFile.fromFile(new RangeBlob(handle, 0, handle.bytes) as unknown as Blob);
}

/** What parquet-wasm asks of a Blob, on a file that may lie on a server. */
class RangeBlob {
  readonly type = '';

  constructor(
    readonly handle: OpenFile,
    readonly start: number,
    readonly end: number,
  ) {}

  get size(): number {
    return this.end - this.start;
  }

  slice(start = 0, end = this.size): RangeBlob {
    const at = (place: number): number => this.start + Math.min(this.size, Math.max(0, place));
    return new RangeBlob(this.handle, at(start), Math.max(at(start), at(end)));
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = new Uint8Array(this.size);
    const { bytesRead } = await this.handle.read(bytes, 0, this.size, this.start);
    if (bytesRead < this.size) throw new BrokenInput('the Parquet data is cut');
    return bytes.buffer;
  }
}

/** Faults of the file system or the server stop the run; everything else is about the content. */
async function orBroken<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await reading(path, work);
  } catch (error) {
    if (error instanceof LongattnError || error instanceof BrokenInput) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new BrokenInput(`the Parquet data is damaged or cut (${reason})`, { cause: error });
  }
}
