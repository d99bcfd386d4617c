// Rows of a table to files of bounded size: data-00000-of-0000N with the ending of the format.
import path from 'node:path';
import type { Row } from '../../arrow/rows.js';
import { writeAtomically, type Sink } from '../../io/atomic-file.js';
import type { ExportFile, FormatContext } from './format.js';

/** As `datasets` splits by default. */
export const SHARD_BYTES = 500e6;

export interface RowWriter {
  rows: number;
  /** Written so far; a batch that is being gathered is not counted. */
  bytes: number;
  push(row: Row): Promise<void>;
  close(): Promise<void>;
}

/** One file at least, unless there are no rows. */
export async function writeShards(
  rows: AsyncIterable<Row>,
  { folder, shardBytes, fs }: Pick<FormatContext, 'folder' | 'shardBytes' | 'fs'>,
  ending: string,
  open: (sink: Sink) => RowWriter,
): Promise<ExportFile[]> {
  const shards: Omit<ExportFile, 'name'>[] = [];
  const number = (shard: number): string => `data-${String(shard).padStart(5, '0')}`;
  const iterator = rows[Symbol.asyncIterator]();
  try {
    for (let next = await iterator.next(); !next.done;) {
      let count = 0;
      const written = await writeAtomically(
        path.join(folder, number(shards.length)),
        async (sink) => {
          const writer = open(sink);
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
