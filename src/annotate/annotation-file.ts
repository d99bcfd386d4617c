// One Parquet file of an annotation: a row a row of its source, in its order.
import { Float64, Int32, makeBuilder, Utf8, type Builder, type DataType, type Field } from 'apache-arrow';
import type { ColumnBuilder } from '../arrow/column-builders.js';
import type { Columns, TableColumns } from '../arrow/schema.js';
import { makeValueBuilder } from '../arrow/value-builder.js';
import type { Value } from '../arrow/values.js';
import { ArrowWriter } from '../arrow/writer.js';
import { ParquetStream, type ParquetLibrary } from '../export/formats/parquet-stream.js';
import type { FileSystem } from '../io/file-system.js';
import { FileSink, type Written } from '../io/file-sink.js';
import { MemorySink } from '../io/memory-sink.js';

/** Numbers a row: a batch, and a row group, is a few megabytes. */
const BATCH_ROWS = 1 << 16;
/** Of the corpus' own columns: a batch ends earlier where they are long. */
const BATCH_BYTES = 16 << 20;
const GROUP = { rows: 1 << 18, bytes: 64 << 20 };

export type AnnotationCell = string | number | null;

export class AnnotationFile {
  rows = 0;
  /** All columns. */
  readonly #table: TableColumns;
  readonly #batch = new MemorySink();
  readonly #stream: ParquetStream;
  readonly #builders: Builder[];
  readonly #kept: ColumnBuilder[];
  #gathered = 0;
  #batches = 0;

  private constructor(
    readonly sink: FileSink,
    columns: Columns,
    kept: readonly Field[],
    library: ParquetLibrary,
  ) {
    this.#table = { ...columns, ...Object.fromEntries(kept.map((field) => [field.name, field])) };
    this.#stream = new ParquetStream(sink, library, this.#table, GROUP);
    this.#builders = Object.values(columns).map((type) => makeBuilder({ type: arrowType(type), nullValues: [null] }));
    this.#kept = kept.map(makeValueBuilder);
  }

  /**
   * @param columns of text, int32 and float64, each of which may hold null
   * @param kept columns of the corpus, behind them
   */
  static async create(
    file: string,
    columns: Columns,
    kept: readonly Field[],
    library: ParquetLibrary,
    fs: FileSystem,
  ): Promise<AnnotationFile> {
    return new AnnotationFile(await FileSink.create(file, file, fs), columns, kept, library);
  }

  /** @param cells in the order of the columns @param values in that of the kept ones */
  async push(cells: readonly AnnotationCell[], values: readonly Value[]): Promise<void> {
    for (let i = 0; i < cells.length; i++) this.#builders[i]!.append(cells[i]);
    for (const [i, builder] of this.#kept.entries()) builder.push(values[i]);
    this.rows++;
    const bytes = this.#kept.reduce((sum, builder) => sum + builder.bytes, 0);
    if (++this.#gathered === BATCH_ROWS || bytes >= BATCH_BYTES) await this.#endBatch();
  }

  async finish(): Promise<Written> {
    if (this.#gathered > 0 || this.#batches === 0) await this.#endBatch();
    await this.#stream.close();
    return this.sink.finish();
  }

  async abandon(): Promise<void> {
    await this.sink.abandon();
  }

  async #endBatch(): Promise<void> {
    const writer = new ArrowWriter(this.#batch, this.#table, { metadata: {}, format: 'stream', nullable: true });
    const rows = this.#gathered;
    const own = this.#builders.map((builder) => builder.flush());
    await writer.pushBatch({ rows, columns: [...own, ...this.#kept.map((builder) => builder.finish(rows))] });
    await writer.close();
    this.#gathered = 0;
    this.#batches++;
    await this.#stream.write(this.#batch.take());
  }
}

function arrowType(type: string): DataType {
  if (type === 'utf8') return new Utf8();
  if (type === 'int32') return new Int32();
  if (type === 'float64') return new Float64();
  throw new TypeError(`an annotation has no column of type ${type}`);
}
