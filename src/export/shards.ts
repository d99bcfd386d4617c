// Rows to files of bounded size: data-00000-of-0000N with the ending of the format.
import path from 'node:path';
import type { Row } from '../arrow/rows.js';
import type { Columns, Metadata } from '../arrow/schema.js';
import { ArrowWriter } from '../arrow/writer.js';
import { writeAtomically, type Sink, type Written } from '../io/atomic-file.js';
import type { FileSystem } from '../io/file-system.js';

export type ExportFormat = 'hf' | 'arrow' | 'jsonl';

/** As `datasets` splits by default. */
export const SHARD_BYTES = 500e6;

export interface ShardFile extends Written {
  name: string;
  rows: number;
}

interface RowWriter {
  rows: number;
  /** Written so far; a batch that is being gathered is not counted. */
  bytes: number;
  push(row: Row): Promise<void>;
  close(): Promise<void>;
}

export interface ShardsOptions {
  folder: string;
  format: ExportFormat;
  columns: Columns;
  metadata: Metadata;
  shardBytes: number;
  fs: FileSystem;
}

/** One file at least, unless there are no rows. */
export async function writeShards(rows: AsyncIterable<Row>, options: ShardsOptions): Promise<ShardFile[]> {
  const { folder, fs, shardBytes } = options;
  const ending = options.format === 'jsonl' ? 'jsonl' : 'arrow';
  const shards: Omit<ShardFile, 'name'>[] = [];
  const number = (shard: number): string => `data-${String(shard).padStart(5, '0')}`;
  const iterator = rows[Symbol.asyncIterator]();
  try {
    for (let next = await iterator.next(); !next.done;) {
      let count = 0;
      const written = await writeAtomically(
        path.join(folder, number(shards.length)),
        async (sink) => {
          const writer = makeWriter(sink, options);
          for (; !next.done && writer.bytes < shardBytes; next = await iterator.next()) await writer.push(next.value);
          await writer.close();
          count = writer.rows;
        },
        fs,
      );
      shards.push({ ...written, rows: count });
    }
  } finally {
    await iterator.return?.();
  }
  // How many there are is known only now.
  const total = String(shards.length).padStart(5, '0');
  return Promise.all(
    shards.map(async (shard, index) => {
      const name = `${number(index)}-of-${total}.${ending}`;
      await fs.rename(path.join(folder, number(index)), path.join(folder, name));
      return { name, ...shard };
    }),
  );
}

function makeWriter(sink: Sink, { format, columns, metadata }: ShardsOptions): RowWriter {
  if (format === 'jsonl') return new JsonLinesWriter(sink);
  return new ArrowWriter(sink, columns, { metadata, format: format === 'hf' ? 'stream' : 'file', nullable: true });
}

class JsonLinesWriter implements RowWriter {
  rows = 0;
  bytes = 0;

  constructor(readonly sink: Sink) {}

  async push(row: Row): Promise<void> {
    const json = JSON.stringify(row, (_, value: unknown) =>
      ArrayBuffer.isView(value) ? Array.from(value as Int32Array) : value,
    );
    const line = Buffer.from(`${json}\n`, 'utf8');
    this.rows++;
    this.bytes += line.byteLength;
    await this.sink.write(line);
  }

  async close(): Promise<void> {}
}
