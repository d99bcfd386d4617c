// Open an Arrow file and read only the columns that are asked for: a score row has 32 bins a head, and ranking needs none of them.
//
// Apache Arrow's own reader loads whole batches. Every offset is checked against the file's size before it is used.
import type { FileHandle } from 'node:fs/promises';
import type { Schema } from 'apache-arrow';
import { dataError, LongattnError } from '../errors.js';
import { nodeFileSystem, type FileSystem } from '../run/file-system.js';
import { readError } from '../run/io-error.js';
import {
  bufferCount,
  nodeCount,
  parseBatchHeader,
  parseFooter,
  type BatchHeader,
  type Footer,
  type Region,
} from './arrow-flatbuffer.js';
import { describeType, fieldType, type Columns } from './arrow-schema.js';
import type { Batch } from './columns.js';
import { decodeColumn } from './decode-column.js';

const MAGIC = Buffer.from('ARROW1');
/** Footer length (int32) and the magic at the end of the file. */
const TAIL_BYTES = 4 + MAGIC.length;
/** A footer has 24 bytes a batch and the schema; more than this is not ours. */
const MAX_FOOTER_BYTES = 1 << 28;
const MAX_HEADER_BYTES = 1 << 24;

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

  /** Type of a column as in src/formats/arrow-schema.ts, or undefined where there is none. */
  typeOf(column: string): string | undefined {
    const field = this.schema.fields.find(({ name }) => name === column);
    return field && describeType(fieldType(field));
  }

  /** Batch after batch, the named columns only. */
  async *batches<Name extends keyof C & string>(names: readonly Name[]): AsyncGenerator<Batch<Pick<C, Name>>> {
    for (let index = 0; index < this.batchCount; index++) yield await this.batch(index, names);
  }

  /** @throws LongattnError ARROW_INVALID or READ_FAILED */
  async batch<Name extends keyof C & string>(index: number, names: readonly Name[]): Promise<Batch<Pick<C, Name>>> {
    try {
      const { header, bodyOffset, bodyLength } = await this.#header(index);
      const columns: Record<string, unknown> = {};
      let node = 0;
      let buffer = 0;
      for (const field of this.schema.fields) {
        const nodes = header.nodes.slice(node, (node += nodeCount(fieldType(field))));
        const regions = header.buffers.slice(buffer, (buffer += bufferCount(fieldType(field))));
        if (!names.includes(field.name as Name)) continue;
        const read = (region: Region): Promise<Uint8Array<ArrayBuffer>> => {
          if (region.offset + region.length > bodyLength) {
            throw this.#invalid(`column ${field.name} of batch ${index} lies outside the batch`);
          }
          return this.#read(bodyOffset + region.offset, region.length);
        };
        columns[field.name] = await decodeColumn(fieldType(field), header.rows, nodes, regions, read);
      }
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

  async #read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return readExactly(this.handle, offset, length, this.path);
  }

  #invalid(reason: string, cause?: unknown): LongattnError {
    return invalidFile(this.path, reason, cause);
  }
}

/** What the flatbuffer parser and the column checks throw are plain errors: the file is damaged. */
function explain(error: unknown, path: string): LongattnError {
  const ofSystem = (error as NodeJS.ErrnoException).syscall !== undefined;
  return error instanceof LongattnError || ofSystem
    ? readError(error, path)
    : invalidFile(path, (error as Error).message, error);
}

function invalidFile(path: string, reason: string, cause?: unknown): LongattnError {
  return dataError('ARROW_INVALID', `${path} is not a whole Arrow file: ${reason}. Make it again.`, cause);
}

async function readFooter(handle: FileHandle, size: number, path: string): Promise<Footer> {
  if (size < 2 * MAGIC.length + 2 + 4) throw invalidFile(path, `it has only ${size} bytes`);
  const head = await readExactly(handle, 0, MAGIC.length, path);
  if (!MAGIC.equals(head)) throw invalidFile(path, 'it does not begin with ARROW1');
  const tail = await readExactly(handle, size - TAIL_BYTES, TAIL_BYTES, path);
  if (!MAGIC.equals(tail.subarray(4))) throw invalidFile(path, 'it does not end with ARROW1, so it was cut');
  const length = new DataView(tail.buffer).getInt32(0, true);
  if (length <= 0 || length > MAX_FOOTER_BYTES || length > size - TAIL_BYTES - 8) {
    throw invalidFile(path, `its footer claims ${length} bytes`);
  }
  try {
    return parseFooter(await readExactly(handle, size - TAIL_BYTES - length, length, path));
  } catch (error) {
    throw error instanceof LongattnError
      ? error
      : invalidFile(path, `its footer cannot be parsed (${(error as Error).message})`, error);
  }
}

/** Memory of its own, so that typed arrays over it are aligned. */
async function readExactly(
  handle: FileHandle,
  offset: number,
  length: number,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const { bytesRead } = await handle.read(bytes, at, length - at, offset + at);
    if (bytesRead === 0) throw invalidFile(path, `it ends at byte ${offset + at}, in the middle of a batch`);
    at += bytesRead;
  }
  return bytes;
}
