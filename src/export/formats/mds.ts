// MDS, the format of mosaicml-streaming (Composer, and Princeton's long-context training): index.json and shards of samples.
//
// `indices` [n, 2] are the documents within a sample, for attention that does not cross them: one a window here. A shard begins with
// the places of its samples, so its samples lie in a spool file until their number is known.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import type { Row } from '../../arrow/rows.js';
import { writeAtomically, writeTextAtomically } from '../../io/atomic-file.js';
import { FileSink } from '../../io/file-sink.js';
import { writeByDomain, type ShardWriter } from './by-domain.js';
import type { ExportFile, ExportFormatRow, FormatContext } from './format.js';
import { Provenance, PROVENANCE_OF_SHARDS } from './provenance.js';

/** As its writer splits by default. */
const SIZE_LIMIT = 1 << 26;
const SPOOL = 'spool.tmp';

/** In the order of their names, as its reader wants them. */
const COLUMNS = { domain: 'str', id: 'str', indices: 'ndarray:uint32', input_ids: 'ndarray:uint32', length: 'int' };
const INT_BYTES = 8;
const CONFIG = {
  column_encodings: Object.values(COLUMNS),
  column_names: Object.keys(COLUMNS),
  column_sizes: Object.values(COLUMNS).map((encoding) => (encoding === 'int' ? INT_BYTES : null)),
  compression: null,
  format: 'mds',
  hashes: ['sha1'],
  size_limit: SIZE_LIMIT,
  version: 2,
};

export const mds: ExportFormatRow = {
  // Of a folder with one index; its shards are smaller.
  shardBytes: 1e12,
  rows: PROVENANCE_OF_SHARDS,
  ofTokens: ['eos'],
  open: `from streaming import StreamingDataset
data = StreamingDataset(local="PATH/DOMAIN/00000", shuffle=False, batch_size=1)  # input_ids, indices, length, id, domain`,
  write: (rows, context) => writeByDomain(rows, context, (folder) => MdsWriter.open(folder, context)),
};

class MdsWriter implements ShardWriter {
  bytes = 0;
  readonly #files: ExportFile[] = [];
  readonly #shards: unknown[] = [];
  #spool: FileSink | undefined;
  #sizes: number[] = [];

  private constructor(
    readonly folder: string,
    readonly context: FormatContext,
    readonly provenance: Provenance,
  ) {}

  static async open(folder: string, context: FormatContext): Promise<MdsWriter> {
    return new MdsWriter(folder, context, await Provenance.open(folder, context));
  }

  async push(row: Row): Promise<void> {
    const bytes = sample(row, this.context.settings.eos);
    const full = this.#spool && this.#spool.bytes + bytes.byteLength + header(this.#sizes).byteLength + 4 > SIZE_LIMIT;
    if (full) await this.#endShard();
    this.#spool ??= await FileSink.create(path.join(this.folder, SPOOL), this.folder, this.context.fs);
    await this.#spool.write(bytes);
    this.#sizes.push(bytes.byteLength);
    this.bytes += bytes.byteLength;
    await this.provenance.push(row);
  }

  async finish(): Promise<ExportFile[]> {
    await this.#endShard();
    const index = JSON.stringify({ shards: this.#shards, version: 2 });
    const written = await writeTextAtomically(path.join(this.folder, 'index.json'), index, this.context.fs);
    return [...this.#files, { name: 'index.json', rows: 0, ...written }, await this.provenance.finish()];
  }

  async abandon(): Promise<void> {
    await this.#spool?.abandon();
    await this.provenance.abandon();
  }

  async #endShard(): Promise<void> {
    if (!this.#spool) return;
    const { fs } = this.context;
    const spool = path.join(this.folder, SPOOL);
    await this.#spool.finish();
    this.#spool = undefined;
    const name = `shard.${String(this.#shards.length).padStart(5, '0')}.mds`;
    const sha1 = createHash('sha1');
    const written = await writeAtomically(
      path.join(this.folder, name),
      async (sink) => {
        const start = header(this.#sizes);
        sha1.update(start);
        await sink.write(start);
        for await (const chunk of createReadStream(spool) as AsyncIterable<Buffer>) {
          sha1.update(chunk);
          await sink.write(chunk);
        }
      },
      fs,
    );
    await fs.rm(spool);
    const raw_data = { basename: name, bytes: written.bytes, hashes: { sha1: sha1.digest('hex') } };
    this.#shards.push({ ...CONFIG, raw_data, zip_data: null, samples: this.#sizes.length });
    this.#files.push({ name, rows: this.#sizes.length, ...written });
    this.#sizes = [];
  }
}

/** u32 number of samples, u32 places of them and of the end, the config as JSON. */
function header(sizes: readonly number[]): Buffer {
  const config = Buffer.from(JSON.stringify(CONFIG));
  const numbers = new Uint32Array(sizes.length + 2);
  numbers[0] = sizes.length;
  let at = numbers.byteLength + config.byteLength;
  numbers[1] = at;
  sizes.forEach((size, i) => (numbers[i + 2] = at += size));
  return Buffer.concat([new Uint8Array(numbers.buffer), config]);
}

/** Sizes (u32) of the columns whose size varies, then the columns. */
function sample(row: Row, eos: number | undefined): Buffer {
  const window = row['token_ids'] as Int32Array;
  const ids = Uint32Array.from(eos === undefined ? window : [...window, eos]);
  const length = Buffer.alloc(INT_BYTES);
  length.writeBigInt64LE(BigInt(ids.length));
  const cells: Record<keyof typeof COLUMNS, Buffer> = {
    domain: Buffer.from(row['domain'] as string),
    id: Buffer.from(row['window_id'] as string),
    indices: array(Uint32Array.of(0, ids.length), [1, 2]),
    input_ids: array(ids, [ids.length]),
    length,
  };
  const values = CONFIG.column_names.map((name) => cells[name as keyof typeof COLUMNS]);
  const varying = values.filter((_, i) => CONFIG.column_sizes[i] === null);
  const sizes = Uint32Array.from(varying.map((value) => value.byteLength));
  return Buffer.concat([new Uint8Array(sizes.buffer), ...values]);
}

/** An array whose shape is its own: u8 (dimensions << 2 | code of their type), the dimensions, the numbers. */
function array(values: Uint32Array, shape: readonly number[]): Buffer {
  const largest = Math.max(...shape);
  const [code, bytes] = largest < 1 << 8 ? [0, 1] : largest < 1 << 16 ? [1, 2] : [2, 4];
  const head = Buffer.alloc(1 + bytes * shape.length);
  head.writeUInt8((shape.length << 2) | code, 0);
  shape.forEach((size, i) => head.writeUIntLE(size, 1 + i * bytes, bytes));
  return Buffer.concat([head, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]);
}
