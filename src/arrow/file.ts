// Open an Arrow file and read only the columns that are asked for: a score row has 32 bins a head, and ranking needs none of them.
//
// Apache Arrow's own reader loads whole batches. Every offset is checked against the file's size before it is used.
import type { FileHandle } from 'node:fs/promises';
import type { Field, Schema } from 'apache-arrow';
import { dataError, LongattnError } from '../base/errors.js';
import { nodeFileSystem, type FileSystem } from '../io/file-system.js';
import { bufferCount, nodeCount, parseBatchHeader, type BatchHeader, type Footer, type Region } from './flatbuffer.js';
import { describeType, fieldType, type Columns } from './schema.js';
import type { Batch } from './columns.js';
import { decodeColumn } from './decode-column.js';
import { explain, invalidFile, readBytes, readExactly, readFooter } from './read-file.js';

const MAX_HEADER_BYTES = 1 << 24;
/** Columns that lie this near to each other are read at once: a read costs as much as 100 KB of copying. */
const MERGED_GAP_BYTES = 1 << 16;
const MERGED_BYTES = 1 << 26;
/** Of typed arrays over what was read. */
const ALIGNMENT = 8;

export interface BatchOptions {
  /** The arrays of a batch are overwritten by the one after the next: for whoever copies what is to be kept. */
  reuse?: boolean;
}

export class ArrowFile<C extends Columns> implements AsyncDisposable {
  /** Of the schema: model, kernel, spec hash, ... */
  readonly metadata: ReadonlyMap<string, string>;

  private constructor(
    readonly path: string,
    readonly handle: FileHandle,
    readonly size: number,
    readonly footer: Footer,
  ) {
    this.metadata = footer.schema.metadata;
  }

  /**
   * @param columns name and type of each column that will be read; the file may have others. A function gets the schema first.
   * @throws LongattnError ARROW_INVALID (not Arrow, cut, damaged) or ARROW_SCHEMA (another table: expected and found), READ_FAILED
   */
  static async open<C extends Columns>(
    path: string,
    columns: C,
    fs: FileSystem = nodeFileSystem,
  ): Promise<ArrowFile<C>> {
    let handle: FileHandle | undefined;
    try {
      handle = await fs.open(path, 'r');
      const { size } = await handle.stat();
      const footer = await readFooter(handle, size, path);
      const file = new ArrowFile<C>(path, handle, size, footer);
      file.require(columns);
      return file;
    } catch (error) {
      await handle?.close();
      throw explain(error, path);
    }
  }

  get schema(): Schema {
    return this.footer.schema;
  }

  get batchCount(): number {
    return this.footer.blocks.length;
  }

  /** Type of a column as in src/arrow/schema.ts, or undefined where there is none. */
  typeOf(column: string): string | undefined {
    const field = this.schema.fields.find(({ name }) => name === column);
    return field && describeType(fieldType(field));
  }

  /** Batch after batch, the named columns only. One is read while the one before is looked at. */
  async *batches<Name extends keyof C & string>(
    names: readonly Name[],
    { reuse = false }: BatchOptions = {},
  ): AsyncGenerator<Batch<Pick<C, Name>>> {
    let next: Promise<Batch<Pick<C, Name>>> | undefined;
    const memory = reuse ? [new Memory(), new Memory()] : [];
    const begin = (index: number): void => {
      next = index < this.batchCount ? this.batch(index, names, memory[index % 2]) : undefined;
      next?.catch(() => undefined); // told to whoever comes for it
    };
    try {
      begin(0);
      for (let index = 0; index < this.batchCount; index++) {
        const batch = await next!;
        begin(index + 1);
        yield batch;
      }
    } finally {
      // The file must not be closed under a read.
      await next?.catch(() => undefined);
    }
  }

  /** @throws LongattnError ARROW_INVALID or READ_FAILED */
  async batch<Name extends keyof C & string>(
    index: number,
    names: readonly Name[],
    memory = new Memory(),
  ): Promise<Batch<Pick<C, Name>>> {
    try {
      const { header, bodyOffset, bodyLength } = await this.#header(index);
      const wanted: { field: Field; nodes: BatchHeader['nodes']; regions: Region[] }[] = [];
      let node = 0;
      let buffer = 0;
      for (const field of this.schema.fields) {
        const nodes = header.nodes.slice(node, (node += nodeCount(fieldType(field))));
        const regions = header.buffers.slice(buffer, (buffer += bufferCount(fieldType(field))));
        if (!names.includes(field.name as Name)) continue;
        if (regions.some(({ offset, length }) => offset + length > bodyLength))
          throw this.#invalid(`column ${field.name} of batch ${index} lies outside the batch`);
        wanted.push({ field, nodes, regions });
      }
      const read = await this.#readMerged(
        bodyOffset,
        wanted.flatMap(({ regions }) => regions),
        memory,
      );
      const columns: Record<string, unknown> = {};
      for (const { field, nodes, regions } of wanted)
        columns[field.name] = decodeColumn(fieldType(field), header.rows, nodes, regions, read);
      return { rows: header.rows, columns } as Batch<Pick<C, Name>>;
    } catch (error) {
      throw explain(error, this.path);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handle.close();
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  /** @throws LongattnError ARROW_SCHEMA naming the column, the type that it must have and what the file has */
  require(columns: Columns): void {
    for (const [name, type] of Object.entries(columns)) {
      const found = this.typeOf(name);
      if (found === type) continue;
      const names = this.schema.fields.map((field) => `${field.name} ${describeType(fieldType(field))}`).join(', ');
      throw dataError(
        'ARROW_SCHEMA',
        `${this.path} must have a column ${name} of type ${type}; ${found ? `there it is ${found}` : `it has ${names || 'no columns'}`}. Give a file that longattn wrote.`,
      );
    }
  }

  async #header(index: number): Promise<{ header: BatchHeader; bodyOffset: number; bodyLength: number }> {
    const block = this.footer.blocks[index]!;
    const { offset, headerLength, bodyLength } = block;
    if (headerLength < 8 || headerLength > MAX_HEADER_BYTES || offset + headerLength + bodyLength > this.size) {
      throw this.#invalid(`batch ${index} lies outside the file`);
    }
    const bytes = await this.#read(offset, headerLength);
    // Continuation marker and length, or (before Arrow 0.15) the length alone.
    const prefix = new DataView(bytes.buffer).getInt32(0, true) === -1 ? 8 : 4;
    return { header: parseBatchHeader(bytes.subarray(prefix)), bodyOffset: offset + headerLength, bodyLength };
  }

  /** Read regions of a body, neighbours together; the function returned gives each of them (a view of what was read with it). */
  async #readMerged(
    bodyOffset: number,
    regions: readonly Region[],
    memory: Memory,
  ): Promise<(region: Region) => Uint8Array<ArrayBuffer>> {
    const spans: { start: number; end: number; at: number }[] = [];
    for (const { offset, length } of regions.toSorted((a, b) => a.offset - b.offset)) {
      const last = spans.at(-1);
      const end = offset + length;
      if (last && offset - last.end <= MERGED_GAP_BYTES && end - last.start <= MERGED_BYTES)
        last.end = Math.max(last.end, end);
      else spans.push({ start: offset, end, at: 0 });
    }
    let size = 0;
    for (const span of spans) {
      span.at = size;
      size += Math.ceil((span.end - span.start) / ALIGNMENT) * ALIGNMENT;
    }
    const bytes = memory.take(size);
    for (const { start, end, at } of spans)
      await readExactly(this.handle, bodyOffset + start, bytes.subarray(at, at + end - start), this.path);
    return ({ offset, length }) => {
      const { start, at } = spans.find((span) => span.start <= offset && offset + length <= span.end)!;
      return bytes.subarray(at + offset - start, at + offset - start + length);
    };
  }

  async #read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return readBytes(this.handle, offset, length, this.path);
  }

  #invalid(reason: string, cause?: unknown): LongattnError {
    return invalidFile(this.path, reason, cause);
  }
}

/** Memory of one batch, or of one after the other. */
class Memory {
  #bytes = new Uint8Array(0);

  /** Not filled with zeros: every byte is read. What begins at a multiple of 8 in the file is aligned. */
  take(length: number): Uint8Array<ArrayBuffer> {
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
    return this.#bytes.subarray(0, length);
  }
}
