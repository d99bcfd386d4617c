// Write rows as an Arrow file or stream, in batches of bounded bytes.
//
// Where a batch ends depends on the rows alone, so that the same rows always give the same bytes. Uncompressed: what this library
// compresses, others cannot read.
import {
  AsyncByteQueue,
  Field,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  RecordBatchStreamWriter,
  Struct,
  type Data,
  type Schema,
} from 'apache-arrow';
import type { Sink } from '../io/atomic-file.js';
import { toArrowSchema, type ColumnType, type Metadata, type TableColumns } from './schema.js';
import { makeValueBuilder } from './value-builder.js';
import { makeColumnBuilder, type ColumnBuilder } from './column-builders.js';

/** A batch ends with the row that reaches this. With one row of text at most (below 2^31 bytes) more, its offsets never wrap. */
export const BATCH_BYTES = 16 << 20;

export type ArrowFormat = 'file' | 'stream';

/** Columns in the order of the table, each of `rows` values. */
export interface ColumnBatch {
  rows: number;
  columns: readonly Data[];
}

export interface ArrowOptions {
  /** Required, so that metadata itself is no options: of these it would set whatever has a name of theirs. */
  metadata: Metadata;
  format?: ArrowFormat;
  batchBytes?: number;
  /** Fields as nullable, though no value is null: as `datasets` writes them, which thus need no cast to be joined with others. */
  nullable?: boolean;
}

/** Keeps what the (synchronous) Arrow writer emits until it is handed on: so a slow disk holds the rows back. */
class Emitted extends AsyncByteQueue {
  chunks: Uint8Array[] = [];
  override write(chunk: Parameters<AsyncByteQueue['write']>[0]): void {
    this.chunks.push(chunk as Uint8Array);
  }
}

export class ArrowWriter {
  rows = 0;
  /** Bytes handed to the sink. */
  bytes = 0;
  readonly #schema: Schema;
  readonly #builders: [name: string, builder: ColumnBuilder][];
  readonly #writer: RecordBatchFileWriter | RecordBatchStreamWriter;
  readonly #emitted = new Emitted();
  readonly #batchBytes: number;
  #gathered = 0;

  constructor(
    readonly sink: Sink,
    columns: TableColumns,
    { metadata, format = 'file', batchBytes = BATCH_BYTES, nullable = false }: ArrowOptions,
  ) {
    this.#batchBytes = batchBytes;
    this.#schema = toArrowSchema(columns, metadata, nullable);
    this.#builders = Object.entries(columns).map(([name, type], index) => {
      const own = (): ColumnBuilder => makeColumnBuilder(type as ColumnType, this.#schema.fields[index]!.type);
      return [name, type instanceof Field ? makeValueBuilder(type) : own()];
    });
    this.#writer = format === 'file' ? new RecordBatchFileWriter() : new RecordBatchStreamWriter();
    this.#writer.reset(this.#emitted, this.#schema);
  }

  /** `row` has a value a column: string, number, boolean, or an array of numbers; of a stranger's field a Value. */
  async push(row: Readonly<Record<string, unknown>>): Promise<void> {
    for (const [name, builder] of this.#builders) builder.push(row[name]);
    this.#gathered++;
    this.rows++;
    let bytes = 0;
    for (const [, builder] of this.#builders) bytes += builder.bytes;
    if (bytes >= this.#batchBytes) await this.#endBatch();
  }

  /** A batch that is there already, as it is. Not to be mixed with rows. */
  async pushBatch(batch: ColumnBatch): Promise<void> {
    this.rows += batch.rows;
    await this.#write(batch);
  }

  /** Write what is left and the footer. A table without rows is a valid file too. */
  async close(): Promise<void> {
    if (this.#gathered > 0) await this.#endBatch();
    this.#writer.finish();
    await this.#drain();
  }

  async #endBatch(): Promise<void> {
    const columns = this.#builders.map(([, builder]) => builder.finish(this.#gathered));
    await this.#write({ rows: this.#gathered, columns });
    this.#gathered = 0;
  }

  async #write({ rows, columns }: ColumnBatch): Promise<void> {
    const data = makeData({
      type: new Struct(this.#schema.fields),
      length: rows,
      nullCount: 0,
      children: [...columns],
    });
    this.#writer.write(new RecordBatch(this.#schema, data));
    await this.#drain();
  }

  async #drain(): Promise<void> {
    const chunks = this.#emitted.chunks.splice(0);
    for (const chunk of chunks) {
      this.bytes += chunk.byteLength;
      await this.sink.write(chunk);
    }
  }
}
