// Parquet, zstd, by parquet-wasm: it takes Arrow as we write it. Imported when a Parquet export is made: it is 5 MB of WebAssembly.
//
// Batch by batch, so that no table is ever whole in memory.
import type { RecordBatch } from 'parquet-wasm';
import type { Row } from '../../arrow/rows.js';
import { ArrowWriter } from '../../arrow/writer.js';
import type { Sink } from '../../io/file-sink.js';
import type { ExportFormatRow, FormatContext } from './format.js';
import { hfMetadata } from './hf-files.js';
import { writeShards, type RowWriter } from './shards.js';
import { withColumns } from './table-columns.js';

/** What the viewer of the Hub reads at a time: rows as `datasets` groups them, fewer where they are long. */
const ROW_GROUP_ROWS = 1000;
const ROW_GROUP_BYTES = 64 << 20;

export const parquet: ExportFormatRow = {
  idsColumn: 'input_ids',
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

type Library = typeof import('parquet-wasm');

class ParquetWriter implements RowWriter {
  rows = 0;
  bytes = 0;
  #batch: { writer: ArrowWriter; chunks: Uint8Array[] } | undefined;
  readonly #batches = new TransformStream<RecordBatch, RecordBatch>();
  readonly #input = this.#batches.writable.getWriter();
  readonly #copied: Promise<void>;

  constructor(
    sink: Sink,
    readonly context: FormatContext,
    readonly library: Library,
  ) {
    this.#copied = this.#copy(sink);
    this.#copied.catch(() => undefined); // told by push or close
  }

  async push(row: Row): Promise<void> {
    this.rows++;
    this.#batch ??= this.#newBatch();
    await this.#batch.writer.push(row);
    if (this.#batch.writer.bytes > 0) await this.#endBatch();
  }

  async close(): Promise<void> {
    await this.#endBatch();
    await Promise.race([this.#input.close(), this.#copied]);
    await this.#copied;
  }

  #newBatch(): { writer: ArrowWriter; chunks: Uint8Array[] } {
    const { columns, metadata } = this.context;
    const chunks: Uint8Array[] = [];
    const sink: Sink = { write: async (chunk) => void chunks.push(chunk.slice()) };
    const options = { metadata: { ...metadata, ...hfMetadata(columns) }, format: 'stream', nullable: true } as const;
    return { chunks, writer: new ArrowWriter(sink, columns, options) };
  }

  async #endBatch(): Promise<void> {
    if (!this.#batch) return;
    const { writer, chunks } = this.#batch;
    this.#batch = undefined;
    await writer.close();
    const table = this.library.Table.fromIPCStream(Buffer.concat(chunks));
    const batches = table.recordBatches();
    table.free();
    for (const batch of batches) await Promise.race([this.#input.write(batch), this.#copied]);
  }

  async #copy(sink: Sink): Promise<void> {
    const { Compression, WriterPropertiesBuilder } = this.library;
    const properties = new WriterPropertiesBuilder()
      .setCompression(Compression.ZSTD)
      .setMaxRowGroupSize(ROW_GROUP_ROWS)
      .setMaxRowGroupBytes(ROW_GROUP_BYTES)
      .build();
    const output = (await this.library.transformParquetStream(
      this.#batches.readable,
      properties,
    )) as ReadableStream<Uint8Array>;
    for await (const chunk of output) {
      this.bytes += chunk.byteLength;
      await sink.write(chunk);
    }
  }
}
