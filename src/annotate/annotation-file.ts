// One Parquet file of an annotation: a row a row of its source, in its order.
import { Float64, Int32, makeBuilder, Utf8, type Builder, type DataType } from 'apache-arrow';
import type { Columns } from '../arrow/schema.js';
import { ArrowWriter } from '../arrow/writer.js';
import { ParquetStream, type ParquetLibrary } from '../export/formats/parquet-stream.js';
import type { FileSystem } from '../io/file-system.js';
import { FileSink, type Sink, type Written } from '../io/file-sink.js';

/** Numbers a row: a batch, and a row group, is a few megabytes. */
const BATCH_ROWS = 1 << 16;
const GROUP = { rows: 1 << 18, bytes: 64 << 20 };

export type AnnotationCell = string | number | null;

export class AnnotationFile {
  rows = 0;
  readonly #stream: ParquetStream;
  readonly #builders: Builder[];
  #gathered = 0;
  #batches = 0;

  private constructor(
    readonly sink: FileSink,
    readonly columns: Columns,
    library: ParquetLibrary,
  ) {
    this.#stream = new ParquetStream(sink, library, GROUP);
    this.#builders = Object.values(columns).map((type) => makeBuilder({ type: arrowType(type), nullValues: [null] }));
  }

  /** @param columns of text, int32 and float64, each of which may hold null */
  static async create(
    file: string,
    columns: Columns,
    library: ParquetLibrary,
    fs: FileSystem,
  ): Promise<AnnotationFile> {
    return new AnnotationFile(await FileSink.create(file, file, fs), columns, library);
  }

  /** @param cells in the order of the columns */
  async push(cells: readonly AnnotationCell[]): Promise<void> {
    for (let i = 0; i < cells.length; i++) this.#builders[i]!.append(cells[i]);
    this.rows++;
    if (++this.#gathered === BATCH_ROWS) await this.#endBatch();
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
    const chunks: Uint8Array[] = [];
    const sink: Sink = { write: async (chunk) => void chunks.push(chunk.slice()) };
    const writer = new ArrowWriter(sink, this.columns, { metadata: {}, format: 'stream', nullable: true });
    await writer.pushBatch({ rows: this.#gathered, columns: this.#builders.map((builder) => builder.flush()) });
    await writer.close();
    this.#gathered = 0;
    this.#batches++;
    await this.#stream.write(Buffer.concat(chunks));
  }
}

function arrowType(type: string): DataType {
  return type === 'utf8' ? new Utf8() : type === 'int32' ? new Int32() : new Float64();
}
