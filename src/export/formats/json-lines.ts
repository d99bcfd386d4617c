// JSON lines, plain or as a zstd stream.
//
// zstd comes from Node itself (22.15 and newer): libraries either compress no streams or fetch a binary when they are installed.
import { once } from 'node:events';
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import type { Field } from 'apache-arrow';
import type { Row } from '../../arrow/rows.js';
import { fieldType } from '../../arrow/schema.js';
import type { Value } from '../../arrow/values.js';
import { dataError, environmentError, show } from '../../base/errors.js';
import type { Sink } from '../../io/file-sink.js';
import type { ExportFormatRow } from './format.js';
import { idsText } from './ids-text.js';
import { jsonText, refusedByJson } from './json-values.js';
import { SHARD_BYTES, writeShards, type RowWriter } from './shards.js';
import { withColumns } from './table-columns.js';

type Compressor = () => Transform;
/** Undefined below Node 22.15, which the types of Node 20 do not know of. */
const createZstd = (zlib as { createZstdCompress?: Compressor }).createZstdCompress;

export const jsonl: ExportFormatRow = {
  idsColumn: 'token_ids',
  rows: 'data-*.jsonl',
  shardBytes: SHARD_BYTES,
  refuses: refusedByJson,
  open: `from datasets import load_dataset
data = load_dataset("json", data_files="PATH/*.jsonl", split="train")`,
  write: (rows, context) =>
    writeShards(
      withColumns(rows, context.columns),
      context,
      'jsonl',
      (sink) => new JsonLinesWriter(sink, context.kept),
    ),
};

export const jsonlZst: ExportFormatRow = {
  idsColumn: 'token_ids',
  rows: 'data-*.jsonl.zst',
  shardBytes: SHARD_BYTES,
  refuses: refusedByJson,
  open: `from datasets import load_dataset                                             # with pip install zstandard
data = load_dataset("json", data_files="PATH/*.jsonl.zst", split="train")`,
  unavailable: () =>
    createZstd
      ? undefined
      : environmentError(
          'ZSTD_UNAVAILABLE',
          `Node.js ${process.versions.node} has no zstd. Use Node.js 22.15 or newer, or write jsonl and compress it: zstd PATH/*.jsonl.`,
        ),
  write(rows, context) {
    const columns = withColumns(rows, context.columns);
    return writeShards(columns, context, 'jsonl.zst', (sink) => new CompressedWriter(sink, context.kept, createZstd!));
  },
};

function line(row: Row, kept: readonly Field[]): Buffer {
  const columnsOfCorpus = new Set(kept.map(({ name }) => name));
  const parts: Buffer[] = [];
  let text = '{';
  for (const [name, value] of Object.entries(row)) {
    if (columnsOfCorpus.has(name)) continue;
    text += `${JSON.stringify(name)}:`;
    if (value instanceof Int32Array) {
      parts.push(Buffer.from(text, 'utf8'), idsText(value));
      text = '';
    } else {
      text += JSON.stringify(value);
    }
    text += ',';
  }
  text += kept.map((field) => `${JSON.stringify(field.name)}:${keptText(row, field)},`).join('');
  return Buffer.concat([...parts, Buffer.from(`${text.slice(0, -1)}}\n`, 'utf8')]);
}

function keptText(row: Row, field: Field): string {
  try {
    return jsonText(row[field.name] as Value, fieldType(field));
  } catch (error) {
    throw dataError(
      'COLUMN_TYPE',
      `The column ${show(field.name)} cannot be written: ${(error as Error).message}.`,
      error,
    );
  }
}

class JsonLinesWriter implements RowWriter {
  rows = 0;
  bytes = 0;

  constructor(
    readonly sink: Sink,
    readonly kept: readonly Field[],
  ) {}

  async push(row: Row): Promise<void> {
    const bytes = line(row, this.kept);
    this.rows++;
    this.bytes += bytes.byteLength;
    await this.sink.write(bytes);
  }

  async close(): Promise<void> {}
}

/** `bytes` counts what came out of the compressor, so that files have the size that was asked for. */
class CompressedWriter implements RowWriter {
  rows = 0;
  bytes = 0;
  readonly #compressor: Transform;
  readonly #copied: Promise<void>;

  constructor(
    sink: Sink,
    readonly kept: readonly Field[],
    create: Compressor,
  ) {
    this.#compressor = create();
    this.#copied = this.#copy(sink);
    this.#copied.catch(() => undefined); // told by push or close
  }

  async push(row: Row): Promise<void> {
    this.rows++;
    if (!this.#compressor.write(line(row, this.kept)))
      await Promise.race([once(this.#compressor, 'drain'), this.#copied]);
  }

  async close(): Promise<void> {
    this.#compressor.end();
    await this.#copied;
  }

  async #copy(sink: Sink): Promise<void> {
    for await (const chunk of this.#compressor as AsyncIterable<Uint8Array>) {
      this.bytes += chunk.byteLength;
      await sink.write(chunk);
    }
  }
}
