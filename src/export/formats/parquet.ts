// Parquet: the rows of an export in the row groups that a viewer likes.
import type { Row } from '../../arrow/rows.js';
import { ArrowWriter } from '../../arrow/writer.js';
import type { Sink } from '../../io/file-sink.js';
import { MemorySink } from '../../io/memory-sink.js';
import type { ExportFormatRow, FormatContext } from './format.js';
import { hfMetadata } from './hf-files.js';
import { ParquetStream, type ParquetLibrary } from './parquet-stream.js';
import { writeShards, type RowWriter } from './shards.js';
import { withColumns } from './table-columns.js';

/** What the viewer of the Hub reads at a time: rows as `datasets` groups them, fewer where they are long. A group is held thrice: as rows,
 *  in the writer's memory, and as bytes. */
const ROW_GROUP_ROWS = 1000;
const ROW_GROUP_BYTES = 4 << 20;

export const parquet: ExportFormatRow = {
  idsColumn: 'input_ids',
  rows: 'data-*.parquet',
  // Compressed.
  shardBytes: 128e6,
  open: `from datasets import load_dataset
data = load_dataset("parquet", data_files="PATH/*.parquet", split="train")

import polars as pl
data = pl.read_parquet("PATH/*.parquet")

import duckdb
duckdb.sql("select domain, count(*), avg(lds) from 'PATH/*.parquet' group by domain")`,
  async write(rows, context) {
    const library = await import('parquet-wasm');
    const open = (sink: Sink): RowWriter => new ParquetWriter(sink, context, library);
    return writeShards(withColumns(rows, context.columns), context, 'parquet', open);
  },
};

class ParquetWriter implements RowWriter {
  rows = 0;
  #batch: ArrowWriter | undefined;
  readonly #table = new MemorySink();
  readonly #stream: ParquetStream;

  constructor(
    sink: Sink,
    readonly context: FormatContext,
    library: ParquetLibrary,
  ) {
    this.#stream = new ParquetStream(sink, library, context.columns, { rows: ROW_GROUP_ROWS, bytes: ROW_GROUP_BYTES });
  }

  get bytes(): number {
    return this.#stream.bytes;
  }

  async push(row: Row): Promise<void> {
    this.rows++;
    this.#batch ??= this.#newBatch();
    await this.#batch.push(row);
    if (this.#batch.bytes > 0) await this.#endBatch();
  }

  async close(): Promise<void> {
    await this.#endBatch();
    await this.#stream.close();
  }

  #newBatch(): ArrowWriter {
    const { columns, metadata } = this.context;
    const options = { metadata: { ...metadata, ...hfMetadata(columns) }, format: 'stream', nullable: true } as const;
    return new ArrowWriter(this.#table, columns, options);
  }

  async #endBatch(): Promise<void> {
    const batch = this.#batch;
    if (!batch) return;
    this.#batch = undefined;
    await batch.close();
    await this.#stream.write(this.#table.take());
  }
}
