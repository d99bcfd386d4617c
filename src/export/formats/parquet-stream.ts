// One Parquet file, zstd, by parquet-wasm: it takes Arrow as we write it. Imported when one is written: it is 5 MB of WebAssembly.
//
// Batch by batch, so that no table is ever whole in memory. Of lists no statistics are kept: the least and the largest token id of a group
// help nobody, and cost time. Their encoding is the usual dictionary: split into streams of bytes, ids take less time and space, but
// DuckDB 1.4 and pyarrow 15 do not read that.
import type { Field } from 'apache-arrow';
import type { RecordBatch } from 'parquet-wasm';
import { fieldType, toArrowSchema, type TableColumns } from '../../arrow/schema.js';
import type { Sink } from '../../io/file-sink.js';

export type ParquetLibrary = typeof import('parquet-wasm');

export class ParquetStream {
  /** Handed to the sink. */
  bytes = 0;
  readonly #batches = new TransformStream<RecordBatch, RecordBatch>();
  readonly #input = this.#batches.writable.getWriter();
  readonly #copied: Promise<void>;

  /** @param group most rows and bytes of a row group */
  constructor(
    sink: Sink,
    readonly library: ParquetLibrary,
    columns: TableColumns,
    group: { rows: number; bytes: number },
  ) {
    this.#copied = this.#copy(sink, columns, group);
    this.#copied.catch(() => undefined); // told by write or close
  }

  /** @param table an Arrow stream, whole; every one of a file with the same schema */
  async write(table: Uint8Array): Promise<void> {
    const read = this.library.Table.fromIPCStream(table);
    const batches = read.recordBatches();
    read.free();
    for (const batch of batches) await Promise.race([this.#input.write(batch), this.#copied]);
  }

  /** Not without a `write` before: the schema comes with it. */
  async close(): Promise<void> {
    await Promise.race([this.#input.close(), this.#copied]);
    await this.#copied;
  }

  async #copy(sink: Sink, columns: TableColumns, group: { rows: number; bytes: number }): Promise<void> {
    const { Compression, EnabledStatistics, WriterPropertiesBuilder } = this.library;
    let builder = new WriterPropertiesBuilder()
      .setCompression(Compression.ZSTD)
      .setMaxRowGroupSize(group.rows)
      .setMaxRowGroupBytes(group.bytes)
      .setStatisticsEnabled(EnabledStatistics.None);
    // By name, because the library has no names for what lies within a column.
    for (const field of toArrowSchema(columns).fields) {
      if (!isNested(field)) builder = builder.setColumnStatisticsEnabled(field.name, EnabledStatistics.Page);
    }
    const properties = builder.build();
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

function isNested(field: Field): boolean {
  return (fieldType(field).children ?? []).length > 0;
}
