// A folder a domain, and in it a numbered folder a shard: formats whose index speaks of one file have each file beside its own index.
//
// Rows come in the order of the corpus, so the writers of all domains are open side by side.
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Row } from '../../arrow/rows.js';
import { makeFolder } from '../../io/make-folder.js';
import type { ExportFile, FormatContext } from './format.js';

export interface ShardWriter {
  /** So far. */
  bytes: number;
  push(row: Row): Promise<void>;
  /** Names are those within the shard's folder. */
  finish(): Promise<ExportFile[]>;
  /** Closes what is open; the folder is removed by the caller. */
  abandon(): Promise<void>;
}

/** @param open makes the writer of one shard in its folder, which is there and empty */
export async function writeByDomain(
  rows: AsyncIterable<Row>,
  { folder, shardBytes, fs }: FormatContext,
  open: (folder: string) => Promise<ShardWriter>,
): Promise<ExportFile[]> {
  const files: ExportFile[] = [];
  const opened = new Map<string, { name: string; writer: ShardWriter }>();
  const shards = new Map<string, number>();
  const finish = async (domain: string): Promise<void> => {
    const { name, writer } = opened.get(domain)!;
    for (const file of await writer.finish()) files.push({ ...file, name: `${name}/${file.name}` });
    opened.delete(domain);
  };
  try {
    for await (const row of rows) {
      const domain = row['domain'] as string;
      if (!opened.has(domain)) {
        const shard = shards.get(domain) ?? 0;
        shards.set(domain, shard + 1);
        const name = `${folderName(domain)}/${String(shard).padStart(5, '0')}`;
        await makeFolder(path.join(folder, name), fs);
        opened.set(domain, { name, writer: await open(path.join(folder, name)) });
      }
      const { writer } = opened.get(domain)!;
      await writer.push(row);
      if (writer.bytes >= shardBytes) await finish(domain);
    }
    for (const domain of [...opened.keys()]) await finish(domain);
  } catch (error) {
    for (const { writer } of opened.values()) await writer.abandon();
    throw error;
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A domain is any text; a folder's name must be no path, not hidden, and at most 255 bytes. One domain, one name. */
export function folderName(domain: string): string {
  const name = encodeURIComponent(domain).replace(/[!'()*~]|^\./g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  if (name.length <= 128) return name;
  return `${name.slice(0, 64)}%${createHash('sha256').update(domain).digest('hex').slice(0, 32)}`;
}
